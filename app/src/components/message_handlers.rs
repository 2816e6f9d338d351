//! Event handlers for clicks and keys in messages. The list delegates events for all messages, because listeners on
//! each message would cost more. The code that handles them is loaded when it is first needed.

use leptos::{ev, wasm_bindgen::JsCast, web_sys::Element};

use crate::{
    lazy::{handle_message_click, handle_message_key, run_or_toast},
    state::Chat,
};

/// Selects what reacts to clicks in a message. Plain links are handled by the browser.
const CLICKABLE: &str = ".message-more, .reaction, .copy, .quote";

/// Handles a click.
pub fn handle_click(chat: Chat, event: &ev::MouseEvent) {
    let element = target_element(event).and_then(|element| element.closest(CLICKABLE).ok().flatten());
    if let Some(element) = element.filter(|_| is_plain_click(event)) {
        event.prevent_default();
        run_or_toast(chat, handle_message_click(chat, element));
    }
}

/// Handles a key that was pressed on a focused message or inside of one.
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

/// Whether a click is meant for this page and not to open a tab or window or to download a file.
pub fn is_plain_click(event: &ev::MouseEvent) -> bool {
    event.button() == 0 && !(event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key())
}

fn target_element(event: &ev::Event) -> Option<Element> {
    event.target()?.dyn_into().ok()
}
