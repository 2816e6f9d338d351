//! The frames with decoders derived by serde: short and reliable, but too large for browsers. The compiler checks that
//! their fields match those of the real frames.

use protocol::{Event, Head, Kind, Limits, Reason, RefusalCode, Reply, ServerFrame, User};
use serde::Deserialize;
use serde_json::Deserializer;

pub fn frame(text: &str) -> serde_json::Result<ServerFrame> {
    let mut reader = Deserializer::from_str(text);
    let frame = Frame::deserialize(&mut reader)?;
    reader.end().map(|()| frame)
}

pub fn event(text: &str) -> serde_json::Result<Event> {
    PlainEvent::deserialize(&mut Deserializer::from_str(text))
}

#[derive(Deserialize)]
#[serde(remote = "ServerFrame", tag = "type", rename_all = "snake_case")]
enum Frame {
    Welcome {
        user: User,
        heartbeat_ms: u64,
        limits: Limits,
        version: String,
    },
    Joined {
        room: String,
        epoch: String,
        recovered: bool,
        reason: Option<Reason>,
        events: Vec<Event>,
        head: Head,
        people: Vec<User>,
        count: u64,
        read: Option<u64>,
    },
    Event(#[serde(with = "PlainEvent")] Event),
    Sent {
        room: String,
        id: String,
        seq: u64,
        at: u64,
    },
    Refused {
        re: String,
        room: Option<String>,
        id: Option<String>,
        code: RefusalCode,
        message: String,
        retry_after_ms: Option<u64>,
    },
    Reset {
        room: String,
        reason: Reason,
        epoch: String,
        events: Vec<Event>,
        head: Head,
    },
    History {
        room: String,
        before: Option<u64>,
        events: Vec<Event>,
        start: bool,
        trimmed: bool,
    },
    People {
        room: String,
        joined: Vec<User>,
        left: Vec<String>,
        count: u64,
        people: Option<Vec<User>>,
    },
    Typing {
        room: String,
        user: User,
    },
    Read {
        room: String,
        seq: u64,
    },
    Rotate {
        within_ms: u64,
    },
    Retry {
        after_ms: u64,
    },
    Tick,
    Pong,
    #[serde(other)]
    Unknown,
}

#[derive(Deserialize)]
#[serde(remote = "Event")]
struct PlainEvent {
    room: String,
    seq: u64,
    uid: String,
    prev: String,
    at: u64,
    author: User,
    #[serde(flatten, with = "PlainKind")]
    kind: Kind,
}

#[derive(Deserialize)]
#[serde(remote = "Kind", tag = "kind", rename_all = "snake_case")]
enum PlainKind {
    Message {
        id: String,
        text: String,
        reply: Option<Reply>,
    },
    Edit {
        id: String,
        target: u64,
        text: String,
    },
    Delete {
        id: String,
        target: u64,
    },
    Reaction {
        id: String,
        target: u64,
        emoji: String,
        on: bool,
    },
    #[serde(other)]
    Unknown,
}
