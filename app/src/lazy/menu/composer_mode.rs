use std::cell::Cell;

use leptos::{prelude::*, wasm_bindgen::JsCast, web_sys::HtmlTextAreaElement};

use crate::{
    lazy::mount_permanently,
    state::{Chat, ComposerMode, EditState, MessageRow, RowWindow},
    text::words,
};

/// Makes the composer reply to a message.
pub fn reply_to(chat: Chat, row: &MessageRow) {
    cancel(chat);
    if let Some(seq) = row.seq.get_untracked() {
        set_mode(chat, ComposerMode::Reply { seq, name: row.author.name.clone() });
    }
}

/// Makes the composer edit a message of the reader's own.
pub fn edit(chat: Chat, row: &MessageRow) {
    cancel(chat);
    let (Some(seq), Some(field)) = (row.seq.get_untracked(), field()) else { return };
    let draft = field.value();
    let text = row.content.with_untracked(|content| content.text.clone());
    field.set_value(&text);
    set_mode(chat, ComposerMode::Edit { seq, key: row.key.clone(), text, draft });
}

/// Edits the reader's last message, if one is loaded.
pub fn edit_last_own_message(chat: Chat) {
    let can_be_edited = |row: &&MessageRow| {
        let is_deleted = row.content.with_untracked(|content| content.edit_state == Some(EditState::Deleted));
        chat.is_me(&row.author.id) && row.is_sent() && !is_deleted
    };
    let room = chat.room_untracked();
    let last = |window: &RowWindow| window.rows().iter().rev().find(can_be_edited).cloned();
    if let Some(row) = room.and_then(|room| room.window.with_untracked(last)) {
        edit(chat, &row);
    }
}

/// Cancels a reply or an edit. The draft that an edit replaced comes back into the field.
pub fn cancel(chat: Chat) {
    if let Some(ComposerMode::Edit { draft, .. }) = chat.composer_mode.get_untracked()
        && let Some(field) = field()
    {
        field.set_value(&draft);
    }
    chat.composer_mode.set(None);
}

fn set_mode(chat: Chat, mode: ComposerMode) {
    mount_indicator_once(chat);
    chat.composer_mode.set(Some(mode));
    if let Some(field) = field() {
        _ = field.focus();
    }
}

fn field() -> Option<HtmlTextAreaElement> {
    document().get_element_by_id("msg")?.dyn_into().ok()
}

/// Mounts the line above the field that names the reply or the edit.
fn mount_indicator_once(chat: Chat) {
    thread_local! {
        static IS_MOUNTED: Cell<bool> = const { Cell::new(false) };
    }
    if let Ok(Some(parent)) = document().query_selector(".composer-context")
        && !IS_MOUNTED.replace(true)
    {
        mount_permanently(&parent, || chat, |chat| view! { <ModeIndicator chat /> });
    }
}

#[component]
fn ModeIndicator(chat: Chat) -> impl IntoView {
    let words = move || match chat.composer_mode.get() {
        None => String::new(),
        Some(ComposerMode::Edit { .. }) => words::menu::editing(chat.words).to_owned(),
        Some(ComposerMode::Reply { name, .. }) => words::menu::replying_to(chat.words, &name),
    };
    let cancel_and_focus = move |_| {
        cancel(chat);
        _ = field().map(|field| field.focus());
    };
    view! {
        <p class="about" role="status" hidden=move || chat.composer_mode.with(Option::is_none)>
            <span dir="auto">{words}</span>
            <button type="button" class="small quiet" on:click=cancel_and_focus>
                {words::menu::cancel(chat.words)}
            </button>
        </p>
    }
}
