use std::time::Duration;

use client::{Link, Stop};
use leptos::{either::Either, prelude::*};

use crate::{state::Chat, text::room_path};

/// A connection that is back within this time was never worth a word.
const PATIENCE: Duration = Duration::from_millis(1_200);

/// Says when the connection is lost, and what to do when it is lost for good. It lies over the messages, so nothing moves.
#[component]
pub fn Banner() -> impl IntoView {
    let chat = Chat::here();
    let patience_is_over = watch_patience(chat);
    let words = move || match chat.link.get() {
        Link::Starting | Link::Live => None,
        Link::Away { .. } => patience_is_over.get().then(|| Either::Left(view! { <Away /> })),
        Link::Stopped(stop) => Some(Either::Right(view! { <Stopped stop /> })),
    };
    view! {
        <div class="banner" role="status">
            {words}
        </div>
    }
}

fn watch_patience(chat: Chat) -> RwSignal<bool> {
    let is_over = RwSignal::new(false);
    let is_away = Memo::new(move |_| chat.link.with(|link| matches!(link, Link::Away { .. })));
    Effect::new(move |timer: Option<Option<TimeoutHandle>>| {
        if let Some(timer) = timer.flatten() {
            timer.clear();
        }
        if is_away.get() {
            set_timeout_with_handle(move || is_over.set(true), PATIENCE).ok()
        } else {
            is_over.set(false);
            None
        }
    });
    is_over
}

#[component]
fn Away() -> impl IntoView {
    let here = room_path(&Chat::here().current.get_untracked());
    view! {
        <p>
            "The connection is lost; trying again. What you write is kept and sent as soon as it is back. If it stays so, "
            // A browser does not tell a session that is over from a server that is away; the page does.
            <a href=here>"reload"</a> "."
        </p>
    }
}

#[component]
fn Stopped(stop: Stop) -> impl IntoView {
    let here = room_path(&Chat::here().current.get_untracked());
    let (words, link, link_text) = match stop {
        Stop::Reload => ("There is a newer version of Sala.", here, "Reload"),
        Stop::SignIn => ("You are no longer signed in.", here, "Sign in again"),
        Stop::Broken => ("Something went wrong between this page and the server.", here, "Reload"),
        Stop::Forbidden => ("You cannot be in this chat.", "/".to_owned(), "Start again"),
    };
    view! {
        <p>
            {words} " " <a href=link>{link_text}</a>
        </p>
    }
}
