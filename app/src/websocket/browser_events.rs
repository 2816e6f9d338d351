use client::Input;
use leptos::{ev, prelude::*};

use super::{driver::Driver, handle, with_driver};

/// Forwards browser events to the client for as long as the page lives. A listener outlives its dropped handle.
pub fn listen() {
    _ = window_event_listener(ev::online, |_| handle(Input::Online));
    _ = window_event_listener(ev::offline, |_| handle(Input::Offline));
    _ = window_event_listener(ev::pagehide, |_| _ = with_driver(Driver::suspend));
    _ = window_event_listener(ev::pageshow, |event| {
        if event.persisted() {
            handle_visible();
        }
    });
    // Fires on the document and bubbles to the window.
    _ = window_event_listener_untyped("visibilitychange", |_| handle_visible());
}

fn handle_visible() {
    if !document().hidden() {
        with_driver(Driver::mark_current_room_read);
        handle(Input::Visible);
    }
}
