//! Completes names after an `@` and emoji after a `:` while somebody writes.

mod list;
mod word;

use leptos::web_sys::HtmlTextAreaElement;

use self::list::List;
use super::part;
use crate::state::Chat;

part! {
    complete,
    /// Completes what is written in a field from now on.
    pub fn complete_in(chat: Chat, field: HtmlTextAreaElement) {
        List::attach(chat, field);
    }
}
