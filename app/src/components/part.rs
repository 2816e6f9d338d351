use leptos::{either::EitherOf3, prelude::*, task::spawn_local};

use crate::{lazy::NotLoaded, state::Chat, text::room_path};

/// Something that is loaded when it is first used. A copy is the same thing.
#[derive(Clone, Copy)]
pub struct Part(RwSignal<State>);

#[derive(Clone, Copy, PartialEq)]
enum State {
    Unused,
    Loading,
    Here,
    Missing,
}

impl Part {
    /// Not loaded yet.
    pub fn new() -> Self {
        Self(RwSignal::new(State::Unused))
    }

    /// Loads it, unless it is here or on its way. One that could not be loaded is tried again.
    pub fn load(self, part: impl Future<Output = Result<(), NotLoaded>> + 'static) {
        if matches!(self.0.get_untracked(), State::Loading | State::Here) {
            return;
        }
        self.0.set(State::Loading);
        spawn_local(async move {
            let state = if part.await.is_ok() { State::Here } else { State::Missing };
            // What it was for may be gone.
            _ = self.0.try_set(state);
        });
    }
}

/// Stands in for a part until it is here: that it is loading, or why it is not here and what to do.
#[component]
pub fn PartState(
    part: Part,
    /// Loads it.
    load: impl Fn() + Clone + Send + 'static,
) -> impl IntoView {
    let words = Chat::here().words;
    let state = move || match part.0.get() {
        State::Unused | State::Here => EitherOf3::A(()),
        State::Loading => EitherOf3::B(words.loading()),
        State::Missing => EitherOf3::C(view! { <Missing load=load.clone() /> }),
    };
    view! {
        <div class="part-state" role="status">
            {state}
        </div>
    }
}

#[component]
fn Missing(load: impl Fn() + 'static) -> impl IntoView {
    let chat = Chat::here();
    let (words, here) = (chat.words, room_path(&chat.current.get_untracked()));
    view! {
        <p>
            {words.not_loaded()} " " <a href=here>{words.reload()}</a>
        </p>
        <button type="button" class="small" on:click=move |_| load()>
            {words.try_again()}
        </button>
    }
}
