use std::collections::BTreeMap;

use leptos::{html, prelude::*};

use crate::{browser::has_keyboard, state::Chat};

/// Keeps what was written and not sent in each room, while the reader is in another one.
pub fn keep_drafts(chat: Chat, field: NodeRef<html::Textarea>) {
    let drafts = StoredValue::new(BTreeMap::<String, String>::new());
    Effect::new(move |before: Option<String>| {
        let room = chat.current.get();
        if let (Some(before), Some(field)) = (before.filter(|before| *before != room), field.get_untracked()) {
            drafts.update_value(|drafts| {
                drafts.insert(before, field.value());
                field.set_value(&drafts.remove(&room).unwrap_or_default());
            });
            if has_keyboard() {
                _ = field.focus();
            }
        }
        room
    });
}
