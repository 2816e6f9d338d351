use std::time::Duration;

use client::{ConnectionStatus, StopReason};
use leptos::prelude::*;

use crate::{state::Chat, text::room_path};

/// A connection that is back within this time was never worth a word.
const PATIENCE: Duration = Duration::from_millis(1_200);

/// Says when the connection is lost, and what to do when it is lost for good. It lies over the messages, so nothing moves.
#[component]
pub fn Banner() -> impl IntoView {
    let chat = Chat::here();
    let patience_is_over = watch_patience(chat);
    let said = move || {
        let words = match chat.link.get() {
            ConnectionStatus::Starting | ConnectionStatus::Live => None,
            ConnectionStatus::Away { .. } => patience_is_over.get().then(|| away(chat)),
            ConnectionStatus::Stopped(stop) => Some(stopped(chat, stop)),
        };
        words.map(|(words, link, link_text)| view! { <p>{words} " " <a href=link>{link_text}</a></p> })
    };
    view! {
        <div class="banner" role="status">
            {said}
        </div>
    }
}

fn watch_patience(chat: Chat) -> RwSignal<bool> {
    let is_over = RwSignal::new(false);
    let is_away = Memo::new(move |_| chat.link.with(|link| matches!(link, ConnectionStatus::Away { .. })));
    Effect::new(move |timer: Option<Option<TimeoutHandle>>| {
        if let Some(timer) = timer.flatten() {
            timer.clear();
        }
        if is_away.get() {
            set_timeout_with_handle(move || is_over.set(true), PATIENCE).ok()
        } else {
            if is_over.get_untracked() && chat.link.with_untracked(|link| matches!(link, ConnectionStatus::Live)) {
                chat.tell(chat.words.connected());
            }
            is_over.set(false);
            None
        }
    });
    is_over
}

/// What is said, and where a link leads.
type Said = (&'static str, String, &'static str);

/// A browser does not tell a session that is over from a server that is away; the page does, when it is loaded again.
fn away(Chat { current, words, .. }: Chat) -> Said {
    (words.away(), room_path(&current.get_untracked()), words.reload())
}

fn stopped(Chat { current, words, .. }: Chat, stop: StopReason) -> Said {
    let here = room_path(&current.get_untracked());
    match stop {
        StopReason::Reload => (words.newer_version(), here, words.reload()),
        StopReason::SignIn => (words.signed_out(), here, words.sign_in_again()),
        StopReason::Broken => (words.broken(), here, words.reload()),
        StopReason::Forbidden => (words.not_allowed(), "/".to_owned(), words.start_again()),
    }
}
