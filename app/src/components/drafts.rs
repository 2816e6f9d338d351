use leptos::{html, prelude::*, web_sys::HtmlTextAreaElement};

use crate::{
    browser::has_physical_keyboard,
    state::{Chat, ComposerMode},
};

/// Stores the draft of each room while another room is on the screen and across reloads. Clears `problem`, which is
/// about the text in the field, when the room changes.
pub fn watch_drafts(chat: Chat, field: NodeRef<html::Textarea>, problem: RwSignal<Option<String>>) {
    // Edits and replies in progress, by room.
    let set_aside = StoredValue::new(Vec::<(String, ComposerMode, String)>::new());
    Effect::new(move |before: Option<Option<String>>| {
        // Drafts are stored only after hydration, when the first room is found.
        let room = chat.is_hydrated().then(|| chat.current_room.get())?;
        let field = field.get_untracked()?;
        match before.flatten() {
            None => {
                // The user may have typed before hydration.
                let (stored, typed) = (chat.stored_draft(&room).unwrap_or_default(), field.value());
                if !stored.is_empty() && !typed.starts_with(&stored) {
                    field.set_value(&(stored + &typed));
                }
                chat.store_draft(&room, &field.value());
            }
            Some(before) if before != room => {
                chat.store_draft(&before, &unsent_text(chat, &field));
                let text = set_aside.try_update_value(|set_aside| {
                    if let Some(mode) = chat.composer_mode.get_untracked() {
                        set_aside.push((before, mode, field.value()));
                    }
                    let index = set_aside.iter().position(|(set_aside, ..)| *set_aside == room)?;
                    let (_, mode, text) = set_aside.swap_remove(index);
                    Some((mode, text))
                });
                let (mode, text) = text.flatten().unzip();
                chat.composer_mode.set(mode);
                field.set_value(&text.or_else(|| chat.stored_draft(&room)).unwrap_or_default());
                problem.set(None);
                if has_physical_keyboard() {
                    _ = field.focus();
                }
            }
            Some(_) => {}
        }
        Some(room)
    });
}

/// The text to keep as a draft: that of the field, or during an edit what was in the field before.
pub fn unsent_text(chat: Chat, field: &HtmlTextAreaElement) -> String {
    match chat.composer_mode.get_untracked() {
        Some(ComposerMode::Edit { draft, .. }) => draft,
        Some(ComposerMode::Reply { .. }) | None => field.value(),
    }
}
