use leptos::{ev, prelude::*, wasm_bindgen::JsCast, web_sys::Element};

use crate::{
    lazy::{open_room_switcher, open_shortcuts, run_or_toast},
    state::Chat,
};

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

/// The button for the list of keyboard shortcuts. Handles the global shortcuts `?` and Ctrl+K or ⌘K.
#[component]
fn Help() -> impl IntoView {
    let chat = Chat::from_context();
    Effect::new(move || _ = window_event_listener(ev::keydown, move |event| handle_key(chat, &event)));
    view! {
        <button
            type="button"
            class="help-open"
            aria-label=chat.words.shortcuts()
            aria-haspopup="dialog"
            on:click=move |_| run_or_toast(chat, open_shortcuts(chat))
        >
            "?"
        </button>
    }
}

fn handle_key(chat: Chat, event: &ev::KeyboardEvent) {
    let has_modifier = event.ctrl_key() || event.meta_key();
    match event.key().as_str() {
        "?" if !has_modifier && !is_text_input(event) => run_or_toast(chat, open_shortcuts(chat)),
        "k" if has_modifier && !event.alt_key() && !event.shift_key() => run_or_toast(chat, open_room_switcher(chat)),
        _ => return,
    }
    event.prevent_default();
}

/// Whether the key is typed into a text field.
fn is_text_input(event: &ev::KeyboardEvent) -> bool {
    let field = |element: Element| element.closest("input, textarea, select, [contenteditable]").ok().flatten();
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    event.alt_key() || target.and_then(field).is_some()
}

/// The button that closes a panel on narrow screens.
#[component]
pub fn ClosePanel(panel: &'static str) -> impl IntoView {
    let close = Chat::from_context().words.close();
    view! {
        <button type="button" class="panel-close" popovertarget=panel popovertargetaction="hide" aria-label=close>
            <span aria-hidden="true">"×"</span>
        </button>
    }
}
