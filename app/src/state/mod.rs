//! What the page shows, as signals: each change of the client reaches exactly the nodes that show it.

mod action;
mod line;
#[cfg(feature = "hydrate")]
mod live;
#[cfg(any(test, feature = "hydrate"))]
mod look;
mod room;
mod window;

use client::{Client, ConnectionStatus, Context, Snapshot};
use leptos::prelude::*;
use protocol::User;

pub use self::{
    action::{Action, Context},
    line::{LineView, Mark, Said, Standing},
    room::{RoomView, Top},
    window::Window,
};
#[cfg(feature = "hydrate")]
pub use self::{look::Look, window::place_of};
use crate::{
    browser::local,
    page::RoomPage,
    text::{Day, Words},
};

/// The chat as the page shows it. A copy is the same chat.
#[derive(Clone, Copy)]
pub struct Chat {
    /// Who is reading.
    pub me: StoredValue<User>,
    /// How the connection is.
    pub link: RwSignal<ConnectionStatus>,
    /// The open rooms, the one with the latest message first.
    pub rooms: RwSignal<Vec<RoomView>>,
    /// The room on the screen.
    pub current: RwSignal<String>,
    /// The reader's day, once the browser has taken over. The first rendering there must be the server's, so whatever only
    /// the browser knows waits for this.
    pub today: RwSignal<Option<Day>>,
    /// Wakes when the reader says something here, or goes back to the latest message.
    pub to_end: RwSignal<()>,
    /// What the page says.
    pub words: Words,
    /// What the message that is being written is about.
    pub context: RwSignal<Option<Context>>,
}

impl Chat {
    /// The chat as it was rendered.
    pub fn new(page: &RoomPage) -> Self {
        let mut client = Client::new(page.me.clone(), Vec::new());
        client.open(&page.room, Some(snapshot(page)), Context { now: 0, random: 0.0 });
        Self {
            me: StoredValue::new(page.me.clone()),
            link: RwSignal::new(ConnectionStatus::Starting),
            rooms: RwSignal::new(client.rooms().map(RoomView::new).collect()),
            current: RwSignal::new(page.room.clone()),
            today: RwSignal::new(None),
            to_end: RwSignal::new(()),
            words: page.words,
            context: RwSignal::new(None),
        }
    }

    /// Whether the browser has taken over.
    pub fn is_live(self) -> bool {
        self.today.with(Option::is_some)
    }

    /// Notes which day it is for the reader: on a page that stays open over midnight, what was said before gets its date.
    #[cfg(feature = "hydrate")]
    pub fn note_day(self, now: u64) {
        let today = Some(Day::of(local(now)));
        if self.today.get_untracked() != today {
            self.today.set(today);
        }
    }

    /// A moment on the clock that is shown: UTC as the server rendered it, then the reader's.
    pub fn clock(self, at: u64) -> u64 {
        if self.is_live() { local(at) } else { at }
    }

    /// The chat that this component is part of.
    pub fn here() -> Self {
        expect_context()
    }

    /// The room on the screen.
    pub fn room(self) -> Option<RoomView> {
        self.current.with(|current| self.rooms.with(|rooms| rooms.iter().find(|room| room.name == *current).cloned()))
    }

    /// The same, for whoever does not wait for another one.
    pub fn room_now(self) -> Option<RoomView> {
        untrack(|| self.room())
    }

    /// Whether this is the reader.
    pub fn is_me(self, id: &str) -> bool {
        self.me.with_value(|me| me.id == id)
    }

    /// Whether a text mentions the reader.
    pub fn is_meant(self, text: &str) -> bool {
        self.me.with_value(|me| client::mentions(text, &me.name))
    }

    /// How many messages there are to tell of in all rooms.
    pub fn unread(self) -> u64 {
        self.rooms.with(|rooms| rooms.iter().map(|room| room.calls().0).sum())
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
