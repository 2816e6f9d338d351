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
#[serde(try_from = "Flat")]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
    Unknown,
}

/// An event as it is read. Serde can read `flatten` and tagged enums, but it buffers the whole text for it, by code that would
/// be a tenth of what browsers load.
#[derive(Deserialize)]
struct Flat {
    room: String,
    seq: u64,
    uid: String,
    prev: String,
    at: u64,
    author: User,
    kind: String,
    id: Option<String>,
    text: Option<String>,
}

impl TryFrom<Flat> for Event {
    type Error = &'static str;

    fn try_from(flat: Flat) -> Result<Self, Self::Error> {
        let Flat { room, seq, uid, prev, at, author, kind, id, text } = flat;
        let kind = Kind::read(&kind, id, text).ok_or("a message lacks its id or text")?;
        Ok(Self { room, seq, uid, prev, at, author, kind })
    }
}

impl Kind {
    /// What the fields of an event say; `None` where one is missing.
    pub(crate) fn read(kind: &str, id: Option<String>, text: Option<String>) -> Option<Self> {
        Some(match kind {
            "message" => Self::Message { id: id?, text: text? },
            _ => Self::Unknown,
        })
    }
}
