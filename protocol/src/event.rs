use serde::{Deserialize, Serialize};

/// A person, as others see them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Stable for the life of a session: `u_…`.
    pub id: String,
    /// What the person called themselves.
    pub name: String,
}

/// One durable change to a room. Everything that changes what a room shows is one of these, in one sequence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The room it belongs to.
    pub room: String,
    /// 1, 2, 3 … without holes.
    pub seq: u64,
    /// Names this event and no other.
    pub uid: String,
    /// The `uid` of the event before it; empty for the first one.
    pub prev: String,
    /// When it was accepted, in milliseconds since the Unix epoch, by the server's clock.
    pub at: u64,
    /// Who did it.
    pub author: User,
    /// What happened.
    #[serde(flatten)]
    pub kind: Kind,
}

/// What an [`Event`] does to the room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Kind {
    /// Somebody said something.
    Message {
        /// The client's own id of the message; unique for its author in the room.
        id: String,
        /// What was said.
        text: String,
    },
    /// A kind that this version does not know. It shows nothing, yet keeps its place in the sequence.
    #[serde(other)]
    Unknown,
}
