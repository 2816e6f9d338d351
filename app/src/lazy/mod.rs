//! What browsers load when it is first used. `cargo leptos --split` cuts each part off at its function here that is a
//! [`part`], into a Wasm of its own, with all that nothing else needs. How to add one is in CONTRIBUTING.md.

#[cfg(feature = "hydrate")]
mod mention;
mod shortcuts;
mod switcher;

use leptos::{prelude::*, wasm_split::SplitLoaderError, web_sys::Element};

#[cfg(feature = "hydrate")]
pub use self::mention::tell_mention;
pub use self::{shortcuts::list_shortcuts, switcher::switch_rooms};

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

/// Draws something into an element of the page, for as long as the page lives, as a part of the component that `owner` is of.
fn draw<V: IntoView>(owner: &Owner, place: &Element, view: impl FnOnce() -> V) {
    let mut drawn = owner.with(|| view().into_view().build());
    drawn.mount(place, None);
    // Dropping it would stop what changes in it.
    std::mem::forget(drawn);
}
