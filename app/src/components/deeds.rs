//! What clicks and keys do in the messages. The list hears them all, since a listener for each of its messages would cost more
//! than they do; what follows is loaded when it is first needed.

use leptos::{ev, task::spawn_local, wasm_bindgen::JsCast, web_sys::Element};

use crate::{
    lazy::{NotLoaded, click_in_messages, key_in_messages},
    state::Chat,
};

/// All in a message that is there to be clicked on, but for what a link does by itself.
const CLICKABLE: &str = ".message-more, .reaction, .copy, .quote";

/// Somebody clicked.
pub fn clicked(chat: Chat, event: &ev::MouseEvent) {
    let element = element_of(event).and_then(|element| element.closest(CLICKABLE).ok().flatten());
    if let Some(element) = element.filter(|_| is_plain_click(event)) {
        event.prevent_default();
        follow(chat, click_in_messages(chat, element));
    }
}

/// Somebody pressed a key: on a message, which has the focus itself, or in it.
pub fn pressed(chat: Chat, event: &ev::KeyboardEvent) {
    let key = event.key();
    let Some(element) = element_of(event) else { return };
    let on_message = element.class_list().contains("message");
    let moves = matches!(key.as_str(), "ArrowUp" | "ArrowDown");
    let leads = on_message || element.class_list().contains("message-more");
    if (moves && leads) || (on_message && key == "Enter") {
        event.prevent_default();
        follow(chat, key_in_messages(chat, element, key));
    }
}

/// Does what is loaded for it, or says that it cannot be.
pub fn follow(chat: Chat, deed: impl Future<Output = Result<(), NotLoaded>> + 'static) {
    spawn_local(async move {
        if deed.await.is_err() {
            chat.tell(chat.words.part_missing());
        }
    });
}

/// A click that is not meant for another tab, window or file.
pub fn is_plain_click(event: &ev::MouseEvent) -> bool {
    event.button() == 0 && !(event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key())
}

fn element_of(event: &ev::Event) -> Option<Element> {
    event.target()?.dyn_into().ok()
}
