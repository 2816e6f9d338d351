use leptos::{html, prelude::*};

use crate::{browser::has_keyboard, state::Chat};

/// Keeps what was written and not sent in each room, while the reader is in another one. What is
/// wrong with the text in the field is forgotten with it.
pub fn keep_drafts(chat: Chat, field: NodeRef<html::Textarea>, problem: RwSignal<Option<String>>) {
    let drafts = StoredValue::new(Vec::<(String, String)>::new());
    Effect::new(move |before: Option<String>| {
        let room = chat.current.get();
        if let (Some(before), Some(field)) = (before.filter(|before| *before != room), field.get_untracked()) {
            drafts.update_value(|drafts| {
                drafts.push((before, field.value()));
                let draft = drafts.iter().position(|(of, _)| *of == room).map(|known| drafts.swap_remove(known).1);
                field.set_value(&draft.unwrap_or_default());
            });
            problem.set(None);
            if has_keyboard() {
                _ = field.focus();
            }
        }
        room
    });
}
