//! What browsers load when it is first used. `cargo leptos --split` cuts each part off at its function here that is a
//! [`part`], into a Wasm of its own, with all that nothing else needs. How to add one is in CONTRIBUTING.md.

mod complete;
mod dialog;
mod emoji;
mod invite;
mod load;
#[cfg(feature = "hydrate")]
mod markup;
mod mention;
mod menu;
mod place;
mod shortcuts;
mod switcher;

use leptos::{
    prelude::*,
    wasm_bindgen::JsCast,
    wasm_split::SplitLoaderError,
    web_sys::{Element, Event, EventInit, HtmlElement, HtmlTextAreaElement},
};

pub use self::{
    complete::complete_in,
    emoji::{find_emoji, pick_emoji, pick_into},
    invite::invite_people,
    load::{LoadOnce, run_or_toast},
    mention::choose_notifications,
    menu::{click_in_messages, key_in_composer, key_in_messages},
    shortcuts::list_shortcuts,
    switcher::switch_rooms,
};
#[cfg(feature = "hydrate")]
pub use self::{
    markup::{draw_reactions, draw_text},
    mention::tell_mention,
};
use crate::{preferences::Language, text::Words};

/// A function at which a part is cut off. It is `async` for whoever calls it. Without the feature `split` it stays in the one
/// Wasm of the page, which is what a plain `cargo leptos watch` builds.
macro_rules! part {
    ($part:ident, $(#[$meta:meta])* pub fn $name:ident($($arg:ident: $type:ty),* $(,)?) $body:block) => {
        #[cfg(feature = "split")]
        $(#[$meta])*
        #[leptos::wasm_split::wasm_split($part, wasm_split_path = leptos::wasm_split, fallible)]
        pub fn $name($($arg: $type),*) -> Result<(), $crate::lazy::NotLoaded> {
            $body;
            Ok(())
        }

        #[cfg(not(feature = "split"))]
        $(#[$meta])*
        pub async fn $name($($arg: $type),*) -> Result<(), $crate::lazy::NotLoaded> {
            $body;
            Ok(())
        }
    };
}
use part;

/// A part that could not be loaded: there is no connection, or its file went with the version that this page is of.
#[derive(Debug)]
pub struct NotLoaded;

impl From<SplitLoaderError> for NotLoaded {
    /// The loader has told the console why.
    fn from(_: SplitLoaderError) -> Self {
        Self
    }
}

/// What a part says, in English, Portuguese and Spanish. Each part is a Wasm of its own that is seldom loaded, so it holds all of
/// its words itself; in the page they would weigh on every visit.
pub(crate) fn said(words: Words, [english, portuguese, spanish]: [&'static str; 3]) -> &'static str {
    match Language::tagged(words.language()) {
        Some(Language::Portuguese) => portuguese,
        Some(Language::Spanish) => spanish,
        Some(Language::English) | None => english,
    }
}

/// Draws something into an element of the page, for as long as the page lives, as a part of the component that `owner` is of.
fn draw<V: IntoView>(owner: &Owner, place: &Element, view: impl FnOnce() -> V) {
    let mut drawn = owner.with(|| view().into_view().build());
    drawn.mount(place, None);
    // Dropping it would stop what changes in it.
    std::mem::forget(drawn);
}

/// Where what opens over the page is drawn: in the room's landmark, so that screen readers know where it belongs.
fn room() -> Option<Element> {
    document().query_selector("main").ok().flatten()
}

/// Makes something and draws it into an element, both for as long as the page lives.
fn draw_for_good<T: Copy, V: IntoView>(place: &Element, make: impl FnOnce() -> T, view: impl FnOnce(T) -> V) -> T {
    let owner = Owner::new();
    let made = owner.with(make);
    draw(&owner, place, || view(made));
    std::mem::forget(owner);
    made
}

/// Draws something that never changes by itself in the place of what an element holds.
#[cfg(feature = "hydrate")]
fn draw_still<V: IntoView>(place: &Element, view: impl FnOnce() -> V) {
    place.set_text_content(None);
    // The view is dropped, and what it drew stays: nothing in it waits for anything.
    Owner::new().with(|| view().into_view().build().mount(place, None));
}

/// Gives the focus to the first element in `place` that a selector finds. False if there is none.
fn focus_on(place: &Element, selector: &str) -> bool {
    let found = place.query_selector(selector).ok().flatten();
    found.and_then(|element| element.dyn_into::<HtmlElement>().ok()).is_some_and(|element| element.focus().is_ok())
}

/// Moves the focus among the elements that a selector finds, in their order and no further than its ends; from elsewhere to the
/// first one. False if there is none.
fn step_focus(selector: &str, step: i32) -> bool {
    let Ok(found) = document().query_selector_all(selector) else { return false };
    let elements: Vec<HtmlElement> =
        (0..found.length()).filter_map(|index| found.get(index)?.dyn_into().ok()).collect();
    let focused = document().active_element();
    let here = elements.iter().position(|element| focused.as_deref() == Some(element.as_ref()));
    let there = here.map_or(Some(0), |here| here.checked_add_signed(step.try_into().ok()?));
    match there.and_then(|there| elements.get(there)) {
        Some(element) => element.focus().is_ok(),
        None => here.is_some(),
    }
}

/// Puts something into a text, in the place of so many UTF-16 units before the caret, and tells whoever listens to the field.
fn insert(field: &HtmlTextAreaElement, length: u32, text: &str) {
    let caret = field.selection_end().ok().flatten().unwrap_or_default();
    let start = field.selection_start().ok().flatten().unwrap_or(caret).saturating_sub(length);
    _ = field.set_range_text_with_start_and_end_and_mode(text, start, caret, "end");
    _ = field.focus();
    if let Ok(event) = Event::new_with_event_init_dict("input", &bubbling()) {
        _ = field.dispatch_event(&event);
    }
}

fn bubbling() -> EventInit {
    let init = EventInit::new();
    init.set_bubbles(true);
    init
}
