use std::time::Duration;

use client::{ConnectionStatus, StopReason};
use leptos::prelude::*;

use crate::{state::Chat, text::room_path};

/// How long a connection may be lost before the banner appears.
const BANNER_DELAY: Duration = Duration::from_millis(1_200);

/// Says that the connection is lost, and how to continue if it is lost for good. It overlays the messages, so nothing
/// moves.
#[component]
pub fn Banner() -> impl IntoView {
    let chat = Chat::from_context();
    let is_delay_over = watch_delay(chat);
    let text = move || {
        let words = match chat.connection_status.get() {
            ConnectionStatus::Starting | ConnectionStatus::Live => None,
            ConnectionStatus::Away { .. } => is_delay_over.get().then(|| away_text(chat)),
            ConnectionStatus::Stopped(stop) => Some(stopped_text(chat, stop)),
        };
        words.map(|(words, link, link_text)| view! { <p>{words} " " <a href=link>{link_text}</a></p> })
    };
    view! {
        <div class="banner" role="status">
            {text}
        </div>
    }
}

fn watch_delay(chat: Chat) -> RwSignal<bool> {
    let is_over = RwSignal::new(false);
    let is_away =
        Memo::new(move |_| chat.connection_status.with(|status| matches!(status, ConnectionStatus::Away { .. })));
    Effect::new(move |timer: Option<Option<TimeoutHandle>>| {
        if let Some(timer) = timer.flatten() {
            timer.clear();
        }
        if is_away.get() {
            set_timeout_with_handle(move || is_over.set(true), BANNER_DELAY).ok()
        } else {
            if is_over.get_untracked()
                && chat.connection_status.with_untracked(|status| matches!(status, ConnectionStatus::Live))
            {
                chat.toast(chat.words.connected());
            }
            is_over.set(false);
            None
        }
    });
    is_over
}

/// The text, the link's target and the link's text.
type BannerText = (&'static str, String, &'static str);

/// The browser cannot distinguish an expired session from an unreachable server. Reloading the page does.
fn away_text(Chat { current_room, words, .. }: Chat) -> BannerText {
    (words.away(), room_path(&current_room.get_untracked()), words.reload())
}

fn stopped_text(Chat { current_room, words, .. }: Chat, stop: StopReason) -> BannerText {
    let here = room_path(&current_room.get_untracked());
    match stop {
        StopReason::Reload => (words.newer_version(), here, words.reload()),
        StopReason::SignIn => (words.signed_out(), here, words.sign_in_again()),
        StopReason::Broken => (words.broken(), here, words.reload()),
        StopReason::Forbidden => (words.not_allowed(), "/".to_owned(), words.start_again()),
    }
}
