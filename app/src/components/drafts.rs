use leptos::{html, prelude::*, web_sys::HtmlTextAreaElement};

use crate::{
    browser::has_keyboard,
    state::{Chat, Context},
};

/// Keeps what was written and not sent in each room, while the reader is in another one and over reloads. What is wrong with
/// the text in the field is forgotten with it.
pub fn keep_drafts(chat: Chat, field: NodeRef<html::Textarea>, problem: RwSignal<Option<String>>) {
    // What was about a message: an edit, an answer.
    let aside = StoredValue::new(Vec::<(String, Context, String)>::new());
    Effect::new(move |before: Option<Option<String>>| {
        // Nothing is kept before the browser has taken over, which is when the first room is found.
        let room = chat.is_live().then(|| chat.current.get())?;
        let field = field.get_untracked()?;
        match before.flatten() {
            None => {
                // A letter may have been typed before the page was ready to keep it.
                let (kept, typed) = (chat.draft(&room).unwrap_or_default(), field.value());
                if !kept.is_empty() && !typed.starts_with(&kept) {
                    field.set_value(&(kept + &typed));
                }
                chat.keep_draft(&room, &field.value());
            }
            Some(before) if before != room => {
                chat.keep_draft(&before, &draft(chat, &field));
                let text = aside.try_update_value(|aside| {
                    if let Some(context) = chat.context.get_untracked() {
                        aside.push((before, context, field.value()));
                    }
                    let place = aside.iter().position(|(aside, ..)| *aside == room)?;
                    let (_, context, text) = aside.swap_remove(place);
                    Some((context, text))
                });
                let (context, text) = text.flatten().unzip();
                chat.context.set(context);
                field.set_value(&text.or_else(|| chat.draft(&room)).unwrap_or_default());
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
