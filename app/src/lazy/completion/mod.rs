//! Suggests names after an `@` and emoji after a `:` in the composer.

mod completion_list;
mod query;

use leptos::web_sys::HtmlTextAreaElement;

use self::completion_list::CompletionList;
use super::lazy_chunk;
use crate::state::Chat;

lazy_chunk! {
    complete,
    /// Suggests completions for what is written in a field, for as long as the page lives.
    pub fn attach_completion(chat: Chat, field: HtmlTextAreaElement) {
        CompletionList::attach(chat, field);
    }
}
