//! Sala's user interface: rendered on the server, hydrated in the browser.
//!
//! The server chooses a [`page::Page`] and renders the [`shell`] around it. Only the room page is hydrated, from the
//! same [`page::RoomPage`] that it was rendered from. The other pages are plain forms and load no script.

// A view is a single type that nests as deeply as the page. Type erasure would avoid that, but doubles the Wasm.
#![recursion_limit = "512"]

mod browser;
mod components;
mod lazy;
pub mod page;
mod pages;
pub mod preferences;
#[cfg(feature = "ssr")]
mod shell;
mod state;
mod text;
mod views;
#[cfg(feature = "hydrate")]
mod websocket;

#[cfg(feature = "ssr")]
pub use shell::{is_watched, shell, stylesheet};
pub use text::{message_path, room_path};

/// Id of the element that says that the page no longer updates.
const STALE_NOTICE_ID: &str = "stale";

/// Hydrates the room that the server rendered.
#[cfg(feature = "hydrate")]
pub fn hydrate() {
    leptos::mount::hydrate_body(|| pages::room::HydratedRoom(pages::room::HydratedRoomProps { page: None }));
}

/// Shows that the page no longer updates. Reads none of the page's state, because that may be what is broken.
#[cfg(feature = "hydrate")]
pub fn show_stale_notice() {
    let element = web_sys::window().and_then(|window| window.document()?.get_element_by_id(STALE_NOTICE_ID));
    _ = element.map(|element| element.remove_attribute("hidden"));
}
