use client::{FailureReason, Notice};
use leptos::prelude::*;

use crate::{
    browser::rest_focus,
    state::{Action, Chat, RoomView},
};

/// What a reader has to know about the room on the screen, wherever in it they are: that it cannot be entered, and that
/// something may be missing.
#[component]
pub fn Notices() -> impl IntoView {
    let chat = Chat::here();
    let refusal = move || chat.room().and_then(|room| room.refusal.get()).map(|why| view! { <Refusal why /> });
    let gap = move || chat.room().and_then(|room| room.gap().map(|notice| view! { <Gap room notice /> }));
    view! {
        <div class="notices" role="status">
            {refusal}
            {gap}
        </div>
    }
}

#[component]
fn Refusal(why: FailureReason) -> impl IntoView {
    let chat = Chat::here();
    on_cleanup(|| rest_focus("#msg"));
    view! {
        <div class="notice refusal">
            <p>{chat.words.why(&why)}</p>
            <button type="button" class="small" on:click=move |_| chat.act(Action::Enter(chat.current.get_untracked()))>
                {chat.words.try_again()}
            </button>
        </div>
    }
}

#[component]
fn Gap(room: RoomView, notice: Notice) -> impl IntoView {
    let words = Chat::here().words;
    let said = match notice {
        Notice::Trimmed => words.gap_trimmed(),
        Notice::Reset => words.gap_reset(),
    };
    let put_away = move |_| {
        room.has_read_notice.set(true);
        rest_focus("#msg");
    };
    view! {
        <div class="notice gap">
            <p>{said}</p>
            <button type="button" class="small" on:click=put_away>
                {words.ok()}
            </button>
        </div>
    }
}
