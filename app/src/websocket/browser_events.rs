use client::Input;
use leptos::{ev, prelude::*};

use super::{driver::Driver, with_driver};

/// Tells the client what the browser notices, for as long as the page lives: a listener outlives its handle.
pub fn listen() {
    _ = window_event_listener(ev::online, |_| handle(Input::Online));
    _ = window_event_listener(ev::offline, |_| handle(Input::Offline));
    _ = window_event_listener(ev::pagehide, |_| _ = with_driver(Driver::suspend));
    _ = window_event_listener(ev::pageshow, |event| {
        if event.persisted() {
            handle_visible();
        }
    });
    // It bubbles from the document.
    _ = window_event_listener_untyped("visibilitychange", |_| handle_visible());
}

fn handle(input: Input<'static>) {
    with_driver(|driver| driver.handle(input));
}

fn handle_visible() {
    if !document().hidden() {
        with_driver(Driver::mark_current_room_read);
        handle(Input::Visible);
    }
}
