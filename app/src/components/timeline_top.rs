use client::Notice;
use leptos::{either::EitherOf3, prelude::*};

use crate::state::{Action, Chat, RoomView, Top};

/// What stands above the messages: the way to older ones, or the beginning of the room, and what is missing.
#[component]
pub fn TimelineTop(room: RoomView) -> impl IntoView {
    let top = room.top.clone();
    let edge = Memo::new({
        let top = top.clone();
        move |_| top.with(Edge::of)
    });
    let shown = move || match edge.get() {
        Edge::Loading => EitherOf3::A(view! { <p class="timeline-note">"Loading…"</p> }),
        Edge::Older => EitherOf3::B(view! { <Older top=top.clone() /> }),
        Edge::Beginning => EitherOf3::C(view! { <Beginning room=room.clone() /> }),
    };
    view! { <div class="timeline-top">{shown}</div> }
}

#[derive(Clone, Copy, PartialEq)]
enum Edge {
    Loading,
    Older,
    Beginning,
}

impl Edge {
    fn of(top: &Top) -> Self {
        match top {
            Top { is_loaded: false, .. } => Self::Loading,
            Top { has_older: true, .. } => Self::Older,
            Top { .. } => Self::Beginning,
        }
    }
}

/// A button, for those who do not scroll. It stays the same one while it loads, or the focus on it would be lost.
#[component]
fn Older(top: ArcRwSignal<Top>) -> impl IntoView {
    let chat = Chat::here();
    let is_loading = move || top.with(|top| top.is_loading_older);
    let label = {
        let is_loading = is_loading.clone();
        move || if is_loading() { "Loading older messages…" } else { "Load older messages" }
    };
    view! {
        <button
            type="button"
            class="small"
            aria-disabled=move || is_loading().then_some("true")
            on:click=move |_| chat.act(Action::LookBack)
        >
            {label}
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
