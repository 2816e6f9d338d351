//! The browser's side of the connection, and the only code that touches its WebSocket.
//!
//! [`client::Client`] decides everything. What is here tells it what happens ([`events`], [`link`]), does what it says
//! ([`driver`]), keeps what must outlive the page ([`storage`]), moves between rooms ([`places`]),
//! and finds messages ([`seek`]).

mod driver;
mod events;
mod link;
mod message_id;
mod places;
mod seek;
mod storage;

use std::cell::RefCell;

use client::{Client, Input};
use leptos::prelude::*;

use self::{driver::Driver, storage::Storage};
use crate::{
    page::RoomPage,
    state::{Action, Chat, Look, snapshot},
};

thread_local! {
    /// The one connection of this page.
    static DRIVER: RefCell<Option<Driver>> = const { RefCell::new(None) };
}

/// Connects, from the page as it was rendered and what was kept from earlier ones.
pub fn start(chat: Chat, page: &RoomPage) {
    let storage = Storage::of(&page.me.id);
    let client = Client::new(page.me.clone(), storage.unsent());
    let rooms = storage.rooms();
    DRIVER.set(Some(Driver::new(client, chat, storage)));
    with_driver(|driver| {
        driver.open(&page.room, Some(snapshot(page)));
        rooms.iter().filter(|room| **room != page.room).for_each(|room| driver.open(room, None));
        // The room that is opened last is the one that is looked at.
        driver.open(&page.room, None);
        driver.show_all();
        driver.handle(Input::Start);
    });
    events::listen();
    places::follow(chat);
}

/// Does what a person wants.
pub fn act(chat: Chat, action: &Action) {
    let here = chat.current.get_untracked();
    let room = here.as_str();
    let input = match action {
        Action::Enter(room) => return places::enter(chat, room),
        Action::Leave(room) => return places::leave(chat, room),
        Action::Mute(room) => {
            with_driver(|driver| driver.mute(room));
            return;
        }
        Action::Say(text, reply_to) => {
            chat.to_end.set(());
            with_driver(Driver::give_up_seeking);
            Input::Send { room, id: message_id::fresh(), text: text.clone(), reply_to: *reply_to }
        }
        Action::Edit(target, key, text) => {
            Input::Edit { room, id: message_id::fresh(), target: *target, key, text: text.clone() }
        }
        Action::Delete(target) => Input::Delete { room, id: message_id::fresh(), target: *target },
        Action::React(target, emoji, on) => {
            Input::React { room, id: message_id::fresh(), target: *target, emoji: emoji.clone(), on: *on }
        }
        Action::Retry(id) => Input::Retry { room, id },
        Action::Discard(id) => Input::Discard { room, id },
        Action::LookBack => return look(Look::Back),
        Action::LookForward => return look(Look::Forward),
        Action::CatchUp => {
            places::catch_up(room);
            look(Look::Latest);
            with_driver(|driver| {
                driver.give_up_seeking();
                driver.come_back();
            });
            return;
        }
        Action::GoTo(seq) => return places::go_to(chat, *seq),
        Action::Write => {
            with_driver(Driver::give_up_seeking);
            Input::Writing { room }
        }
    };
    with_driver(|driver| driver.handle(input));
}

fn look(look: Look) {
    with_driver(|driver| driver.look(look));
}

/// Forgets what was kept of the person in this browser, which others may use after them. False if they stay for the sake of
/// what is unsent.
pub fn sign_out(chat: Chat) -> bool {
    let has_unsent = with_driver(|driver| !driver.storage.unsent().is_empty()).unwrap_or(false);
    // A browser that does not ask has had no answer.
    let leaves = !has_unsent || window().confirm_with_message(chat.words.unsent_question()).unwrap_or(false);
    if leaves {
        with_driver(|driver| driver.storage.forget_all());
    }
    leaves
}

/// What the person has chosen about something.
pub fn choice(about: &str) -> Option<String> {
    with_driver(|driver| driver.storage.choice(about)).flatten()
}

/// Keeps what the person has chosen.
pub fn keep_choice(about: &str, choice: &str) {
    with_driver(|driver| driver.storage.keep_choice(about, choice));
}

/// What was written in a room and not sent.
pub fn draft(room: &str) -> Option<String> {
    with_driver(|driver| driver.storage.draft(room)).flatten()
}

/// Keeps what is written in a room.
pub fn keep_draft(room: &str, text: &str) {
    with_driver(|driver| driver.storage.keep_draft(room, text));
}

/// Runs `f` on the connection, or not at all before [`start`]. What `f` draws cannot come back here at once, for signals
/// wake their readers later.
fn with_driver<R>(f: impl FnOnce(&mut Driver) -> R) -> Option<R> {
    DRIVER.with_borrow_mut(|driver| driver.as_mut().map(f))
}
