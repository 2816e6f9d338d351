//! What rooms stand on: a relay, a history, a register of who is here and how far people have read, behind four small traits.
//!
//! [`local`] keeps history in SQLite and relays within the process; [`redis`] serves any number of instances. Both pass
//! one contract suite (`server/tests/backend`), and nothing above this module knows which one runs.

mod error;
pub mod local;
pub mod redis;

use std::sync::Arc;

use async_trait::async_trait;
use protocol::{Cursor, Head, MessageId, RoomName, User};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

pub use error::{Error, Result};

/// How many signals may wait for the hub. When it is full the embedded writer pauses; Redis's signals are dropped, and
/// [`Signal::Doubt`] takes the first place that is free.
pub const SIGNALS: usize = 4_096;

/// Everything that a server needs of a backend, and what the backend tells it.
pub struct Backend {
    /// Appends and relays.
    pub broker: Arc<dyn Broker>,
    /// Reads.
    pub history: Arc<dyn History>,
    /// Who is here.
    pub presence: Arc<dyn Presence>,
    /// How far people have read.
    pub reads: Arc<dyn Reads>,
    /// What happens in the rooms that were subscribed to, in the order of each room.
    pub signals: mpsc::Receiver<Signal>,
}

/// Takes events into the history and brings them to every instance.
#[async_trait]
pub trait Broker: Send + Sync {
    /// Gives the event the next place in the room, stores and publishes it, as one atomic step. It returns when the event
    /// is in the history. The same author and id again get the first answer and nothing is published, for as long as the
    /// event is kept and at least 24 hours.
    ///
    /// # Errors
    /// [`Error::Unavailable`] says nothing about whether the event was taken: ask again with the same draft.
    async fn append(&self, room: &RoomName, draft: &Draft) -> Result<Receipt>;

    /// Starts the signals of a room. It returns when the subscription is confirmed, so that whatever is appended later is heard.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    async fn subscribe(&self, room: &RoomName) -> Result<()>;

    /// Ends the signals of a room. A later [`Broker::subscribe`] is carried out after it, never before.
    fn unsubscribe(&self, room: &RoomName);

    /// Tells every instance something that is not kept, at most once.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    async fn whisper(&self, room: &RoomName, whisper: &Whisper) -> Result<()>;

    /// Whether what other instances publish can be heard now.
    fn is_hearing(&self) -> bool;

    /// Whether it can not, though the broker can be reached: another instance would hear. An outage of the broker itself is
    /// no deafness, and leaving this instance would not help.
    fn is_deaf(&self) -> bool;
}

/// Reads what was appended.
#[async_trait]
pub trait History: Send + Sync {
    /// The events after number `seq`, oldest first, `limit` at most, with the head of the same moment. A room that was never
    /// seen gets its epoch here.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    async fn after(&self, room: &RoomName, seq: u64, limit: usize) -> Result<Slice>;

    /// The last `limit` events with a smaller number than `before` (of all without it), oldest first, with the head of the same
    /// moment. A room that was never seen gets its epoch here.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    async fn before(&self, room: &RoomName, before: Option<u64>, limit: usize) -> Result<Slice>;

    /// Where each of the rooms stands, in the order asked; the default cursor for a room that was never seen. One that cannot be
    /// asked about now is [`Error::Unavailable`], and keeps nothing of the others back.
    async fn heads(&self, rooms: &[RoomName]) -> Vec<Result<Cursor>>;
}

/// Knows who is in a room, over all instances. A person is there while at least one of their connections is.
#[async_trait]
pub trait Presence: Send + Sync {
    /// Adds a connection. If it is its person's first in the room, [`Whisper::People`] is signalled to every instance.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    async fn enter(&self, room: &RoomName, connection: &str, user: &User) -> Result<Roster>;

    /// Takes a connection away. If it was its person's last in the room, [`Whisper::People`] is signalled to every instance,
    /// once, by whichever call took effect.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    async fn leave(&self, room: &RoomName, connection: &str) -> Result<()>;

    /// Lets connections expire `ttl_ms` from now, later or sooner than before, and takes away the expired ones of others in the
    /// same room, as [`Presence::leave`] does. Connections that had expired themselves come back.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    async fn refresh(&self, room: &RoomName, here: &[(String, User)], ttl_ms: u64) -> Result<()>;

    /// Takes away the expired connections in these rooms, as [`Presence::leave`] does.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    async fn sweep(&self, rooms: &[RoomName]) -> Result<()>;

    /// Who is here now.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    async fn people(&self, room: &RoomName) -> Result<Roster>;
}

/// Keeps how far people have read: a convenience, of which something may be lost.
#[async_trait]
pub trait Reads: Send + Sync {
    /// Notes these, each of another person or room. One that is not further than what is kept of the same life of the room changes
    /// nothing. They stay for [`READ_KEPT_MS`], of each person those of [`READ_ROOMS`] rooms; the latest ones win.
    ///
    /// # Errors
    /// [`Error::Unavailable`]; some of them may have been noted.
    async fn keep(&self, positions: &[Position]) -> Result<()>;

    /// How far a person has read a room, perhaps in another life of it.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    async fn mark(&self, user: &str, room: &RoomName) -> Result<Option<Mark>>;
}

/// How long it is kept how far somebody has read: 30 days, in milliseconds.
pub const READ_KEPT_MS: u64 = 30 * 24 * 60 * 60 * 1_000;

/// Of how many rooms it is kept for each person.
pub const READ_ROOMS: usize = 200;

/// How far somebody has read a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The id of the person.
    pub user: String,
    /// The room.
    pub room: RoomName,
    /// Up to where.
    pub mark: Mark,
    /// When that was noted, in milliseconds since the Unix epoch.
    pub at: u64,
}

/// A place in a room that somebody has read up to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The life of the room.
    pub epoch: String,
    /// The number of the event.
    pub seq: u64,
}

impl Mark {
    /// Whether it is a place in a room as it stands: of this life, and not of an end that was lost.
    #[must_use]
    pub fn is_of(&self, epoch: &str, head: &Head) -> bool {
        self.epoch == epoch && self.seq <= head.seq
    }
}

/// How long a connection that enters stays in the register without a refresh, in milliseconds.
pub const PRESENCE_TTL_MS: u64 = 45_000;

/// An event before it has its place in the room.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The epoch of the room, should this be its first event ever.
    pub epoch: String,
    /// The name that the event will have.
    pub uid: String,
    /// The id of its author.
    pub author: String,
    /// The author's id for it.
    pub id: MessageId,
    /// Milliseconds since the Unix epoch.
    pub at: u64,
    /// The rest of the event: one JSON object, the fields of [`protocol::Event`] from `at` on.
    pub body: String,
}

/// What became of a [`Draft`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Its place.
    pub seq: u64,
    /// When it was first accepted, in milliseconds since the Unix epoch.
    pub at: u64,
}

/// An event in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number.
    pub seq: u64,
    /// Its name.
    pub uid: String,
    /// The name of the one before it; empty for the first.
    pub prev: String,
    /// As in [`Draft::body`].
    pub body: String,
}

/// A part of a room's history, read at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slice {
    /// The room's life.
    pub epoch: String,
    /// The room's last event at that moment, whether or not it is among `entries`.
    pub head: Head,
    /// Oldest first.
    pub entries: Vec<Entry>,
}

/// Who is in a room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roster {
    /// Up to [`protocol::limits::PEOPLE`] of them, by name.
    pub people: Vec<User>,
    /// How many there are.
    pub count: u64,
}

/// What a backend tells the hub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signal {
    /// An event was appended, here or elsewhere.
    Appended {
        /// The room.
        room: RoomName,
        /// The room's life.
        epoch: String,
        /// The event.
        entry: Entry,
    },
    /// Something that is not kept.
    Whispered {
        /// The room.
        room: RoomName,
        /// What.
        whisper: Whisper,
    },
    /// Signals may have been missed in every room: compare the heads.
    Doubt,
}

/// News that nobody needs later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Whisper {
    /// Somebody is writing.
    Typing {
        /// Who.
        user: User,
    },
    /// Somebody has read up to there.
    Read {
        /// The id of the person.
        user: String,
        /// On which connection.
        connection: String,
        /// The room's life.
        epoch: String,
        /// The number of the event.
        seq: u64,
    },
    /// Somebody came or went.
    People {
        /// Who came.
        joined: Vec<User>,
        /// The ids of those who went.
        left: Vec<String>,
        /// How many are here now.
        count: u64,
    },
}
