//! What one does with messages: the menu of each, reactions, quotes, and what the composer is about.

mod context;
mod items;

use std::time::Duration;

use leptos::{
    prelude::*,
    wasm_bindgen::JsCast,
    web_sys::{Element, HtmlElement},
};

use self::{context::edit_last, items::Menu};
use super::{part, said};
use crate::{
    browser::copy_to_clipboard,
    state::{Action, Chat, MessageRow},
};

/// For how long a button says what it did.
const SAID: Duration = Duration::from_secs(3);

part! {
    menu,
    /// Somebody clicked on something in a message.
    pub fn click_in_messages(chat: Chat, element: Element) {
        let class = |name| element.class_list().contains(name);
        if class("copy") {
            copy_code(chat, element);
        } else if let Some(line) = line_of(chat, &element) {
            if class("reaction") {
                react(chat, &line, &element);
            } else if class("quote") {
                go_to_quoted(chat, &line);
            } else {
                Menu::open(chat, line, &element);
            }
        }
    }
}

part! {
    menu,
    /// Somebody pressed a key on a message.
    pub fn key_in_messages(chat: Chat, element: Element, key: String) {
        let message = element.closest(".message").ok().flatten();
        let next = message.as_ref().and_then(|message| match key.as_str() {
            "ArrowUp" => message.previous_element_sibling(),
            "ArrowDown" => message.next_element_sibling(),
            _ => None,
        });
        if let Some(next) = next.and_then(|next| next.dyn_into::<HtmlElement>().ok()) {
            _ = next.focus();
        } else if key == "Enter"
            && let Some((message, line)) = message.and_then(|message| Some((message.clone(), line_of(chat, &message)?)))
        {
            Menu::open(chat, line, &message);
        }
    }
}

part! {
    menu,
    /// Somebody pressed a key in the composer that is not part of a text: up, or escape.
    pub fn key_in_composer(chat: Chat, key: String) {
        if key == "Escape" {
            context::give_up(chat);
        } else {
            edit_last(chat);
        }
    }
}

/// The message that an element is in, if it has a place in the room.
fn line_of(chat: Chat, element: &Element) -> Option<MessageRow> {
    let message = element.closest(".message").ok().flatten()?;
    let seq = message.get_attribute("data-seq")?.parse::<u64>().ok();
    let is_it = |line: &&MessageRow| seq.is_some() && line.seq.get_untracked() == seq;
    chat.room_untracked()?.rows.with_untracked(|rows| rows.iter().find(is_it).cloned())
}

fn react(chat: Chat, line: &MessageRow, button: &Element) {
    let emoji = button.get_attribute("data-emoji").unwrap_or_default();
    toggle(chat, line, emoji);
}

/// Puts an emoji to a message, or takes it off if the reader has put it there.
fn toggle(chat: Chat, line: &MessageRow, emoji: String) {
    let is_there = line.reactions.with_untracked(|reactions| {
        let same = reactions.iter().find(|reaction| reaction.emoji == emoji);
        same.is_some_and(|reaction| reaction.people.iter().any(|user| chat.is_me(&user.id)))
    });
    if let Some(seq) = line.seq.get_untracked() {
        chat.dispatch(Action::React(seq, emoji, !is_there));
    }
}

fn go_to_quoted(chat: Chat, line: &MessageRow) {
    if let Some(seq) = line.content.with_untracked(|said| said.reply.as_ref().map(|reply| reply.seq)) {
        chat.dispatch(Action::GoToMessage(seq));
    }
}

/// Whether something was copied, in words.
fn copied_or_not(chat: Chat, copied: bool) -> &'static str {
    if copied {
        said(chat.words, ["Copied", "Copiado", "Copiado"])
    } else {
        said(
            chat.words,
            [
                "This browser does not allow copying",
                "Este navegador não permite copiar",
                "Este navegador no permite copiar",
            ],
        )
    }
}

/// Copies the code that stands before a button, which says so.
fn copy_code(chat: Chat, button: Element) {
    let code = button.previous_element_sibling().and_then(|code| code.text_content()).unwrap_or_default();
    let label = button.text_content();
    copy_to_clipboard(&code, move |copied| {
        let said = copied_or_not(chat, copied);
        if label.as_deref() != Some(said) {
            button.set_text_content(Some(said));
            set_timeout(move || button.set_text_content(label.as_deref()), SAID);
        }
    });
}
