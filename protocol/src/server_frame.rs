use serde::{Deserialize, Serialize};

use crate::{Event, RefusalCode, User};

/// What the server sends. `E` is how an event stands in it: read as an [`Event`], written by the server as JSON that it
/// already has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerFrame<E = Event> {
    /// The first frame on every socket.
    Welcome {
        /// Whom the session belongs to.
        user: User,
        /// After so many idle milliseconds a `tick` comes; silence for twice that is a dead link.
        heartbeat_ms: u64,
        /// What the server accepts.
        limits: Limits,
        /// The server's version.
        version: String,
    },
    /// The answer to `join`.
    Joined {
        /// The room.
        room: String,
        /// The room's present life.
        epoch: String,
        /// Whether `events` are all that came after the cursor; if not, they are the latest page and replace the view.
        recovered: bool,
        /// Why it was not recovered.
        reason: Option<Reason>,
        /// In the order of the sequence.
        events: Vec<E>,
        /// The last event of the room.
        head: Head,
        /// Who is here, [`crate::limits::PEOPLE`] at most.
        people: Vec<User>,
        /// How many are here.
        count: u64,
        /// Up to which number the person has read, on whichever of their devices, if that is known.
        #[serde(skip_serializing_if = "Option::is_none")]
        read: Option<u64>,
    },
    /// A durable event, to every member.
    Event(E),
    /// The acknowledgement of `send`, `edit`, `delete` and `react`: it is in the history.
    Sent {
        /// The room.
        room: String,
        /// The client's id.
        id: String,
        /// Where in the sequence.
        seq: u64,
        /// When it was accepted, in milliseconds since the Unix epoch.
        at: u64,
    },
    /// A request that is not granted. The socket lives on.
    Refused {
        /// The `type` of the refused frame.
        re: String,
        /// Its room.
        #[serde(skip_serializing_if = "Option::is_none")]
        room: Option<String>,
        /// Its id.
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        /// For programs.
        code: RefusalCode,
        /// For people.
        message: String,
        /// When a retry can succeed, in milliseconds from now.
        #[serde(skip_serializing_if = "Option::is_none")]
        retry_after_ms: Option<u64>,
    },
    /// What the client shows of the room is no longer its history; this page replaces it.
    Reset {
        /// The room.
        room: String,
        /// What happened.
        reason: Reason,
        /// The room's present life.
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
        /// The bound that was asked for; `null` where none was.
        before: Option<u64>,
        /// In the order of the sequence.
        events: Vec<E>,
        /// Whether the first event of the room is among them or there are none before.
        start: bool,
        /// Whether older ones existed and are no longer kept.
        trimmed: bool,
    },
    /// Who came and who went.
    People {
        /// The room.
        room: String,
        /// Who came.
        joined: Vec<User>,
        /// The ids of those who went.
        left: Vec<String>,
        /// How many are here now.
        count: u64,
        /// All who are listed, in the place of what was listed before: where changes were missed.
        #[serde(skip_serializing_if = "Option::is_none")]
        people: Option<Vec<User>>,
    },
    /// Somebody else is writing.
    Typing {
        /// The room.
        room: String,
        /// Who.
        user: User,
    },
    /// The person has read up to there, in another tab or on another device.
    Read {
        /// The room.
        room: String,
        /// The number of the last event that was read.
        seq: u64,
    },
    /// Open the next socket, join with the cursors, then close this one.
    Rotate {
        /// The time there is for it, in milliseconds.
        within_ms: u64,
    },
    /// Comes before a close.
    Retry {
        /// How long to wait before coming back, in milliseconds.
        after_ms: u64,
    },
    /// The socket was idle for a heartbeat.
    Tick,
    /// The answer to `ping`.
    Pong,
    /// A frame that this version does not know, and ignores.
    Unknown,
}

/// What a server accepts, told in `welcome`.
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
    /// Its number; 0 in an empty room.
    pub seq: u64,
    /// Its name; empty in an empty room.
    pub uid: String,
}

/// Why a view of a room must be replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// There was no cursor: a first visit.
    New,
    /// What came after the cursor is no longer all there, or is too much for one answer.
    Trimmed,
    /// The room began a new life: its history was lost.
    Epoch,
    /// The room's history went another way: an acknowledged tail was lost.
    Fork,
    /// A reason of a newer server.
    #[serde(other)]
    Unknown,
}

impl Reason {
    pub(crate) fn named(name: &str) -> Self {
        match name {
            "new" => Self::New,
            "trimmed" => Self::Trimmed,
            "epoch" => Self::Epoch,
            "fork" => Self::Fork,
            _ => Self::Unknown,
        }
    }
}

impl<E: Serialize> ServerFrame<E> {
    /// The text message that carries this frame.
    #[must_use]
    pub fn encode(&self) -> String {
        serde_json::to_string(self).expect("a frame has only strings, numbers and encoded events, so it always encodes")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_array_of_a_frames_fields_is_no_frame() {
        let array = format!(r#"["tick"{}]"#, ",null".repeat(35));
        assert!(ServerFrame::decode(&array).is_err());
        assert_eq!(ServerFrame::decode(" {\"type\":\"tick\"}").unwrap(), ServerFrame::Tick);
    }

    #[test]
    fn what_a_newer_server_adds_is_ignored() {
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
