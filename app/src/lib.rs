//! The user interface of Sala: rendered by the server, taken over by the browser.
//!
//! The server decides on a [`page::Page`] and renders the [`shell`] around it. Only the room is hydrated, from the very
//! [`page::RoomPage`] that it was rendered from; the other pages are plain forms that need no script.

// A view is one type, nested as deep as the page; to erase it in parts doubles what the browser has to load.
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
pub use shell::{shell, stylesheet};
pub use text::{message_path, room_path};

/// The words of `app/locales`.
#[cfg(feature = "ssr")]
#[doc(hidden)]
pub mod locales {
    include!(concat!(env!("OUT_DIR"), "/i18n.rs"));
}
#[cfg(feature = "ssr")]
use locales::i18n;

/// The element that says that the page does not change by itself.
const STALE_NOTICE_ID: &str = "stale";

/// Takes over the room that the server rendered.
#[cfg(feature = "hydrate")]
pub fn hydrate() {
    leptos::mount::hydrate_body(|| pages::room::HydratedRoom(pages::room::HydratedRoomProps { page: None }));
}

/// Says that the page does not change by itself any more. It asks nothing of the page's own state, which may be what is broken.
#[cfg(feature = "hydrate")]
pub fn show_stale_notice() {
    let element = web_sys::window().and_then(|window| window.document()?.get_element_by_id(STALE_NOTICE_ID));
    _ = element.map(|element| element.remove_attribute("hidden"));
}
