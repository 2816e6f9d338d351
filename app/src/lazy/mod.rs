//! What browsers load when it is first used. `cargo leptos --split` cuts each part off at its function here that is marked
//! with `wasm_split`, into a Wasm of its own, with all that nothing else needs. How to add one is in CONTRIBUTING.md.

mod shortcuts;

use leptos::{prelude::*, wasm_split::SplitLoaderError, web_sys::Element};

pub use self::shortcuts::list_shortcuts;

/// A part that could not be loaded: there is no connection, or its file went with the version that this page is of.
#[derive(Debug)]
pub struct NotLoaded;

impl From<SplitLoaderError> for NotLoaded {
    /// The loader has told the console why.
    fn from(_: SplitLoaderError) -> Self {
        Self
    }
}

/// Draws something into an element of the page, for as long as the page lives, as a part of the component that `owner` is of.
fn draw<V: IntoView>(owner: &Owner, place: &Element, view: impl FnOnce() -> V) {
    let mut drawn = owner.with(|| view().into_view().build());
    drawn.mount(place, None);
    // Dropping it would stop what changes in it.
    std::mem::forget(drawn);
}
