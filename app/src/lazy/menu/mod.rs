//! Clicks and keys in messages: the menu of a message, reactions, quotes, code blocks, and the composer's reply and
//! edit modes.

mod composer_mode;
mod message_menu;

use std::time::Duration;

use leptos::{
    prelude::*,
    wasm_bindgen::JsCast,
    web_sys::{Element, HtmlElement},
};
use protocol::Command;

use self::{
    composer_mode::{cancel, edit_last_own_message},
    message_menu::MessageMenu,
};
use super::lazy_chunk;
use crate::{
    browser::copy_to_clipboard,
    state::{Action, Chat, MessageRow},
    text::words,
};

/// How long a button tells whether it copied.
const STATUS_DURATION: Duration = Duration::from_secs(3);

lazy_chunk! {
    menu,
    /// Handles a click on `element`, one of the clickable elements in a message.
    pub fn handle_message_click(chat: Chat, element: Element) {
        let class = |name| element.class_list().contains(name);
        if class("copy") {
            copy_code(chat, element);
        } else if let Some(row) = row_containing(chat, &element) {
            if class("reaction") {
                toggle_reaction(chat, &row, element.get_attribute("data-emoji").unwrap_or_default());
            } else if class("quote") {
                go_to_quoted_message(chat, &row);
            } else {
                MessageMenu::open(chat, row, &element);
            }
        }
    }
}

lazy_chunk! {
    menu,
    /// Handles a key on `element`, a message or an element in one: the arrows move among messages, Enter opens the
    /// menu.
    pub fn handle_message_key(chat: Chat, element: Element, key: String) {
        let message = element.closest(".message").ok().flatten();
        let next = message.as_ref().and_then(|message| match key.as_str() {
            "ArrowUp" => message.previous_element_sibling(),
            "ArrowDown" => message.next_element_sibling(),
            _ => None,
        });
        if let Some(next) = next.and_then(|next| next.dyn_into::<HtmlElement>().ok()) {
            _ = next.focus();
        } else if key == "Enter"
            && let Some((message, row)) = message.and_then(|message| Some((message.clone(), row_containing(chat, &message)?)))
        {
            MessageMenu::open(chat, row, &message);
        }
    }
}

lazy_chunk! {
    menu,
    /// Handles a key in the composer: Escape cancels a reply or an edit, ArrowUp edits the reader's last message.
    pub fn handle_composer_key(chat: Chat, key: String) {
        if key == "Escape" {
            cancel(chat);
        } else {
            edit_last_own_message(chat);
        }
    }
}

/// The message that contains an element, if it has a seq.
fn row_containing(chat: Chat, element: &Element) -> Option<MessageRow> {
    let message = element.closest(".message").ok().flatten()?;
    let seq = message.get_attribute("data-seq")?.parse::<u64>().ok();
    let is_it = |row: &&MessageRow| seq.is_some() && row.seq.get_untracked() == seq;
    chat.room_untracked()?.window.with_untracked(|window| window.rows().iter().find(is_it).cloned())
}

/// Adds a reaction of the reader's to a message, or removes it.
fn toggle_reaction(chat: Chat, row: &MessageRow, emoji: String) {
    let is_there = row.reactions.with_untracked(|reactions| {
        let same = reactions.iter().find(|reaction| reaction.emoji == emoji);
        same.is_some_and(|reaction| reaction.people.iter().any(|user| chat.is_me(&user.id)))
    });
    if let Some(seq) = row.seq.get_untracked() {
        chat.command(Command::React { target: seq.into(), emoji, on: !is_there });
    }
}

fn go_to_quoted_message(chat: Chat, row: &MessageRow) {
    if let Some(seq) = row.content.with_untracked(|content| content.reply.as_ref().map(|reply| reply.seq)) {
        chat.dispatch(Action::GoToMessage(seq));
    }
}

/// Tells whether something was copied.
fn copy_status(chat: Chat, is_copied: bool) -> &'static str {
    if is_copied { words::menu::copied(chat.words) } else { words::menu::cannot_copy(chat.words) }
}

/// Copies the code block before a button, and shows on the button whether that worked.
fn copy_code(chat: Chat, button: Element) {
    let code = button.previous_element_sibling().and_then(|code| code.text_content()).unwrap_or_default();
    let label = button.text_content();
    copy_to_clipboard(&code, move |is_copied| {
        let status = copy_status(chat, is_copied);
        // A second click within the duration finds the status as the label.
        if label.as_deref() != Some(status) {
            button.set_text_content(Some(status));
            set_timeout(move || button.set_text_content(label.as_deref()), STATUS_DURATION);
        }
    });
}
