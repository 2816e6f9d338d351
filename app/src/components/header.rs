use leptos::prelude::*;

use super::help::Help;
use crate::state::Chat;

/// The room's name and, on narrow screens, the buttons for the panels.
#[component]
pub fn Header() -> impl IntoView {
    let chat = Chat::from_context();
    let words = chat.words;
    let elsewhere = move || {
        let here = chat.room().map_or(0, |room| room.badge().0);
        chat.unread_total() - here
    };
    let count = move || chat.room().map_or(0, |room| room.count.get());
    view! {
        <header class="room-header">
            <button type="button" class="panel-toggle" popovertarget="rooms">
                {words.rooms()}
                {move || {
                    (elsewhere() > 0)
                        .then(|| view! { <span class="dot"><span class="hidden">", " {words.unread_messages()}</span></span> })
                }}
            </button>
            <h1 dir="auto" title=move || chat.current_room.get()>
                {move || chat.current_room.get()}
            </h1>
            <Help />
            <button type="button" class="panel-toggle" popovertarget="people">
                {words.people()}
                " "
                <span class="badge">{count}</span>
            </button>
        </header>
    }
}
