use client::HistoryState;
use leptos::{either::EitherOf4, prelude::*};

use crate::{
    browser::restore_focus,
    state::{Action, Chat, RoomState},
};

/// The header above the messages: a button for older messages, or the reason why there are none.
#[component]
pub fn TimelineHeader(room: RoomState) -> impl IntoView {
    let (history, refusal) = (room.history.clone(), room.refusal.clone());
    let boundary = Memo::new({
        let history = history.clone();
        move |_| history.with(|history| Boundary::of(history, refusal.with(Option::is_some)))
    });
    let words = Chat::from_context().words;
    let shown = move || match boundary.get() {
        Boundary::Refused => EitherOf4::A(()),
        Boundary::Older => EitherOf4::B(view! { <Older history=history.clone() /> }),
        Boundary::Beginning => EitherOf4::C(view! { <Beginning room=room.clone() /> }),
        Boundary::Loading => EitherOf4::D(note(words.loading())),
        Boundary::Trimmed => EitherOf4::D(note(words.trimmed())),
    };
    view! { <div class="timeline-top">{shown}</div> }
}

#[derive(Clone, Copy, PartialEq)]
enum Boundary {
    /// The room cannot be joined, so nothing is loaded.
    Refused,
    Loading,
    Older,
    Trimmed,
    Beginning,
}

impl Boundary {
    fn of(history: &HistoryState, is_refused: bool) -> Self {
        match history {
            HistoryState { is_loaded: false, .. } if is_refused => Self::Refused,
            HistoryState { is_loaded: false, .. } => Self::Loading,
            HistoryState { has_older: true, .. } => Self::Older,
            HistoryState { is_trimmed: true, .. } => Self::Trimmed,
            HistoryState { .. } => Self::Beginning,
        }
    }
}

fn note(words: &'static str) -> impl IntoView {
    view! { <p class="timeline-note">{words}</p> }
}

/// The button that loads older messages, for users who do not scroll. It persists while loading, so that it keeps the
/// focus.
#[component]
fn Older(history: ArcRwSignal<HistoryState>) -> impl IntoView {
    let chat = Chat::from_context();
    let words = chat.words;
    // Removed after the last page.
    on_cleanup(|| restore_focus(".scroller"));
    let is_loading = move || history.with(|history| history.is_loading_older);
    let label = {
        let is_loading = is_loading.clone();
        move || if is_loading() { words.loading_older() } else { words.load_older() }
    };
    view! {
        <button
            type="button"
            class="small"
            aria-disabled=move || is_loading().then_some("true")
            on:click=move |_| chat.dispatch(Action::ShowOlder)
        >
            {label}
        </button>
    }
}

#[component]
fn Beginning(room: RoomState) -> impl IntoView {
    let window = room.window.clone();
    let words = Chat::from_context().words;
    move || {
        let (class, text) = match window.with(|window| window.rows().is_empty()) {
            true => ("timeline-empty", words.empty()),
            false => ("timeline-note", words.beginning()),
        };
        view! { <p class=class>{text}</p> }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trimmed_history_is_not_called_the_beginning() {
        let history = HistoryState { is_loaded: true, ..HistoryState::default() };
        assert!(Boundary::of(&history, false) == Boundary::Beginning);
        assert!(Boundary::of(&HistoryState { is_trimmed: true, ..history }, false) == Boundary::Trimmed);
        assert!(Boundary::of(&HistoryState { is_trimmed: true, has_older: true, ..history }, false) == Boundary::Older);
        assert!(Boundary::of(&HistoryState { is_loaded: false, ..history }, false) == Boundary::Loading);
        assert!(Boundary::of(&HistoryState { is_loaded: false, ..history }, true) == Boundary::Refused);
    }
}
