//! The state of the room page as signals. Each change of the client updates exactly the nodes that show it.
//!
//! Components read the state and send intents through [`ChatService`]. State knows neither the connection nor the DOM.

mod action;
#[cfg(feature = "hydrate")]
mod apply_change;
mod message_row;
mod room_state;
mod row_window;

use client::{Client, ConnectionStatus};
use leptos::{html, prelude::*};
use protocol::User;

#[cfg(not(feature = "hydrate"))]
pub use self::action::NoService;
#[cfg(feature = "hydrate")]
pub use self::row_window::{ScrollTo, index_of_seq};
pub use self::{
    action::{Action, ChatService, ComposerMode},
    message_row::{EditState, MessageContent, MessageRow, RowStatus},
    room_state::RoomState,
    row_window::RowWindow,
};
use crate::{
    browser::to_local_time,
    page::RoomPage,
    text::{Day, Words},
};

/// The state of the page. Copies share it.
#[derive(Clone, Copy)]
pub struct Chat {
    /// Carries out the user's actions.
    pub service: &'static dyn ChatService,
    /// The signed-in user.
    pub me: StoredValue<User>,
    /// The status of the connection.
    pub connection_status: RwSignal<ConnectionStatus>,
    /// The open rooms, the one with the latest message first.
    pub rooms: RwSignal<Vec<RoomState>>,
    /// Name of the room on the screen.
    pub current_room: RwSignal<String>,
    /// The user's current day; `None` before hydration. The first rendering in the browser has to equal the server's,
    /// so everything that only the browser knows waits for this signal.
    pub today: RwSignal<Option<Day>>,
    /// Triggers when the page has to scroll to the latest message.
    pub scroll_to_end: RwSignal<()>,
    /// Mentions that the user does not see and was not told about.
    #[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only the browser reads it"))]
    pub mentions: RwSignal<Vec<Mention>>,
    /// The texts of the page.
    pub words: Words,
    /// What the composer does when it sends.
    pub composer_mode: RwSignal<Option<ComposerMode>>,
    /// The list of rooms, which is not sorted while the user points at it.
    pub room_list: NodeRef<html::Ul>,
}

/// A mention of the user.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "the server notifies nobody"))]
pub struct Mention {
    /// The room.
    pub room: String,
    /// Name of the message's author.
    pub author: String,
    /// The message's text.
    pub text: String,
}

impl Chat {
    /// Creates the state from the page's data.
    pub fn new(page: RoomPage, service: &'static dyn ChatService) -> Self {
        let (me, current_room, words) = (page.me.clone(), page.room.clone(), page.words);
        let mut client = Client::new(me.clone(), Vec::new());
        client.open(&current_room, Some(page.into_snapshot()), client::Context { now: 0, random: 0.0 });
        Self {
            service,
            me: StoredValue::new(me),
            connection_status: RwSignal::new(ConnectionStatus::Starting),
            rooms: RwSignal::new(client.rooms().map(RoomState::new).collect()),
            current_room: RwSignal::new(current_room),
            today: RwSignal::new(None),
            scroll_to_end: RwSignal::new(()),
            mentions: RwSignal::new(Vec::new()),
            words,
            composer_mode: RwSignal::new(None),
            room_list: NodeRef::new(),
        }
    }

    /// The state that the surrounding component provides.
    pub fn from_context() -> Self {
        expect_context()
    }

    /// Whether the page is hydrated.
    pub fn is_hydrated(self) -> bool {
        self.today.with(Option::is_some)
    }

    /// Updates the current day. After midnight, an open page shows dates on the messages of the day before.
    #[cfg(feature = "hydrate")]
    pub fn update_today(self, now: u64) {
        let today = Some(Day::of(to_local_time(now)));
        if self.today.get_untracked() != today {
            self.today.set(today);
        }
    }

    /// Shifts a UTC timestamp to the displayed time zone: UTC before hydration, local time after.
    pub fn display_time(self, at: u64) -> u64 {
        if self.is_hydrated() { to_local_time(at) } else { at }
    }

    /// The room on the screen.
    pub fn room(self) -> Option<RoomState> {
        self.current_room
            .with(|current| self.rooms.with(|rooms| rooms.iter().find(|room| room.name == *current).cloned()))
    }

    /// The room on the screen, without tracking.
    pub fn room_untracked(self) -> Option<RoomState> {
        untrack(|| self.room())
    }

    /// Whether an id is the user's.
    pub fn is_me(self, id: &str) -> bool {
        self.me.with_value(|me| me.id == id)
    }

    /// Whether a text mentions the user.
    pub fn mentions_me(self, text: &str) -> bool {
        self.me.with_value(|me| client::mentions(text, &me.name))
    }

    /// The sum of all rooms' badges.
    pub fn unread_total(self) -> u64 {
        self.rooms.with(|rooms| rooms.iter().map(|room| room.badge().0).sum())
    }

    /// Announces the result of an action for some seconds. Does nothing on the server.
    pub fn toast(self, text: &str) {
        #[cfg(feature = "hydrate")]
        if let Some(room) = self.room_untracked() {
            room.announce(text.to_owned());
        }
        #[cfg(not(feature = "hydrate"))]
        let _ = text;
    }
}
