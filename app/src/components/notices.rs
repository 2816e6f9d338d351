use client::{FailureReason, Notice};
use leptos::prelude::*;
#[cfg(feature = "hydrate")]
use leptos::task::spawn_local;

use crate::{
    browser::restore_focus,
    state::{Action, Chat, RoomState},
    text::list_names,
};
#[cfg(feature = "hydrate")]
use crate::{lazy::notify_of_mention, state::Mention};

/// Notices about the current room that are visible at any scroll position: the room cannot be joined, or messages may
/// be missing.
#[component]
pub fn Notices() -> impl IntoView {
    let chat = Chat::from_context();
    #[cfg(feature = "hydrate")]
    watch_mentions(chat);
    let refusal = move || chat.room().and_then(|room| room.refusal.get()).map(|reason| view! { <Refusal reason /> });
    let notice = move || {
        chat.room().and_then(|room| room.visible_notice().map(|notice| view! { <HistoryNotice room notice /> }))
    };
    view! {
        <div class="notices" role="status">
            {refusal}
            {notice}
        </div>
    }
}

/// Notifies the user of mentions that they do not see. The prompt for the permission is a notice too.
#[cfg(feature = "hydrate")]
fn watch_mentions(chat: Chat) {
    let owner = Owner::current().unwrap_or_default();
    Effect::new(move || {
        if chat.mentions.with(Vec::is_empty) {
            return;
        }
        for Mention { room, author, text } in chat.mentions.try_update(std::mem::take).unwrap_or_default() {
            let notified = notify_of_mention(owner.clone(), chat, room, author, text);
            // The badge shows the mention even if the chunk cannot be loaded.
            spawn_local(async move { _ = notified.await });
        }
    });
}

#[component]
fn Refusal(reason: FailureReason) -> impl IntoView {
    let chat = Chat::from_context();
    on_cleanup(|| restore_focus("#msg"));
    view! {
        <div class="notice refusal">
            <p>{chat.words.failure_reason(&reason)}</p>
            <button type="button" class="small" on:click=move |_| chat.dispatch(Action::EnterRoom(chat.current_room.get_untracked()))>
                {chat.words.try_again()}
            </button>
        </div>
    }
}

#[component]
fn HistoryNotice(room: RoomState, notice: Notice) -> impl IntoView {
    let words = Chat::from_context().words;
    let text = match notice {
        Notice::Trimmed => words.gap_trimmed(),
        Notice::Reset => words.gap_reset(),
    };
    let dismiss = move |_| {
        room.is_notice_dismissed.set(true);
        restore_focus("#msg");
    };
    view! {
        <div class="notice gap">
            <p>{text}</p>
            <button type="button" class="small" on:click=dismiss>
                {words.ok()}
            </button>
        </div>
    }
}

/// The line below the messages: who is typing and the latest announcement. Its height is constant.
#[component]
pub fn Status() -> impl IntoView {
    let chat = Chat::from_context();
    let typing = move || {
        let names: Vec<_> =
            chat.room().map(|room| room.typing.get().into_iter().map(|user| user.name).collect()).unwrap_or_default();
        match names.len() {
            0 => String::new(),
            count => chat.words.writing(count as u64, &list_names(&names, chat.words)),
        }
    };
    let news = move || chat.room().map(|room| room.announcement.get()).unwrap_or_default();
    view! {
        <div class="status">
            <p class="typing" dir="auto">
                {typing}
            </p>
            <p class="news" dir="auto" aria-live="polite">
                {news}
            </p>
        </div>
    }
}
