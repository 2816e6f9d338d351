use client::{FailureReason, Notice};
use leptos::prelude::*;

use crate::{
    browser::restore_focus,
    state::{Action, Chat, RoomState},
};

/// What a reader has to know about the room on the screen, wherever in it they are: that it cannot be entered, and that
/// something may be missing.
#[component]
pub fn Notices() -> impl IntoView {
    let chat = Chat::from_context();
    let refusal = move || chat.room().and_then(|room| room.refusal.get()).map(|why| view! { <Refusal why /> });
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

#[component]
fn Refusal(why: FailureReason) -> impl IntoView {
    let chat = Chat::from_context();
    on_cleanup(|| restore_focus("#msg"));
    view! {
        <div class="notice refusal">
            <p>{chat.words.failure_reason(&why)}</p>
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
