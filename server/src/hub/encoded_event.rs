//! An event as every member gets it: encoded once, one allocation shared by all.

use bytes::Bytes;
use protocol::{Cursor, Event, RoomName, ServerFrame, limits};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{backend::Entry, defence::same};

/// One encoded frame. Cloning it copies a pointer.
pub type EncodedFrame = Bytes;

/// An event in the ring: its place, and the bytes that go to the members.
#[derive(Clone, Debug)]
pub struct EncodedEvent {
    /// Its number.
    pub seq: u64,
    /// Its name.
    pub uid: String,
    /// The name of the one before it.
    pub prev: String,
    /// What it does.
    pub event_type: EventType,
    /// The `event` frame.
    pub frame: EncodedFrame,
}

/// What an event does, as far as rooms have to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventType {
    /// It is a message.
    Message,
    /// It edits the message of that number.
    Edit(u64),
    /// It deletes the message of that number.
    Delete(u64),
    /// Something else.
    Other,
}

impl EventType {
    fn of(body: &str) -> Self {
        #[derive(Deserialize)]
        struct Fields<'a> {
            kind: &'a str,
            target: Option<u64>,
        }
        match serde_json::from_str(body) {
            Ok(Fields { kind: "message", .. }) => Self::Message,
            Ok(Fields { kind: "edit", target: Some(target) }) => Self::Edit(target),
            Ok(Fields { kind: "delete", target: Some(target) }) => Self::Delete(target),
            _ => Self::Other,
        }
    }
}

impl EncodedEvent {
    /// Encodes the event for the wire: its place first, then the stored fields as they are.
    pub fn new(room: &RoomName, entry: Entry) -> Self {
        let Entry { seq, uid, prev, body } = entry;
        let event_type = EventType::of(&body);
        let room = json(room.as_str());
        let fields = body.strip_prefix('{').unwrap_or(&body);
        let frame = format!(
            r#"{{"type":"event","room":{room},"seq":{seq},"uid":{},"prev":{},{fields}"#,
            json(&uid),
            json(&prev)
        );
        Self { seq, uid, prev, event_type, frame: frame.into() }
    }

    /// The frame as JSON that other frames can carry.
    fn raw(&self) -> Result<&RawValue, serde_json::Error> {
        serde_json::from_slice(&self.frame)
    }

    /// The event as data, for the pages that the server renders.
    ///
    /// # Errors
    /// When what is stored is not an event.
    pub fn decode(&self) -> Result<Event, serde_json::Error> {
        serde_json::from_slice(&self.frame)
    }

    /// Whether `next` follows directly.
    pub fn precedes(&self, next: &Self) -> bool {
        next.seq == self.seq + 1 && same(&next.prev, &self.uid)
    }

    /// The cursor of one who has seen this event last.
    pub fn cursor(&self, epoch: &str) -> Cursor {
        Cursor { epoch: epoch.to_owned(), seq: self.seq, uid: self.uid.clone() }
    }
}

/// The events of `lines` for a frame that carries several. One that cannot be read is left out and logged: it would break
/// the whole frame.
pub fn raw_events(events: &[EncodedEvent]) -> Vec<&RawValue> {
    events.iter().filter_map(|event| readable(event, event.raw())).collect()
}

/// The same events as values, for a page.
pub fn decode_all(events: &[EncodedEvent]) -> Vec<Event> {
    events.iter().filter_map(|event| readable(event, event.decode())).collect()
}

fn readable<T>(event: &EncodedEvent, read: Result<T, serde_json::Error>) -> Option<T> {
    read.inspect_err(|error| tracing::error!(event.seq, %error, "unreadable event")).ok()
}

/// How many bytes the lines come to.
pub fn total_bytes(events: &[EncodedEvent]) -> usize {
    events.iter().map(|event| event.frame.len()).sum()
}

/// How many bytes of events a page has at most, unless its last event alone has more: pages are answers that anybody can ask
/// for at any time, so many of them must not be large.
const MAX_PAGE_BYTES: usize = 64 * 1_024;

/// How many of the newest lines make the latest page: so many that there are messages to read, whatever was done to them.
pub fn latest_page_len<'a>(newest_first: impl Iterator<Item = &'a EncodedEvent>) -> usize {
    let mut messages = 0;
    let is_wanted = |event: &&EncodedEvent| {
        let wanted = messages < limits::PAGE;
        messages += usize::from(event.event_type == EventType::Message);
        wanted
    };
    newest_first.take(limits::LATEST_PAGE).take_while(is_wanted).count()
}

/// The newest of these lines that make a page.
pub fn newest_page(events: &[EncodedEvent]) -> &[EncodedEvent] {
    let mut bytes = 0;
    let fits = events.iter().rev().take_while(|event| {
        bytes += event.frame.len();
        bytes <= MAX_PAGE_BYTES
    });
    &events[events.len() - fits.count().max(1).min(events.len())..]
}

/// Encodes a frame that carries no events.
pub fn encode(frame: &ServerFrame) -> EncodedFrame {
    frame.encode().into()
}

fn json(text: &str) -> String {
    serde_json::to_string(text).expect("text always encodes")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(event_type: EventType, bytes: usize) -> EncodedEvent {
        EncodedEvent { seq: 0, uid: String::new(), prev: String::new(), event_type, frame: vec![0; bytes].into() }
    }

    #[test]
    fn an_entry_becomes_the_frame_of_its_event() {
        let room = RoomName::new(r#"a "room"\"#).unwrap();
        let body = r#"{"at":5,"author":{"id":"u_1","name":"Ana"},"kind":"message","id":"m1","text":"hi"}"#;
        let encoded = EncodedEvent::new(&room, Entry { seq: 7, uid: "u".into(), prev: "p".into(), body: body.into() });
        let ServerFrame::Event(event) = ServerFrame::decode(std::str::from_utf8(&encoded.frame).unwrap()).unwrap()
        else {
            panic!("an event frame")
        };
        assert_eq!((event.room.as_str(), event.seq, event.at), (room.as_str(), 7, 5));
        assert_eq!(event, encoded.decode().unwrap());
    }

    #[test]
    fn a_page_is_bounded_in_bytes_but_never_empty() {
        let events = |bytes: &[usize]| -> Vec<EncodedEvent> {
            bytes.iter().map(|bytes| event(EventType::Message, *bytes)).collect()
        };
        for (bytes, kept) in [
            (&[][..], 0),
            (&[10, 10], 2),
            (&[MAX_PAGE_BYTES], 1),
            (&[1, MAX_PAGE_BYTES], 1),
            (&[1, MAX_PAGE_BYTES - 1], 2),
            (&[1, MAX_PAGE_BYTES + 1], 1),
        ] {
            assert_eq!(newest_page(&events(bytes)).len(), kept, "{bytes:?}");
        }
    }

    #[test]
    fn the_latest_page_reaches_back_until_there_are_messages() {
        let events = |kinds: &[(EventType, usize)]| -> Vec<EncodedEvent> {
            kinds.iter().flat_map(|(event_type, count)| vec![event(*event_type, 1); *count]).collect()
        };
        for (oldest_first, count) in [
            (&[][..], 0),
            (&[(EventType::Message, 20)], 20),
            (&[(EventType::Message, 60)], 50),
            (&[(EventType::Message, 60), (EventType::Other, 100)], 150),
            (&[(EventType::Other, 10), (EventType::Message, 50), (EventType::Edit(1), 7)], 57),
            (&[(EventType::Message, 50), (EventType::Other, 255)], 256),
            (&[(EventType::Message, 50), (EventType::Delete(1), 400)], 256),
        ] {
            assert_eq!(latest_page_len(events(oldest_first).iter().rev()), count, "{oldest_first:?}");
        }
    }

    #[test]
    fn finds_the_type_of_a_stored_event() {
        for (body, event_type) in [
            (r#"{"at":5,"kind":"message","id":"m1","text":"\"kind\":\"delete\""}"#, EventType::Message),
            (r#"{"at":5,"kind":"edit","id":"m1","target":7,"text":"x"}"#, EventType::Edit(7)),
            (r#"{"id":"m1","target":7,"kind":"delete"}"#, EventType::Delete(7)),
            (r#"{"kind":"reaction","target":7}"#, EventType::Other),
            (r#"{"kind":"delete"}"#, EventType::Other),
            ("", EventType::Other),
        ] {
            assert_eq!(EventType::of(body), event_type, "{body}");
        }
    }
}
