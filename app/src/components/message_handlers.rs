//! What clicks and keys do in the messages. The list hears them all, since a listener for each of its messages would cost more
//! than they do; what follows is loaded when it is first needed.

use leptos::{ev, wasm_bindgen::JsCast, web_sys::Element};

use crate::{
    lazy::{handle_message_click, handle_message_key, run_or_toast},
    state::Chat,
};

/// All in a message that is there to be handle_click on, but for what a link does by itself.
const CLICKABLE: &str = ".message-more, .reaction, .copy, .quote";

/// Somebody handle_click.
pub fn handle_click(chat: Chat, event: &ev::MouseEvent) {
    let element = target_element(event).and_then(|element| element.closest(CLICKABLE).ok().flatten());
    if let Some(element) = element.filter(|_| is_plain_click(event)) {
        event.prevent_default();
        run_or_toast(chat, handle_message_click(chat, element));
    }
}

/// Somebody handle_key a key: on a message, which has the focus itself, or in it.
pub fn handle_key(chat: Chat, event: &ev::KeyboardEvent) {
    let key = event.key();
    let Some(element) = target_element(event) else { return };
    let is_on_message = element.class_list().contains("message");
    let is_arrow = matches!(key.as_str(), "ArrowUp" | "ArrowDown");
    let can_move = is_on_message || element.class_list().contains("message-more");
    if (is_arrow && can_move) || (is_on_message && key == "Enter") {
        event.prevent_default();
        run_or_toast(chat, handle_message_key(chat, element, key));
    }
}

/// A click that is not meant for another tab, window or file.
pub fn is_plain_click(event: &ev::MouseEvent) -> bool {
    event.button() == 0 && !(event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key())
}

fn target_element(event: &ev::Event) -> Option<Element> {
    event.target()?.dyn_into().ok()
}
