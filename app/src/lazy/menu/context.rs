use std::cell::Cell;

use leptos::{prelude::*, wasm_bindgen::JsCast, web_sys::HtmlTextAreaElement};

use crate::{
    lazy::{draw_for_good, said},
    state::{Chat, ComposerMode, EditState, MessageRow},
};

/// The message that is written next answers this one.
pub fn answer(chat: Chat, line: &MessageRow) {
    give_up(chat);
    if let Some(seq) = line.seq.get_untracked() {
        begin(chat, ComposerMode::Reply { seq, name: line.author.name.clone() });
    }
}

/// What is written next takes the place of this message of the writer's own.
pub fn edit(chat: Chat, line: &MessageRow) {
    give_up(chat);
    let (Some(seq), Some(field)) = (line.seq.get_untracked(), field()) else { return };
    let draft = field.value();
    let text = line.content.with_untracked(|said| said.text.clone());
    field.set_value(&text);
    begin(chat, ComposerMode::Edit { seq, key: line.key.clone(), text, draft });
}

/// Edits the last message of the writer's own, if there is one on the screen.
pub fn edit_last(chat: Chat) {
    let can_be_edited = |line: &&MessageRow| {
        let is_deleted = line.content.with_untracked(|said| said.edit_state == Some(EditState::Deleted));
        chat.is_me(&line.author.id) && line.is_sent() && !is_deleted
    };
    let room = chat.room_untracked();
    let last = room.and_then(|room| room.rows.with_untracked(|lines| lines.iter().rev().find(can_be_edited).cloned()));
    if let Some(line) = last {
        edit(chat, &line);
    }
}

/// Writes a message of its own after all. What was in the field before an edit comes back into it.
pub fn give_up(chat: Chat) {
    if let Some(ComposerMode::Edit { draft, .. }) = chat.composer_mode.get_untracked()
        && let Some(field) = field()
    {
        field.set_value(&draft);
    }
    chat.composer_mode.set(None);
}

fn begin(chat: Chat, context: ComposerMode) {
    draw_once(chat);
    chat.composer_mode.set(Some(context));
    if let Some(field) = field() {
        _ = field.focus();
    }
}

fn field() -> Option<HtmlTextAreaElement> {
    document().get_element_by_id("msg")?.dyn_into().ok()
}

/// Says above the field what the message is about, whenever it is about something.
fn draw_once(chat: Chat) {
    thread_local! {
        static IS_DRAWN: Cell<bool> = const { Cell::new(false) };
    }
    if let Ok(Some(place)) = document().query_selector(".composer-context")
        && !IS_DRAWN.replace(true)
    {
        draw_for_good(&place, || chat, |chat| view! { <About chat /> });
    }
}

#[component]
fn About(chat: Chat) -> impl IntoView {
    let words = move || match chat.composer_mode.get() {
        None => String::new(),
        Some(ComposerMode::Edit { .. }) => {
            said(chat.words, ["Editing your message", "Você está editando sua mensagem", "Estás editando tu mensaje"])
                .to_owned()
        }
        Some(ComposerMode::Reply { name, .. }) => {
            [said(chat.words, ["Replying to ", "Você está respondendo a ", "Estás respondiendo a "]), &name].concat()
        }
    };
    let give_up = move |_| {
        give_up(chat);
        _ = field().map(|field| field.focus());
    };
    view! {
        <p class="about" role="status" hidden=move || chat.composer_mode.with(Option::is_none)>
            <span dir="auto">{words}</span>
            <button type="button" class="small quiet" on:click=give_up>
                {said(chat.words, ["Cancel", "Cancelar", "Cancelar"])}
            </button>
        </p>
    }
}
