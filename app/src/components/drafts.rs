use leptos::{html, prelude::*, web_sys::HtmlTextAreaElement};

use crate::{
    browser::has_keyboard,
    state::{Chat, Context},
};

/// Keeps what was written and not sent in each room, while the reader is in another one and over reloads. What is wrong with
/// the text in the field is forgotten with it.
pub fn keep_drafts(chat: Chat, field: NodeRef<html::Textarea>, problem: RwSignal<Option<String>>) {
    Effect::new(move |before: Option<Option<String>>| {
        // Nothing is kept before the browser has taken over, which is when the first room is found.
        let room = chat.is_live().then(|| chat.current.get())?;
        let field = field.get_untracked()?;
        match before.flatten() {
            None if field.value().is_empty() => field.set_value(&chat.draft(&room).unwrap_or_default()),
            None => chat.keep_draft(&room, &draft(chat, &field)),
            Some(before) if before != room => {
                chat.keep_draft(&before, &draft(chat, &field));
                chat.context.set(None);
                field.set_value(&chat.draft(&room).unwrap_or_default());
                problem.set(None);
                if has_keyboard() {
                    _ = field.focus();
                }
            }
            Some(_) => {}
        }
        Some(room)
    });
}

/// What is written in the field and was not sent; while a message is edited, what was there before.
pub fn draft(chat: Chat, field: &HtmlTextAreaElement) -> String {
    match chat.context.get_untracked() {
        Some(Context::Edits { draft, .. }) => draft,
        Some(Context::Answers { .. }) | None => field.value(),
    }
}
