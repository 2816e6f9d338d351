//! Storage and messaging behind the hub: four small traits for publishing, history, presence and read positions.
//!
//! [`sqlite`] stores history in SQLite and relays within the process. [`redis`] serves any number of instances. Both
//! pass one contract suite (`server/tests/backend`), and nothing above this module knows which one runs.

pub mod redis;
pub mod sqlite;

use std::sync::Arc;

use async_trait::async_trait;
use protocol::{Cursor, Head, MessageId, RoomName, User};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

/// Capacity of [`Backend::updates`]. When the queue is full, the embedded writer waits. The Redis subscriber drops
/// updates instead and sends [`BackendUpdate::PossibleGap`] as soon as there is space.
pub const UPDATE_QUEUE: usize = 4_096;

/// How long a connection stays in the presence table after [`Presence::enter`] without a refresh, in milliseconds.
pub const PRESENCE_TTL_MS: u64 = 45_000;

/// How long read positions are kept: 30 days, in milliseconds.
pub const READ_TTL_MS: u64 = 30 * 24 * 60 * 60 * 1_000;

/// For how many rooms the read positions of one user are kept.
pub const READ_ROOMS_PER_USER: usize = 200;

/// The result of a backend call.
pub type Result<T> = std::result::Result<T, BackendError>;

/// Why a backend call failed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum BackendError {
    /// The backend cannot be reached or did not answer in time. The request may or may not have taken effect.
    #[error("the backend is unavailable: {0}")]
    Unavailable(String),
    /// Stored data cannot be decoded.
    #[error("the backend holds something unreadable: {0}")]
    Corrupt(String),
}

/// One backend: a handle per trait, and the updates that it sends to the hub.
pub struct Backend {
    /// Appends and publishes.
    pub broker: Arc<dyn Broker>,
    /// Reads stored events.
    pub history: Arc<dyn History>,
    /// The users in each room.
    pub presence: Arc<dyn Presence>,
    /// How far each user has read each room.
    pub read_markers: Arc<dyn ReadMarkers>,
    /// Updates of the subscribed rooms. The order of one room's events is preserved.
    pub updates: mpsc::Receiver<BackendUpdate>,
}

/// Appends events and publishes them to every instance.
#[async_trait]
pub trait Broker: Send + Sync {
    /// Assigns the next `seq` of the room, stores the event and publishes it, in one atomic step. Returns when the
    /// event is stored. A draft with the same author and id gets the first receipt again and publishes nothing, for as
    /// long as the event is kept and for at least 24 hours.
    ///
    /// # Errors
    /// [`BackendError::Unavailable`] does not say whether the event was stored: retry with the same draft.
    async fn append(&self, room: &RoomName, draft: &EventDraft) -> Result<AppendReceipt>;

    /// Subscribes to the updates of a room. Returns when the subscription is confirmed: every event appended later is
    /// received.
    ///
    /// # Errors
    /// [`BackendError::Unavailable`].
    async fn subscribe(&self, room: &RoomName) -> Result<()>;

    /// Ends the updates of a room. A later [`Broker::subscribe`] takes effect after it, never before.
    fn unsubscribe(&self, room: &RoomName);

    /// Publishes to every instance, at most once, without storing.
    ///
    /// # Errors
    /// [`BackendError::Unavailable`].
    async fn publish_ephemeral(&self, room: &RoomName, ephemeral: &Ephemeral) -> Result<()>;

    /// Whether publications of other instances arrive here at the moment.
    fn is_subscribed(&self) -> bool;

    /// Whether commands work but the subscription is down, so that another instance would be better off. False during
    /// an outage of the broker itself, which affects all instances alike.
    fn subscription_is_down(&self) -> bool;

    /// Whether a publication may be lost without a [`BackendUpdate::PossibleGap`], so that the hub has to compare heads.
    fn may_lose_publications(&self) -> bool;
}

/// Reads stored events.
#[async_trait]
pub trait History: Send + Sync {
    /// At most `limit` events with a greater `seq`, oldest first, and the head at the same moment. A room that does not
    /// exist is created with a new epoch.
    ///
    /// # Errors
    /// [`BackendError::Unavailable`].
    async fn after(&self, room: &RoomName, seq: u64, limit: usize) -> Result<EventRange>;

    /// The latest `limit` events with a `seq` less than `before` (of all events without it), oldest first, and the head
    /// at the same moment. A room that does not exist is created with a new epoch.
    ///
    /// # Errors
    /// [`BackendError::Unavailable`].
    async fn before(&self, room: &RoomName, before: Option<u64>, limit: usize) -> Result<EventRange>;

    /// Epoch and head of each room, in the order of `rooms`; the default cursor for a room that does not exist. A room
    /// whose shard does not answer yields [`BackendError::Unavailable`] and does not affect the others.
    async fn heads(&self, rooms: &[RoomName]) -> Vec<Result<Cursor>>;
}

/// Tracks which users are in a room, across all instances. A user is present while at least one of their connections
/// is.
#[async_trait]
pub trait Presence: Send + Sync {
    /// Adds a connection. The first one of a user in the room publishes [`Ephemeral::PresenceChange`].
    ///
    /// # Errors
    /// [`BackendError::Unavailable`].
    async fn enter(&self, room: &RoomName, connection: &str, user: &User) -> Result<Roster>;

    /// Removes a connection. The last one of a user in the room publishes [`Ephemeral::PresenceChange`], exactly once,
    /// whichever call removes it.
    ///
    /// # Errors
    /// [`BackendError::Unavailable`].
    async fn leave(&self, room: &RoomName, connection: &str) -> Result<()>;

    /// Sets the expiry of `connections` to `ttl_ms` from now, adding those that had expired, and removes all other
    /// expired connections of the room as [`Presence::leave`] does.
    ///
    /// # Errors
    /// [`BackendError::Unavailable`].
    async fn refresh(&self, room: &RoomName, connections: &[(String, User)], ttl_ms: u64) -> Result<()>;

    /// Removes the expired connections of these rooms, as [`Presence::leave`] does.
    ///
    /// # Errors
    /// [`BackendError::Unavailable`].
    async fn sweep(&self, rooms: &[RoomName]) -> Result<()>;

    /// The users in the room at the moment.
    ///
    /// # Errors
    /// [`BackendError::Unavailable`].
    async fn roster(&self, room: &RoomName) -> Result<Roster>;
}

/// Stores how far users have read. A convenience: some updates may be lost.
#[async_trait]
pub trait ReadMarkers: Send + Sync {
    /// Stores updates, each of a different user or room. An update that is not ahead of the stored position of the
    /// same epoch changes nothing. Positions expire after [`READ_TTL_MS`]. Of each user the latest
    /// [`READ_ROOMS_PER_USER`] are kept.
    ///
    /// # Errors
    /// [`BackendError::Unavailable`]; some updates may have been stored.
    async fn store(&self, updates: &[ReadMarkerUpdate]) -> Result<()>;

    /// How far a user has read a room, possibly in an earlier epoch.
    ///
    /// # Errors
    /// [`BackendError::Unavailable`].
    async fn position(&self, user: &str, room: &RoomName) -> Result<Option<ReadPosition>>;
}

/// An event without a `seq`.
#[derive(Clone, Debug)]
pub struct EventDraft {
    /// The epoch of the room, in case this event creates it.
    pub epoch: String,
    /// The event's `uid`.
    pub uid: String,
    /// The author's user id.
    pub author: String,
    /// The id that the author's client has given the event.
    pub id: MessageId,
    /// Milliseconds since the Unix epoch.
    pub at: u64,
    /// The rest of the event as one JSON object: the fields of [`protocol::Event`] from `at` on.
    pub body: String,
}

/// The answer to [`Broker::append`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AppendReceipt {
    /// The event's position in its room.
    pub seq: u64,
    /// When the event was first accepted, in milliseconds since the Unix epoch.
    pub at: u64,
}

/// An event in its room's sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEvent {
    /// Position in the room.
    pub seq: u64,
    /// Unique id.
    pub uid: String,
    /// The `uid` of the event before; empty for the first event.
    pub prev: String,
    /// As [`EventDraft::body`].
    pub body: String,
}

/// A range of a room's events, read at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRange {
    /// The room's epoch.
    pub epoch: String,
    /// The room's last event at that moment, whether or not it is in `events`.
    pub head: Head,
    /// Oldest first.
    pub events: Vec<StoredEvent>,
}

/// The users in a room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roster {
    /// At most [`protocol::limits::PEOPLE`] users, sorted by name.
    pub people: Vec<User>,
    /// How many users there are in total.
    pub count: u64,
}

/// A read marker to store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadMarkerUpdate {
    /// The user's id.
    pub user: String,
    /// The room.
    pub room: RoomName,
    /// The last event that was read.
    pub position: ReadPosition,
    /// When it was read, in milliseconds since the Unix epoch.
    pub at: u64,
}

/// The last event that a user has read in a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadPosition {
    /// The room's epoch.
    pub epoch: String,
    /// The event's position in the room.
    pub seq: u64,
}

impl ReadPosition {
    /// Whether the position exists in the room's present history: it is of the same epoch and not past the head.
    #[must_use]
    pub fn is_valid_for(&self, epoch: &str, head: &Head) -> bool {
        self.epoch == epoch && self.seq <= head.seq
    }
}

/// What a backend sends to the hub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BackendUpdate {
    /// An instance has appended an event.
    Appended {
        /// The room.
        room: RoomName,
        /// The room's epoch.
        epoch: String,
        /// The event.
        event: StoredEvent,
    },
    /// An instance has published something that is not stored.
    Ephemeral {
        /// The room.
        room: RoomName,
        /// The publication.
        ephemeral: Ephemeral,
    },
    /// Updates of any room may have been missed: the hub has to compare all heads.
    PossibleGap,
}

/// A publication that is not stored. Instances of different releases exchange it, so its encoding does not change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Ephemeral {
    /// A user is typing.
    Typing {
        /// The user.
        user: User,
    },
    /// A user has read up to an event.
    Read {
        /// The user's id.
        user: String,
        /// The connection that has read it.
        connection: String,
        /// The room's epoch.
        epoch: String,
        /// The event's position in the room.
        seq: u64,
    },
    /// Users have entered or left a room.
    #[serde(rename = "people")]
    PresenceChange {
        /// The users that entered.
        joined: Vec<User>,
        /// The ids of the users that left.
        left: Vec<String>,
        /// How many users are in the room now.
        count: u64,
    },
}
