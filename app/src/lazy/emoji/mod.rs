//! The emoji picker, and the search for emoji by their names.

mod picker;
mod search;

use leptos::{
    prelude::*,
    web_sys::{Element, HtmlTextAreaElement},
};

use self::picker::Picker;
use super::{insert_at_caret, lazy_chunk};
use crate::state::Chat;

lazy_chunk! {
    emoji,
    /// Opens the emoji picker next to `anchor`, and passes the chosen emoji to `then`.
    pub fn pick_emoji(chat: Chat, anchor: Element, then: Callback<String>) {
        Picker::open(chat, &anchor, then);
    }
}

lazy_chunk! {
    emoji,
    /// Opens the emoji picker, and inserts the chosen emoji into a field.
    pub fn pick_emoji_into(chat: Chat, field: HtmlTextAreaElement) {
        let anchor = Element::from(field.clone());
        let field = StoredValue::new_local(field);
        Picker::open(chat, &anchor, Callback::new(move |emoji: String| field.with_value(|field| insert_at_caret(field, 0, &emoji))));
    }
}

lazy_chunk! {
    emoji,
    /// Sets `found` to the emoji whose shortcode starts with `word`, each with its shortcode.
    pub fn search_emoji(word: String, found: RwSignal<Vec<(String, String)>>) {
        found.set(search::by_shortcode(&word));
    }
}
