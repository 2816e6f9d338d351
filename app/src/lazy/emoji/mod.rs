//! Choosing an emoji.

mod picker;
mod search;

use leptos::{
    prelude::*,
    web_sys::{Element, HtmlTextAreaElement},
};

use self::picker::Picker;
use super::{insert, part};
use crate::state::Chat;

part! {
    emoji,
    /// Lets the person choose one, next to `anchor`.
    pub fn pick_emoji(chat: Chat, anchor: Element, then: Callback<String>) {
        Picker::open(chat, &anchor, then);
    }
}

part! {
    emoji,
    /// Lets the person choose one for a text.
    pub fn pick_into(chat: Chat, field: HtmlTextAreaElement) {
        let anchor = Element::from(field.clone());
        let field = StoredValue::new_local(field);
        Picker::open(chat, &anchor, Callback::new(move |emoji: String| field.with_value(|field| insert(field, 0, &emoji))));
    }
}

part! {
    emoji,
    /// Finds those whose name begins with a word, for a text: each with its shortcode.
    pub fn find_emoji(word: String, found: RwSignal<Vec<(String, String)>>) {
        found.set(search::by_shortcode(&word));
    }
}
