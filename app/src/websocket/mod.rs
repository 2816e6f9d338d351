//! The connection in the browser. No other module uses the browser's WebSocket.
//!
//! [`client::Client`] makes the decisions. This module feeds it inputs (browser events and [`socket`]), runs its
//! effects ([`driver`]), stores what outlives the page ([`storage`]), navigates between rooms ([`navigation`]) and
//! resolves links to messages ([`scroll_target`]). The page reaches it through [`ChatService`] only.

mod clock;
mod driver;
mod navigation;
mod scroll_target;
mod socket;
mod storage;

use std::cell::RefCell;

use client::{Client, Input};
use leptos::{ev, prelude::*};
use protocol::Command;

use self::{clock::new_message_id, driver::Driver, storage::Storage};
use crate::{
    page::RoomPage,
    state::{Action, Chat, ChatService, ScrollTo},
};

thread_local! {
    /// The page's only connection.
    static DRIVER: RefCell<Option<Driver>> = const { RefCell::new(None) };
}

/// The [`ChatService`] of the browser.
pub struct BrowserService;

impl ChatService for BrowserService {
    fn start(&self, chat: Chat, page: RoomPage) {
        let storage = Storage::of(&page.me.id);
        let client = Client::new(page.me.clone(), storage.outbox());
        let rooms = storage.rooms();
        let name = page.room.clone();
        DRIVER.set(Some(Driver::new(client, chat, storage)));
        with_driver(|driver| {
            driver.open(&name, Some(page.into_snapshot()));
            rooms.iter().filter(|room| **room != name).for_each(|room| driver.open(room, None));
            // The client treats the room that was opened last as the current one.
            driver.open(&name, None);
            driver.handle(Input::Start);
        });
        listen_to_browser();
        navigation::start(chat);
    }

    fn dispatch(&self, chat: Chat, action: Action) {
        let current = chat.current_room.get_untracked();
        let room = current.as_str();
        match action {
            Action::EnterRoom(room) => navigation::enter_room(chat, &room),
            Action::LeaveRoom(room) => navigation::leave_room(chat, &room),
            Action::ToggleMuted(room) => _ = with_driver(|driver| driver.toggle_muted(&room)),
            Action::Command(command) => {
                if matches!(command, Command::Send { .. }) {
                    chat.scroll_to_end.set(());
                    with_driver(Driver::clear_scroll_target);
                }
                handle(Input::Command { room, id: new_message_id(), command, key: None });
            }
            Action::Edit { command, key } => {
                handle(Input::Command { room, id: new_message_id(), command, key: Some(&key) });
            }
            Action::Retry(id) => handle(Input::Retry { room, id: &id }),
            Action::Discard(id) => handle(Input::Discard { room, id: &id }),
            Action::ShowOlder => move_window(ScrollTo::Older),
            Action::ShowNewer => move_window(ScrollTo::Newer),
            Action::ShowLatest => {
                navigation::clear_message_address(room);
                move_window(ScrollTo::Latest);
                with_driver(|driver| {
                    driver.clear_scroll_target();
                    driver.mark_current_room_read();
                });
            }
            Action::GoToMessage(seq) => navigation::go_to_message(chat, seq),
            Action::Typing => {
                with_driver(Driver::clear_scroll_target);
                handle(Input::Typing { room });
            }
        }
    }

    fn confirm_sign_out(&self, chat: Chat) -> bool {
        let has_unsent = with_driver(|driver| !driver.storage.outbox().is_empty()).unwrap_or(false);
        // A browser that shows no dialog counts as a refusal.
        let is_confirmed = !has_unsent || window().confirm_with_message(chat.words.unsent_question()).unwrap_or(false);
        if is_confirmed {
            with_driver(|driver| driver.storage.clear());
        }
        is_confirmed
    }

    fn stored_choice(&self, key: &str) -> Option<String> {
        with_driver(|driver| driver.storage.choice(key)).flatten()
    }

    fn store_choice(&self, key: &str, value: &str) {
        with_driver(|driver| driver.storage.store_choice(key, value));
    }

    fn stored_draft(&self, room: &str) -> Option<String> {
        with_driver(|driver| driver.storage.draft(room)).flatten()
    }

    fn store_draft(&self, room: &str, text: &str) {
        with_driver(|driver| driver.storage.store_draft(room, text));
    }
}

/// Forwards browser events to the client for as long as the page lives. A listener outlives its dropped handle.
fn listen_to_browser() {
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

fn handle(input: Input<'_>) {
    with_driver(|driver| driver.handle(input));
}

fn move_window(target: ScrollTo) {
    with_driver(|driver| driver.move_window(target));
}

/// Runs `f` on the driver; does nothing before [`ChatService::start`]. `f` only sets signals, and effects on signals
/// run later, so it cannot call this again.
fn with_driver<R>(f: impl FnOnce(&mut Driver) -> R) -> Option<R> {
    DRIVER.with_borrow_mut(|driver| driver.as_mut().map(f))
}
