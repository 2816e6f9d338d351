use client::Notice;
use leptos::{either::EitherOf3, prelude::*};

use crate::state::{Action, Chat, RoomView, Top};

/// What stands above the messages: the way to older ones, or the beginning of the room, and what is missing.
#[component]
pub fn TimelineTop(room: RoomView) -> impl IntoView {
    let top = room.top.clone();
    let edge = move || match top.get() {
        Top { is_loaded: false, .. } => EitherOf3::A(view! { <p class="timeline-note">"Loading…"</p> }),
        Top { has_older: true, is_loading_older, .. } => EitherOf3::B(view! { <Older is_loading_older /> }),
        Top { .. } => EitherOf3::C(view! { <Beginning room=room.clone() /> }),
    };
    view! { <div class="timeline-top">{edge}</div> }
}

/// A button, for those who do not scroll.
#[component]
fn Older(is_loading_older: bool) -> impl IntoView {
    let chat = Chat::here();
    view! {
        <button type="button" class="small" disabled=is_loading_older on:click=move |_| chat.act(Action::LookBack)>
            {if is_loading_older { "Loading older messages…" } else { "Load older messages" }}
        </button>
    }
}

#[component]
fn Beginning(room: RoomView) -> impl IntoView {
    let lines = room.lines.clone();
    move || {
        let (class, words) = match lines.with(Vec::is_empty) {
            true => ("timeline-empty", "No messages yet. Say hello."),
            false => ("timeline-note", "This is the beginning of the room."),
        };
        view! { <p class=class>{words}</p> }
    }
}

/// Says that the view was replaced, and that what is above it may be missing.
#[component]
pub fn GapNotice(room: RoomView) -> impl IntoView {
    move || {
        room.top.get().notice.map(|notice| {
            let words = match notice {
                Notice::Trimmed => "You were away for long: some earlier messages are not shown here.",
                Notice::Reset => "The room's history was replaced while you were here. This is what it holds now.",
            };
            view! {
                <p class="timeline-gap" role="status">
                    {words}
                </p>
            }
        })
    }
}
