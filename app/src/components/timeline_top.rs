use leptos::{either::EitherOf4, prelude::*};

use crate::{
    browser::rest_focus,
    state::{Action, Chat, RoomView, Top},
};

/// What stands above the messages: the way to older ones, or why there is none.
#[component]
pub fn TimelineTop(room: RoomView) -> impl IntoView {
    let (top, refusal) = (room.top.clone(), room.refusal.clone());
    let edge = Memo::new({
        let top = top.clone();
        move |_| top.with(|top| Edge::of(top, refusal.with(Option::is_some)))
    });
    let words = Chat::here().words;
    let shown = move || match edge.get() {
        Edge::Refused => EitherOf4::A(()),
        Edge::Older => EitherOf4::B(view! { <Older top=top.clone() /> }),
        Edge::Beginning => EitherOf4::C(view! { <Beginning room=room.clone() /> }),
        Edge::Loading => EitherOf4::D(note(words.loading())),
        Edge::Trimmed => EitherOf4::D(note(words.trimmed())),
    };
    view! { <div class="timeline-top">{shown}</div> }
}

#[derive(Clone, Copy, PartialEq)]
enum Edge {
    /// Nothing of the room can be loaded.
    Refused,
    Loading,
    Older,
    Trimmed,
    Beginning,
}

impl Edge {
    fn of(top: &Top, is_refused: bool) -> Self {
        match top {
            Top { is_loaded: false, .. } if is_refused => Self::Refused,
            Top { is_loaded: false, .. } => Self::Loading,
            Top { has_older: true, .. } => Self::Older,
            Top { is_trimmed: true, .. } => Self::Trimmed,
            Top { .. } => Self::Beginning,
        }
    }
}

fn note(words: &'static str) -> impl IntoView {
    view! { <p class="timeline-note">{words}</p> }
}

/// A button, for those who do not scroll. It stays the same one while it loads, or the focus on it would be lost.
#[component]
fn Older(top: ArcRwSignal<Top>) -> impl IntoView {
    let chat = Chat::here();
    let words = chat.words;
    // The last page takes the button away.
    on_cleanup(|| rest_focus(".scroller"));
    let is_loading = move || top.with(|top| top.is_loading_older);
    let label = {
        let is_loading = is_loading.clone();
        move || if is_loading() { words.loading_older() } else { words.load_older() }
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
    let words = Chat::here().words;
    move || {
        let (class, said) = match lines.with(Vec::is_empty) {
            true => ("timeline-empty", words.empty()),
            false => ("timeline-note", words.beginning()),
        };
        view! { <p class=class>{said}</p> }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_kept_is_not_called_the_beginning() {
        let top = Top { is_loaded: true, has_older: false, is_trimmed: false, is_loading_older: false, notice: None };
        assert!(Edge::of(&top, false) == Edge::Beginning);
        assert!(Edge::of(&Top { is_trimmed: true, ..top }, false) == Edge::Trimmed);
        assert!(Edge::of(&Top { is_trimmed: true, has_older: true, ..top }, false) == Edge::Older);
        assert!(Edge::of(&Top { is_loaded: false, ..top }, false) == Edge::Loading);
        assert!(Edge::of(&Top { is_loaded: false, ..top }, true) == Edge::Refused);
    }
}
