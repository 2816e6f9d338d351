//! Code that the browser loads on first use. `cargo leptos --split` moves each function that is declared with
//! [`lazy_chunk`], and everything that only it needs, from the page's Wasm into a chunk of its own. CONTRIBUTING.md
//! tells how to add one.

mod completion;
mod dialog;
mod emoji;
mod invitation;
mod load;
#[cfg(feature = "hydrate")]
mod markup;
mod menu;
mod notifications;
mod popover;
mod room_switcher;
mod shortcuts;

use leptos::{
    prelude::*,
    wasm_bindgen::JsCast,
    wasm_split::SplitLoaderError,
    web_sys::{Element, Event, EventInit, HtmlElement, HtmlTextAreaElement},
};

pub use self::{
    completion::attach_completion,
    emoji::{pick_emoji, pick_emoji_into, search_emoji},
    invitation::open_invitation,
    load::{LoadOnce, run_or_toast},
    menu::{handle_composer_key, handle_message_click, handle_message_key},
    notifications::open_notification_settings,
    room_switcher::open_room_switcher,
    shortcuts::open_shortcuts,
};
#[cfg(feature = "hydrate")]
pub use self::{
    markup::{render_message_body, render_reactions},
    notifications::notify_of_mention,
};

/// Declares an entry point of a chunk, which callers see as an `async` function. Without the feature `split`, as in a
/// plain `cargo leptos watch`, the function stays in the page's Wasm.
macro_rules! lazy_chunk {
    ($chunk:ident, $(#[$meta:meta])* pub fn $name:ident($($arg:ident: $type:ty),* $(,)?) $body:block) => {
        #[cfg(feature = "split")]
        $(#[$meta])*
        #[leptos::wasm_split::wasm_split($chunk, wasm_split_path = leptos::wasm_split, fallible)]
        pub fn $name($($arg: $type),*) -> Result<(), $crate::lazy::ChunkLoadError> {
            $body;
            Ok(())
        }

        #[cfg(not(feature = "split"))]
        $(#[$meta])*
        pub async fn $name($($arg: $type),*) -> Result<(), $crate::lazy::ChunkLoadError> {
            $body;
            Ok(())
        }
    };
}
use lazy_chunk;

/// A chunk could not be loaded: there is no connection, or a deployment removed its file.
#[derive(Debug)]
pub struct ChunkLoadError;

impl From<SplitLoaderError> for ChunkLoadError {
    /// Drops the cause, which the loader has already logged to the console.
    fn from(_: SplitLoaderError) -> Self {
        Self
    }
}

/// Mounts a view into an element under `owner`, for as long as the page lives.
fn mount<V: IntoView>(owner: &Owner, parent: &Element, view: impl FnOnce() -> V) {
    let mut state = owner.with(|| view().into_view().build());
    state.mount(parent, None);
    // Dropping it would stop its effects.
    std::mem::forget(state);
}

/// Mounts a view into an element under an owner of its own, for as long as the page lives. `make` creates the view's
/// signals, which are returned.
fn mount_permanently<T: Copy, V: IntoView>(parent: &Element, make: impl FnOnce() -> T, view: impl FnOnce(T) -> V) -> T {
    let owner = Owner::new();
    let made = owner.with(make);
    mount(&owner, parent, || view(made));
    std::mem::forget(owner);
    made
}

/// Replaces the content of an element by a view that has no effects.
#[cfg(feature = "hydrate")]
fn replace_content<V: IntoView>(parent: &Element, view: impl FnOnce() -> V) {
    parent.set_text_content(None);
    // Dropping the view's state leaves its nodes in the document.
    Owner::new().with(|| view().into_view().build().mount(parent, None));
}

/// The parent of dialogs and popovers: in the `main` landmark screen readers announce them as part of the room.
fn main_landmark() -> Option<Element> {
    document().query_selector("main").ok().flatten()
}

/// Focuses the first element within `parent` that matches a selector. Returns whether there is one.
fn focus_first(parent: &Element, selector: &str) -> bool {
    let found = parent.query_selector(selector).ok().flatten();
    found.and_then(|element| element.dyn_into::<HtmlElement>().ok()).is_some_and(|element| element.focus().is_ok())
}

/// Moves the focus by `step` among the elements that match a selector, stopping at the ends. Focuses the first one if
/// none of them has the focus. Returns whether there is one.
fn move_focus(selector: &str, step: i32) -> bool {
    let Ok(found) = document().query_selector_all(selector) else { return false };
    let elements: Vec<HtmlElement> =
        (0..found.length()).filter_map(|index| found.get(index)?.dyn_into().ok()).collect();
    let active = document().active_element();
    let current = elements.iter().position(|element| active.as_deref() == Some(element.as_ref()));
    let target = current.map_or(Some(0), |index| index.checked_add_signed(step.try_into().ok()?));
    match target.and_then(|index| elements.get(index)) {
        Some(element) => element.focus().is_ok(),
        None => current.is_some(),
    }
}

/// Replaces the `length` UTF-16 units before the caret of a field by `text`, and dispatches an `input` event.
fn insert_at_caret(field: &HtmlTextAreaElement, length: u32, text: &str) {
    let caret = field.selection_end().ok().flatten().unwrap_or_default();
    let start = field.selection_start().ok().flatten().unwrap_or(caret).saturating_sub(length);
    _ = field.set_range_text_with_start_and_end_and_mode(text, start, caret, "end");
    _ = field.focus();
    let bubbling = EventInit::new();
    bubbling.set_bubbles(true);
    if let Ok(event) = Event::new_with_event_init_dict("input", &bubbling) {
        _ = field.dispatch_event(&event);
    }
}
