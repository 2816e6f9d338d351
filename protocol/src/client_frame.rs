//! The frames of a client, and their codec.
//!
//! The codec is written by hand rather than derived. The four commands share one variant. Its `type` is the type of the
//! command, and its fields stand beside `room` and `id`. With serde's derive, this would require buffering each frame
//! twice.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;

use crate::{Command, Cursor, MessageRef};

/// A frame of a client. Room names, ids and texts are as received. The server checks them when it handles the frame, so
/// that each has its own refusal code instead of `bad_frame`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientFrame {
    /// Enters a room, or comes back to it.
    Join {
        /// The room.
        room: String,
        /// The last event that the client has; left out on a first visit.
        after: Option<Cursor>,
    },
    /// Leaves a room.
    Leave {
        /// The room.
        room: String,
    },
    /// Asks for a command to be stored as an event.
    Command {
        /// The room.
        room: String,
        /// The client's id of the command. A repetition with the same id is the same command.
        id: String,
        /// What the person asks for.
        command: Command,
    },
    /// Asks for older events.
    History {
        /// The room.
        room: String,
        /// Only events with a smaller `seq`; the latest ones without it.
        before: Option<u64>,
        /// The largest number of events: [`crate::limits::PAGE`] without it, never more than
        /// [`crate::limits::HISTORY_PAGE`].
        limit: Option<u32>,
    },
    /// The person is typing.
    Typing {
        /// The room.
        room: String,
    },
    /// Moves the person's read marker, for their other tabs and devices. It never moves backwards.
    Read {
        /// The room.
        room: String,
        /// The `seq` of the last event that the person has read.
        seq: u64,
        /// The `uid` of that event; without it, `seq` alone decides.
        uid: Option<String>,
    },
    /// Asks for a `pong`.
    Ping,
}

/// Why a text message is not a [`ClientFrame`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// Not a JSON object with a `type`: the peer speaks another protocol.
    NotThisProtocol,
    /// A JSON object with a `type` that is unknown or lacks valid fields.
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
    /// The `type` of the frame.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Join { .. } => "join",
            Self::Leave { .. } => "leave",
            Self::Command { command, .. } => command.name(),
            Self::History { .. } => "history",
            Self::Typing { .. } => "typing",
            Self::Read { .. } => "read",
            Self::Ping => "ping",
        }
    }

    /// The room that the frame is about.
    #[must_use]
    pub fn room(&self) -> Option<&str> {
        match self {
            Self::Join { room, .. }
            | Self::Leave { room }
            | Self::Command { room, .. }
            | Self::History { room, .. }
            | Self::Typing { room }
            | Self::Read { room, .. } => Some(room),
            Self::Ping => None,
        }
    }

    /// The client's id of the command in the frame.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Command { id, .. } => Some(id),
            _ => None,
        }
    }

    /// Decodes one text message. Unknown fields are ignored.
    ///
    /// # Errors
    /// Distinguishes a frame that can be refused from a peer that does not speak this protocol.
    pub fn decode(text: &str) -> Result<Self, DecodeError> {
        let fields: ReceivedFields = serde_json::from_str(text).map_err(|_| DecodeError::NotThisProtocol)?;
        fields.frame().ok_or_else(|| fields.error())
    }

    /// Encodes the frame as a text message.
    #[must_use]
    pub fn encode(&self) -> String {
        serde_json::to_string(self).expect("a frame has only strings and numbers, so it always encodes")
    }
}

impl Serialize for ClientFrame {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", self.name())?;
        if let Some(room) = self.room() {
            map.serialize_entry("room", room)?;
        }
        match self {
            Self::Join { after, .. } => entry(&mut map, "after", after.as_ref())?,
            Self::Command { id, command, .. } => {
                map.serialize_entry("id", id)?;
                serialize_command(&mut map, command)?;
            }
            Self::History { before, limit, .. } => {
                entry(&mut map, "before", before.as_ref())?;
                entry(&mut map, "limit", limit.as_ref())?;
            }
            Self::Read { seq, uid, .. } => {
                map.serialize_entry("seq", seq)?;
                entry(&mut map, "uid", uid.as_ref())?;
            }
            Self::Leave { .. } | Self::Typing { .. } | Self::Ping => {}
        }
        map.end()
    }
}

fn serialize_command<M: SerializeMap>(map: &mut M, command: &Command) -> Result<(), M::Error> {
    if let Command::Send { text, .. } = command {
        map.serialize_entry("text", text)?;
    }
    if let Some(reference) = command.reference() {
        let name = if command.target().is_some() { "target" } else { "reply_to" };
        map.serialize_entry(name, &reference.seq)?;
        entry(map, "uid", reference.uid.as_ref())?;
    }
    match command {
        Command::Edit { text, .. } => map.serialize_entry("text", text),
        Command::React { emoji, on, .. } => {
            map.serialize_entry("emoji", emoji)?;
            map.serialize_entry("on", on)
        }
        Command::Send { .. } | Command::Delete { .. } => Ok(()),
    }
}

/// Writes an optional field.
fn entry<M: SerializeMap, T: Serialize>(map: &mut M, name: &str, value: Option<&T>) -> Result<(), M::Error> {
    value.map_or(Ok(()), |value| map.serialize_entry(name, value))
}

/// The fields of a JSON object in their order. Only those that the frame has are interpreted.
struct ReceivedFields(Vec<(String, Value)>);

impl ReceivedFields {
    /// The frame, unless one of its own fields is missing, repeated or of the wrong kind.
    fn frame(&self) -> Option<ClientFrame> {
        let name: String = self.required("type")?;
        if name == "ping" {
            return Some(ClientFrame::Ping);
        }
        let room = || self.required("room");
        Some(match name.as_str() {
            "join" => ClientFrame::Join { room: room()?, after: self.optional("after")? },
            "leave" => ClientFrame::Leave { room: room()? },
            "history" => {
                ClientFrame::History { room: room()?, before: self.optional("before")?, limit: self.optional("limit")? }
            }
            "typing" => ClientFrame::Typing { room: room()? },
            "read" => ClientFrame::Read { room: room()?, seq: self.required("seq")?, uid: self.optional("uid")? },
            name => ClientFrame::Command { command: self.command(name)?, room: room()?, id: self.required("id")? },
        })
    }

    fn command(&self, name: &str) -> Option<Command> {
        let uid = self.optional("uid");
        let target = || Some(MessageRef { seq: self.required("target")?, uid: uid.clone()? });
        Some(match name {
            "send" => {
                let uid = uid.clone()?;
                let reply_to = self.optional("reply_to")?.map(|seq| MessageRef { seq, uid });
                Command::Send { text: self.required("text")?, reply_to }
            }
            "edit" => Command::Edit { target: target()?, text: self.required("text")? },
            "delete" => Command::Delete { target: target()? },
            "react" => Command::React { target: target()?, emoji: self.required("emoji")?, on: self.required("on")? },
            _ => return None,
        })
    }

    /// The error for a frame that cannot be decoded.
    fn error(&self) -> DecodeError {
        let string = |name| Some(self.0.iter().rfind(|(field, _)| field == name)?.1.as_str()?.to_owned());
        match string("type") {
            Some(re) => DecodeError::BadFrame { re, room: string("room"), id: string("id") },
            None => DecodeError::NotThisProtocol,
        }
    }

    fn required<'a, T: Deserialize<'a>>(&'a self, name: &str) -> Option<T> {
        self.optional(name)?
    }

    /// `Some(None)` if the field is left out or `null`; `None` if it is repeated or of the wrong kind.
    fn optional<'a, T: Deserialize<'a>>(&'a self, name: &str) -> Option<Option<T>> {
        let mut values = self.0.iter().filter(|(field, _)| field == name);
        match (values.next(), values.next()) {
            (None, _) => Some(None),
            (Some((_, value)), None) => Deserialize::deserialize(value).ok(),
            (Some(_), Some(_)) => None,
        }
    }
}

impl<'de> Deserialize<'de> for ReceivedFields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = ReceivedFields;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ReceivedFields, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = map.next_entry()? {
            fields.push(field);
        }
        Ok(ReceivedFields(fields))
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
    fn bad_frame_is_distinguished_from_another_protocol() {
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
    fn bad_frame_contains_type_room_and_id() {
        let error = ClientFrame::decode(r#"{"type":"send","room":"lobby","id":"1"}"#).unwrap_err();
        let expected = DecodeError::BadFrame { re: "send".into(), room: Some("lobby".into()), id: Some("1".into()) };
        assert_eq!(error, expected);
    }
}
