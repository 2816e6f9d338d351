use leptos::{ev, html, prelude::*, web_sys::HtmlTextAreaElement};
use protocol::Command;

use crate::{
    browser::has_physical_keyboard,
    lazy::{LoadOnce, attach_completion, handle_composer_key, pick_emoji_into, run_or_toast},
    state::{Action, Chat, ComposerMode},
};

/// The form for writing messages. Before hydration and without JavaScript it is a plain form.
///
/// `rejected` is a message that the plain form could not post: its text and the reason.
#[component]
pub fn Composer(message_id: String, rejected: Option<(String, String)>) -> impl IntoView {
    let chat = Chat::from_context();
    let (text, reason) = rejected.unzip();
    let (form, field) = (NodeRef::<html::Form>::new(), NodeRef::<html::Textarea>::new());
    let (problem, completion) = (RwSignal::new(reason), LoadOnce::new());
    watch_drafts(chat, field, problem);
    let on_input = move |_| {
        if problem.with_untracked(Option::is_some) {
            problem.set(None);
        }
        if let Some(field) = field.get_untracked() {
            chat.service.store_draft(&chat.current_room.get_untracked(), &unsent_text(chat, &field));
            if field.value().contains(['@', ':']) {
                completion.load(attach_completion(chat, field));
            }
        }
        chat.dispatch(Action::Typing);
    };
    let send = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let Some(field) = field.get_untracked() else { return };
        // Reads the field, because a value that a script set fires no `input` event.
        problem.set(submit(chat, &field).err());
        _ = field.focus();
    };
    let on_keydown = move |event: ev::KeyboardEvent| {
        let is_empty = || field.get_untracked().is_some_and(|field| field.value().is_empty());
        let key = event.key();
        if is_send_key(&event) {
            event.prevent_default();
            _ = form.get_untracked().map(|form| form.request_submit());
        } else if (key == "ArrowUp" && is_empty())
            || (key == "Escape" && chat.composer_mode.with_untracked(Option::is_some))
        {
            event.prevent_default();
            run_or_toast(chat, handle_composer_key(chat, key));
        }
    };
    let pick_emoji = move |_| _ = field.get_untracked().map(|field| run_or_toast(chat, pick_emoji_into(chat, field)));
    view! {
        <form class="composer" method="post" action="/api/send_message" node_ref=form on:submit=send>
            {move || problem.get().map(|problem| view! { <p class="problem" role="alert">{problem}</p> })}
            <div class="composer-context"></div>
            <input type="hidden" name="room" value=move || chat.current_room.get() />
            <input type="hidden" name="id" value=message_id />
            <textarea
                id="msg"
                name="text"
                rows="1"
                dir="auto"
                autocomplete="off"
                autofocus
                aria-label=chat.words.message()
                placeholder=chat.words.write_a_message()
                inner_html=text.as_deref().map(textarea_content)
                node_ref=field
                on:keydown=on_keydown
                on:input=on_input
            ></textarea>
            <button type="button" class="emoji-open" aria-label=chat.words.emoji() on:click=pick_emoji></button>
            <button type="submit" class="send" aria-label=chat.words.send()></button>
        </form>
    }
}

/// Sends the text of the field. On error the text stays in the field.
fn submit(chat: Chat, field: &HtmlTextAreaElement) -> Result<(), String> {
    let text = field.value();
    if text.trim().is_empty() {
        return Ok(());
    }
    protocol::check_text(&text).map_err(|error| chat.words.refusal(error.code))?;
    let (action, remaining) = match chat.composer_mode.get_untracked() {
        None => (Some(Action::Command(Command::send(text))), String::new()),
        Some(ComposerMode::Reply { seq, .. }) => {
            (Some(Action::Command(Command::Send { text, reply_to: Some(seq.into()) })), String::new())
        }
        Some(ComposerMode::Edit { seq, key, text: before, draft }) => {
            let command = Command::Edit { target: seq.into(), text: text.clone() };
            ((text != before).then_some(Action::Edit { command, key }), draft)
        }
    };
    field.set_value(&remaining);
    if let Some(action) = action {
        chat.dispatch(action);
    }
    chat.composer_mode.set(None);
    chat.service.store_draft(&chat.current_room.get_untracked(), &remaining);
    Ok(())
}

/// Stores the draft of each room while another room is on the screen and across reloads. Clears `problem`, which is
/// about the text in the field, when the room changes.
fn watch_drafts(chat: Chat, field: NodeRef<html::Textarea>, problem: RwSignal<Option<String>>) {
    // Edits and replies in progress, by room.
    let set_aside = StoredValue::new(Vec::<(String, ComposerMode, String)>::new());
    Effect::new(move |before: Option<Option<String>>| {
        // Drafts are stored only after hydration, when the first room is found.
        let room = chat.is_hydrated().then(|| chat.current_room.get())?;
        let field = field.get_untracked()?;
        match before.flatten() {
            None => {
                // The user may have typed before hydration.
                let (stored, typed) = (chat.service.stored_draft(&room).unwrap_or_default(), field.value());
                if !stored.is_empty() && !typed.starts_with(&stored) {
                    field.set_value(&(stored + &typed));
                }
                chat.service.store_draft(&room, &field.value());
            }
            Some(before) if before != room => {
                chat.service.store_draft(&before, &unsent_text(chat, &field));
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
                field.set_value(&text.or_else(|| chat.service.stored_draft(&room)).unwrap_or_default());
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
fn unsent_text(chat: Chat, field: &HtmlTextAreaElement) -> String {
    match chat.composer_mode.get_untracked() {
        Some(ComposerMode::Edit { draft, .. }) => draft,
        Some(ComposerMode::Reply { .. }) | None => field.value(),
    }
}

/// Whether a key sends the message. Enter sends and Shift+Enter breaks the line, except on on-screen keyboards, which
/// lack that combination. During IME composition Enter belongs to the IME. Safari ends the composition before it fires
/// the key event and marks that event with key code 229.
fn is_send_key(event: &ev::KeyboardEvent) -> bool {
    event.key() == "Enter"
        && !event.shift_key()
        && has_physical_keyboard()
        && !event.is_composing()
        && event.key_code() != 229
}

/// Escapes a text for use as the HTML of a `textarea`. Leptos does not escape `inner_html`, so this alone prevents
/// injection. Browsers skip the leading line break.
fn textarea_content(text: &str) -> String {
    format!("\n{}", text.replace('&', "&amp;").replace('<', "&lt;"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rejected_text_cannot_break_out_of_the_textarea() {
        let content = textarea_content("\n</textarea><script>alert(1)</script>&lt;");
        assert_eq!(content, "\n\n&lt;/textarea>&lt;script>alert(1)&lt;/script>&amp;lt;");
    }
}
