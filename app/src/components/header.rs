use leptos::prelude::*;

use super::help::Help;
use crate::state::Chat;

/// The room's name, and on narrow screens the ways to the rooms and the people.
#[component]
pub fn Header() -> impl IntoView {
    let chat = Chat::here();
    let elsewhere = move || {
        let here = chat.room().map_or(0, |room| room.calls().0);
        chat.unread() - here
    };
    let count = move || chat.room().map_or(0, |room| room.count.get());
    view! {
        <header class="room-header">
            <button type="button" class="panel-toggle" popovertarget="rooms">
                "Rooms"
                {move || (elsewhere() > 0).then(|| view! { <span class="dot"><span class="hidden">", unread messages"</span></span> })}
            </button>
            <h1 dir="auto" title=move || chat.current.get()>
                {move || chat.current.get()}
            </h1>
            <Help />
            <button type="button" class="panel-toggle" popovertarget="people">
                "People "
                <span class="badge">{count}</span>
            </button>
        </header>
    }
}
