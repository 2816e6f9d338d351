//! What the page shows, as signals: each change of the client reaches exactly the nodes that show it.

mod action;
#[cfg(feature = "hydrate")]
mod apply_change;
mod message_row;
mod room_state;
mod row_window;
#[cfg(any(test, feature = "hydrate"))]
mod scroll_to;

use client::{Client, ConnectionStatus, Snapshot};
use leptos::prelude::*;
use protocol::User;

pub use self::{
    action::{Action, ComposerMode},
    message_row::{EditState, MessageContent, MessageRow, RowStatus},
    room_state::{HistoryState, RoomState},
    row_window::RowWindow,
};
#[cfg(feature = "hydrate")]
pub use self::{row_window::index_of_seq, scroll_to::ScrollTo};
use crate::{
    browser::to_local_time,
    page::RoomPage,
    text::{Day, Words},
};

/// The chat as the page shows it. A copy is the same chat.
#[derive(Clone, Copy)]
pub struct Chat {
    /// Who is reading.
    pub me: StoredValue<User>,
    /// How the connection is.
    pub connection_status: RwSignal<ConnectionStatus>,
    /// The open rooms, the one with the latest message first.
    pub rooms: RwSignal<Vec<RoomState>>,
    /// The room on the screen.
    pub current_room: RwSignal<String>,
    /// The reader's day, once the browser has taken over. The first rendering there must be the server's, so whatever only
    /// the browser knows waits for this.
    pub today: RwSignal<Option<Day>>,
    /// Wakes when the reader says something here, or goes back to the latest message.
    pub scroll_to_end: RwSignal<()>,
    /// What the page says.
    pub words: Words,
    /// What the message that is being written is about.
    pub composer_mode: RwSignal<Option<ComposerMode>>,
}

impl Chat {
    /// The chat as it was rendered.
    pub fn new(page: &RoomPage) -> Self {
        let mut client = Client::new(page.me.clone(), Vec::new());
        client.open(&page.room, Some(snapshot(page)), client::Context { now: 0, random: 0.0 });
        Self {
            me: StoredValue::new(page.me.clone()),
            connection_status: RwSignal::new(ConnectionStatus::Starting),
            rooms: RwSignal::new(client.rooms().map(RoomState::new).collect()),
            current_room: RwSignal::new(page.room.clone()),
            today: RwSignal::new(None),
            scroll_to_end: RwSignal::new(()),
            words: page.words,
            composer_mode: RwSignal::new(None),
        }
    }

    /// Whether the browser has taken over.
    pub fn is_hydrated(self) -> bool {
        self.today.with(Option::is_some)
    }

    /// Notes which day it is for the reader: on a page that stays open over midnight, what was said before gets its date.
    #[cfg(feature = "hydrate")]
    pub fn update_today(self, now: u64) {
        let today = Some(Day::of(to_local_time(now)));
        if self.today.get_untracked() != today {
            self.today.set(today);
        }
    }

    /// A moment on the clock that is shown: UTC as the server rendered it, then the reader's.
    pub fn display_time(self, at: u64) -> u64 {
        if self.is_hydrated() { to_local_time(at) } else { at }
    }

    /// The chat that this component is part of.
    pub fn from_context() -> Self {
        expect_context()
    }

    /// The room on the screen.
    pub fn room(self) -> Option<RoomState> {
        self.current_room
            .with(|current| self.rooms.with(|rooms| rooms.iter().find(|room| room.name == *current).cloned()))
    }

    /// The same, for whoever does not wait for another one.
    pub fn room_untracked(self) -> Option<RoomState> {
        untrack(|| self.room())
    }

    /// Whether this is the reader.
    pub fn is_me(self, id: &str) -> bool {
        self.me.with_value(|me| me.id == id)
    }

    /// Whether a text mentions the reader.
    pub fn mentions_me(self, text: &str) -> bool {
        self.me.with_value(|me| client::mentions(text, &me.name))
    }

    /// How many messages there are to tell of in all rooms.
    pub fn unread_total(self) -> u64 {
        self.rooms.with(|rooms| rooms.iter().map(|room| room.badge().0).sum())
    }
}

/// The room as it was rendered, for the client to go on from.
pub fn snapshot(page: &RoomPage) -> Snapshot {
    Snapshot {
        epoch: page.epoch.clone(),
        events: page.events.clone(),
        head: page.head.clone(),
        people: page.people.clone(),
        count: page.count,
        read: page.read,
    }
}
