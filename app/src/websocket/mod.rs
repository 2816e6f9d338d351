//! The browser's side of the connection, and the only code that touches its WebSocket.
//!
//! [`client::Client`] decides everything. What is here tells it what happens ([`browser_events`], [`socket`]), does what it says
//! ([`driver`]), keeps what must outlive the page ([`storage`]), moves between rooms ([`navigation`]),
//! and finds messages ([`scroll_target`]).

mod browser_events;
mod driver;
mod message_id;
mod navigation;
mod scroll_target;
mod socket;
mod storage;

use std::cell::RefCell;

use client::{Client, Input};
use leptos::prelude::*;
use protocol::Command;

use self::{driver::Driver, message_id::new_message_id, storage::Storage};
use crate::{
    page::RoomPage,
    state::{Action, Chat, ScrollTo, snapshot},
};

thread_local! {
    /// The one connection of this page.
    static DRIVER: RefCell<Option<Driver>> = const { RefCell::new(None) };
}

/// Connects, from the page as it was rendered and what was kept from earlier ones.
pub fn start(chat: Chat, page: &RoomPage) {
    let storage = Storage::of(&page.me.id);
    let client = Client::new(page.me.clone(), storage.outbox());
    let rooms = storage.rooms();
    DRIVER.set(Some(Driver::new(client, chat, storage)));
    with_driver(|driver| {
        driver.open(&page.room, Some(snapshot(page)));
        rooms.iter().filter(|room| **room != page.room).for_each(|room| driver.open(room, None));
        // The room that is opened last is the one that is looked at.
        driver.open(&page.room, None);
        driver.apply_all();
        driver.handle(Input::Start);
    });
    browser_events::listen();
    navigation::start(chat);
}

/// Does what a person wants.
pub fn dispatch(chat: Chat, action: &Action) {
    let here = chat.current_room.get_untracked();
    let room = here.as_str();
    let input = match action {
        Action::EnterRoom(room) => return navigation::enter_room(chat, room),
        Action::LeaveRoom(room) => return navigation::leave_room(chat, room),
        Action::ToggleMuted(room) => {
            with_driver(|driver| driver.toggle_muted(room));
            return;
        }
        Action::Send(text, reply_to) => {
            chat.scroll_to_end.set(());
            with_driver(Driver::clear_scroll_target);
            let reply_to = reply_to.map(Into::into);
            command(room, Command::Send { text: text.clone(), reply_to }, None)
        }
        Action::Edit(target, key, text) => {
            command(room, Command::Edit { target: (*target).into(), text: text.clone() }, Some(key))
        }
        Action::Delete(target) => command(room, Command::Delete { target: (*target).into() }, None),
        Action::React(target, emoji, on) => {
            command(room, Command::React { target: (*target).into(), emoji: emoji.clone(), on: *on }, None)
        }
        Action::Retry(id) => Input::Retry { room, id },
        Action::Discard(id) => Input::Discard { room, id },
        Action::ShowOlder => return move_window(ScrollTo::Older),
        Action::ShowNewer => return move_window(ScrollTo::Newer),
        Action::ShowLatest => {
            navigation::clear_message_address(room);
            move_window(ScrollTo::Latest);
            with_driver(|driver| {
                driver.clear_scroll_target();
                driver.mark_current_room_read();
            });
            return;
        }
        Action::GoToMessage(seq) => return navigation::go_to_message(chat, *seq),
        Action::Typing => {
            with_driver(Driver::clear_scroll_target);
            Input::Writing { room }
        }
    };
    with_driver(|driver| driver.handle(input));
}

fn command<'a>(room: &'a str, command: Command, key: Option<&'a str>) -> Input<'a> {
    Input::Command { room, id: new_message_id(), command, key }
}

fn move_window(target: ScrollTo) {
    with_driver(|driver| driver.move_window(target));
}

/// Forgets what was kept of the person in this browser, which others may use after them. False if they stay for the sake of
/// what is unsent.
pub fn confirm_sign_out(chat: Chat) -> bool {
    let has_unsent = with_driver(|driver| !driver.storage.outbox().is_empty()).unwrap_or(false);
    // A browser that does not ask has had no answer.
    let leaves = !has_unsent || window().confirm_with_message(chat.words.unsent_question()).unwrap_or(false);
    if leaves {
        with_driver(|driver| driver.storage.clear());
    }
    leaves
}

/// What the person has chosen about something.
pub fn choice(about: &str) -> Option<String> {
    with_driver(|driver| driver.storage.choice(about)).flatten()
}

/// Keeps what the person has chosen.
pub fn store_choice(about: &str, choice: &str) {
    with_driver(|driver| driver.storage.store_choice(about, choice));
}

/// What was written in a room and not sent.
pub fn draft(room: &str) -> Option<String> {
    with_driver(|driver| driver.storage.draft(room)).flatten()
}

/// Keeps what is written in a room.
pub fn store_draft(room: &str, text: &str) {
    with_driver(|driver| driver.storage.store_draft(room, text));
}

/// Runs `f` on the connection, or not at all before [`start`]. What `f` draws cannot come back here at once, for signals
/// wake their readers later.
fn with_driver<R>(f: impl FnOnce(&mut Driver) -> R) -> Option<R> {
    DRIVER.with_borrow_mut(|driver| driver.as_mut().map(f))
}
