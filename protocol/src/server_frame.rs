use serde::{Deserialize, Serialize};

use crate::{Event, RefusalCode, User, error::wire_names};

/// A frame of the server. `E` is the type of the events in it: [`Event`] when a frame is decoded, and encoded JSON when
/// the server sends one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerFrame<E = Event> {
    /// The first frame on every socket.
    Welcome {
        /// The user of the session.
        user: User,
        /// The heartbeat interval in milliseconds. The server sends a `tick` after this time without frames. A
        /// connection counts as dead after twice this time without frames.
        heartbeat_ms: u64,
        /// The limits of the server.
        limits: Limits,
        /// The server's version.
        version: String,
    },
    /// The answer to `join`.
    Joined {
        /// The room.
        room: String,
        /// The current epoch of the room.
        epoch: String,
        /// Whether `events` are all events after the cursor. Otherwise they are the latest page and replace the view.
        recovered: bool,
        /// Why the view is replaced; `None` if the room was recovered.
        reason: Option<Reason>,
        /// In the order of the sequence.
        events: Vec<E>,
        /// The last event of the room.
        head: Head,
        /// The people who are present, at most [`crate::limits::PEOPLE`].
        people: Vec<User>,
        /// How many people are present.
        count: u64,
        /// The `seq` of the person's read marker over all devices, if it is known.
        #[serde(skip_serializing_if = "Option::is_none")]
        read: Option<u64>,
    },
    /// A durable event, which is sent to every member.
    Event(E),
    /// The acknowledgement of `send`, `edit`, `delete` and `react`: the event is stored.
    Sent {
        /// The room.
        room: String,
        /// The client's id of the command.
        id: String,
        /// The `seq` of the event.
        seq: u64,
        /// When the command was accepted, in milliseconds since the Unix epoch.
        at: u64,
    },
    /// The refusal of a request. The socket stays open.
    Refused {
        /// The `type` of the refused frame.
        re: String,
        /// The `room` of the refused frame.
        #[serde(skip_serializing_if = "Option::is_none")]
        room: Option<String>,
        /// The `id` of the refused frame.
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        /// The reason, for programs.
        code: RefusalCode,
        /// The reason, for people.
        message: String,
        /// The delay after which a retry can succeed, in milliseconds.
        #[serde(skip_serializing_if = "Option::is_none")]
        retry_after_ms: Option<u64>,
    },
    /// The view of the client no longer matches the room's history. This page replaces it.
    Reset {
        /// The room.
        room: String,
        /// Why the view is replaced.
        reason: Reason,
        /// The current epoch of the room.
        epoch: String,
        /// The latest page.
        events: Vec<E>,
        /// The last event of the room.
        head: Head,
    },
    /// The answer to `history`.
    History {
        /// The room.
        room: String,
        /// The `before` of the request; `null` without one.
        before: Option<u64>,
        /// In the order of the sequence.
        events: Vec<E>,
        /// Whether there are no events before these.
        start: bool,
        /// Whether older events existed and are no longer stored.
        trimmed: bool,
    },
    /// People have joined or left.
    People {
        /// The room.
        room: String,
        /// The people who joined.
        joined: Vec<User>,
        /// The ids of the people who left.
        left: Vec<String>,
        /// How many people are present now.
        count: u64,
        /// The whole list, which replaces the previous one. Present if changes were missed.
        #[serde(skip_serializing_if = "Option::is_none")]
        people: Option<Vec<User>>,
    },
    /// Another person is typing.
    Typing {
        /// The room.
        room: String,
        /// The person.
        user: User,
    },
    /// The person has moved their read marker in another tab or on another device.
    Read {
        /// The room.
        room: String,
        /// The `seq` of the last event that was read.
        seq: u64,
    },
    /// Asks the client to open another socket, to join its rooms there with their cursors, and to close this one.
    Rotate {
        /// The time that is left for it, in milliseconds.
        within_ms: u64,
    },
    /// Tells when to reconnect. It is sent before a close.
    Retry {
        /// The delay before reconnecting, in milliseconds.
        after_ms: u64,
    },
    /// No frame was sent for a heartbeat interval.
    Tick,
    /// The answer to `ping`.
    Pong,
    /// A frame that this version does not know, and ignores.
    Unknown,
}

/// The limits of a server, as sent in `welcome`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, miniserde::Deserialize)]
pub struct Limits {
    /// Longest text, in characters.
    pub text: usize,
    /// Largest frame, in bytes.
    pub frame: usize,
}

/// The last event of a room.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, miniserde::Deserialize)]
pub struct Head {
    /// The `seq` of the event; 0 in an empty room.
    pub seq: u64,
    /// The `uid` of the event; empty in an empty room.
    pub uid: String,
}

wire_names! {
    /// Why a view of a room must be replaced.
    pub enum Reason {
        /// The join had no cursor, because it is the first visit.
        New = "new",
        /// The events after the cursor are no longer all stored, or are too many for one answer.
        Trimmed = "trimmed",
        /// The room has a new epoch: its history was lost.
        Epoch = "epoch",
        /// The room's history has forked: acknowledged events at its end were lost.
        Fork = "fork",
        /// A reason of a newer server.
        Unknown = "unknown",
    }
}

impl<E: Serialize> ServerFrame<E> {
    /// Encodes the frame as a text message.
    #[must_use]
    pub fn encode(&self) -> String {
        serde_json::to_string(self).expect("a frame has only strings, numbers and encoded events, so it always encodes")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn array_of_the_fields_of_a_frame_is_not_a_frame() {
        let array = format!(r#"["tick"{}]"#, ",null".repeat(35));
        assert!(ServerFrame::decode(&array).is_err());
        assert_eq!(ServerFrame::decode(" {\"type\":\"tick\"}").unwrap(), ServerFrame::Tick);
    }

    #[test]
    fn additions_of_a_newer_server_are_ignored() {
        assert_eq!(ServerFrame::decode(r#"{"type":"confetti","amount":9}"#).unwrap(), ServerFrame::Unknown);
        assert!(ServerFrame::decode(r#"{"type":"people","count":"many"}"#).is_err());
        assert!(ServerFrame::decode(r#"{"type":"people","room":"a"}"#).is_err());
        let poll = r#"{"type":"event","room":"a","seq":2,"uid":"y","prev":"x","at":1,
            "author":{"id":"u_1","name":"Ana"},"kind":"poll","emoji":"+1"}"#;
        let ServerFrame::Event(event) = ServerFrame::decode(poll).unwrap() else { panic!("an event") };
        assert_eq!(event.kind, crate::Kind::Unknown);
        assert_eq!((event.seq, event.prev.as_str()), (2, "x"));
    }
}
