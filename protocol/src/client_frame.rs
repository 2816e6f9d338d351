use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Cursor;

/// What a client sends. Names, ids and texts are as they came: whoever acts on a frame checks them first,
/// so that a bad one is refused with its own code instead of as a bad frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientFrame {
    /// Enter a room, or come back to it.
    Join {
        /// The room.
        room: String,
        /// The last event seen; left out on a first visit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<Cursor>,
    },
    /// Leave a room.
    Leave {
        /// The room.
        room: String,
    },
    /// Say something.
    Send {
        /// The room.
        room: String,
        /// The client's id of the message; the same again means the same message.
        id: String,
        /// What to say.
        text: String,
        /// The number of the message that this one answers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reply_to: Option<u64>,
        /// The name of that message; without it the number decides.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        uid: Option<String>,
    },
    /// Say something else instead, in a message of one's own.
    Edit {
        /// The room.
        room: String,
        /// The client's id of the change; the same again means the same change.
        id: String,
        /// The number of the message.
        target: u64,
        /// The name of the message; without it the number decides.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        uid: Option<String>,
        /// What it is to say.
        text: String,
    },
    /// Take a message of one's own back.
    Delete {
        /// The room.
        room: String,
        /// The client's id of the change; the same again means the same change.
        id: String,
        /// The number of the message.
        target: u64,
        /// The name of the message; without it the number decides.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        uid: Option<String>,
    },
    /// Put an emoji to a message, or take it off again.
    React {
        /// The room.
        room: String,
        /// The client's id of the change; the same again means the same change.
        id: String,
        /// The number of the message.
        target: u64,
        /// The name of the message; without it the number decides.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        uid: Option<String>,
        /// Which; see [`crate::check_emoji`].
        emoji: String,
        /// Whether it is put there.
        on: bool,
    },
    /// Ask for older events.
    History {
        /// The room.
        room: String,
        /// Events with a smaller number than this; the latest ones without it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<u64>,
        /// How many at most; [`crate::limits::PAGE`] without it, [`crate::limits::HISTORY_PAGE`] at most.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        limit: Option<u32>,
    },
    /// The person is writing.
    Typing {
        /// The room.
        room: String,
    },
    /// The person has read up to there, for their other tabs and devices. What is smaller than before changes nothing.
    Read {
        /// The room.
        room: String,
        /// The number of the last event that was read.
        seq: u64,
        /// The name of that event; without it the number decides.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        uid: Option<String>,
    },
    /// Asks for a `pong`.
    Ping,
}

/// Why a text message is no [`ClientFrame`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// Not a JSON object with a `type`: the peer speaks something else.
    NotThisProtocol,
    /// A frame, but not one that can be followed.
    BadFrame {
        /// Its `type`.
        re: String,
        /// Its `room`, if it has one.
        room: Option<String>,
        /// Its `id`, if it has one.
        id: Option<String>,
    },
}

impl ClientFrame {
    /// Reads one text message. Unknown fields are ignored.
    ///
    /// # Errors
    /// Tells a frame that can be refused from a peer that does not speak this protocol.
    pub fn decode(text: &str) -> Result<Self, DecodeError> {
        // Serde would take an array of the fields for the frame.
        let is_object = text.trim_start().starts_with('{');
        if is_object {
            serde_json::from_str(text).map_err(|_| diagnose(text))
        } else {
            Err(DecodeError::NotThisProtocol)
        }
    }

    /// The text message that carries this frame.
    #[must_use]
    pub fn encode(&self) -> String {
        serde_json::to_string(self).expect("a frame has only strings and numbers, so it always encodes")
    }
}

fn diagnose(text: &str) -> DecodeError {
    let Ok(Value::Object(mut frame)) = serde_json::from_str(text) else {
        return DecodeError::NotThisProtocol;
    };
    let mut take = |field| match frame.remove(field) {
        Some(Value::String(value)) => Some(value),
        _ => None,
    };
    match take("type") {
        Some(re) => DecodeError::BadFrame { re, room: take("room"), id: take("id") },
        None => DecodeError::NotThisProtocol,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_fields_are_ignored() {
        let frame = ClientFrame::decode(r#"{"type":"leave","room":"lobby","mood":"calm"}"#);
        assert_eq!(frame, Ok(ClientFrame::Leave { room: "lobby".into() }));
    }

    #[test]
    fn a_frame_that_cannot_be_followed_is_told_from_another_protocol() {
        for (text, bad_frame) in [
            (r#"{"type":"send","room":"lobby","id":"1"}"#, true),
            (r#"{"type":"send","room":7,"id":"1","text":"x"}"#, true),
            (r#"{"type":"send","room":"lobby","id":"1","text":"x","reply_to":-1}"#, true),
            (r#"{"type":"edit","room":"lobby","id":"1","text":"x"}"#, true),
            (r#"{"type":"delete","room":"lobby","id":"1","target":"7"}"#, true),
            (r#"{"type":"react","room":"lobby","id":"1","target":7,"emoji":"👍"}"#, true),
            (r#"{"type":"read","room":"lobby"}"#, true),
            (r#"{"type":"read","room":"lobby","seq":"7"}"#, true),
            (r#"{"type":"dance"}"#, true),
            (r#"{"type":"join","room":"a","after":{"seq":-1}}"#, true),
            (r#"{"type":7}"#, false),
            (r#"["ping"]"#, false),
            (r#"["leave","lobby"]"#, false),
            (r#"{"room":"lobby"}"#, false),
            ("[]", false),
            ("7", false),
            ("", false),
            ("GET / HTTP/1.1", false),
            (&"[".repeat(10_000), false),
        ] {
            let error = ClientFrame::decode(text).unwrap_err();
            assert_eq!(matches!(error, DecodeError::BadFrame { .. }), bad_frame, "{text}");
        }
    }

    #[test]
    fn a_bad_frame_names_what_it_was_about() {
        let error = ClientFrame::decode(r#"{"type":"send","room":"lobby","id":"1"}"#).unwrap_err();
        let expected = DecodeError::BadFrame { re: "send".into(), room: Some("lobby".into()), id: Some("1".into()) };
        assert_eq!(error, expected);
    }
}
