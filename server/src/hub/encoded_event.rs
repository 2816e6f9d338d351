//! An event as it is sent to members: encoded once, in one allocation that all of them share.

use std::{ops::Deref, sync::Arc};

use bytes::Bytes;
use protocol::{Cursor, Event, RoomName, ServerFrame, limits};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::backend::StoredEvent;

/// One encoded frame. A clone shares the allocation.
pub type EncodedFrame = Bytes;

/// An event with its position in the room and its encoded `event` frame. A clone shares the allocation.
#[derive(Clone, Debug)]
pub struct EncodedEvent(Arc<EventData>);

/// The content of an [`EncodedEvent`].
#[derive(Debug)]
pub struct EventData {
    /// Position in the room.
    pub seq: u64,
    /// Unique id.
    pub uid: String,
    /// `uid` of the event before it.
    pub prev: String,
    /// The kind of change, as far as the hub needs it.
    pub event_type: EventType,
    /// The `event` frame.
    pub frame: EncodedFrame,
    /// The same frame as JSON, to be embedded in other frames; `None` if the stored fields are not JSON.
    json: Option<Arc<RawValue>>,
}

/// Keeps the JSON of an event alive for its frame.
struct FrameOwner(Arc<RawValue>);

impl AsRef<[u8]> for FrameOwner {
    fn as_ref(&self) -> &[u8] {
        self.0.get().as_bytes()
    }
}

impl Deref for EncodedEvent {
    type Target = EventData;

    fn deref(&self) -> &EventData {
        &self.0
    }
}

/// The kind of change that an event makes, as far as the hub needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventType {
    /// A message.
    Message,
    /// An edit of the message with this `seq`.
    Edit(u64),
    /// A deletion of the message with this `seq`.
    Delete(u64),
    /// Any other kind.
    Other,
}

impl EventType {
    fn of(body: &str) -> Self {
        #[derive(Deserialize)]
        struct RoleFields<'a> {
            kind: &'a str,
            target: Option<u64>,
        }
        match serde_json::from_str(body) {
            Ok(RoleFields { kind: "message", .. }) => Self::Message,
            Ok(RoleFields { kind: "edit", target: Some(target) }) => Self::Edit(target),
            Ok(RoleFields { kind: "delete", target: Some(target) }) => Self::Delete(target),
            _ => Self::Other,
        }
    }
}

impl EncodedEvent {
    /// Encodes an event for the wire: its position first, then the stored fields unchanged. They are validated as JSON
    /// here, once for all frames that will contain the event.
    pub fn new(room: &RoomName, event: StoredEvent) -> Self {
        let StoredEvent { seq, uid, prev, body } = event;
        let event_type = EventType::of(&body);
        let fields = body.strip_prefix('{').unwrap_or(&body);
        let (room, quoted_uid, quoted_prev) = (quote(room.as_str()), quote(&uid), quote(&prev));
        let encode = || {
            format!(r#"{{"type":"event","room":{room},"seq":{seq},"uid":{quoted_uid},"prev":{quoted_prev},{fields}"#)
        };
        let json = readable(seq, RawValue::from_string(encode())).map(Arc::from);
        let frame = match &json {
            Some(json) => Bytes::from_owner(FrameOwner(Arc::clone(json))),
            None => encode().into(),
        };
        Self(Arc::new(EventData { seq, uid, prev, event_type, frame, json }))
    }

    /// Decodes the event.
    ///
    /// # Errors
    /// When the stored fields are not an event.
    pub fn decode(&self) -> Result<Event, serde_json::Error> {
        serde_json::from_slice(&self.frame)
    }

    /// Whether `next` directly follows.
    pub fn precedes(&self, next: &Self) -> bool {
        next.seq == self.seq + 1 && next.prev == self.uid
    }

    /// The cursor of a client whose last event is this one.
    pub fn cursor(&self, epoch: &str) -> Cursor {
        Cursor { epoch: epoch.to_owned(), seq: self.seq, uid: self.uid.clone() }
    }
}

/// The events as raw JSON, for a frame that carries several. An unreadable event is skipped, because it would make the
/// whole frame unreadable.
pub fn raw_events(events: &[EncodedEvent]) -> Vec<&RawValue> {
    events.iter().filter_map(|event| event.json.as_deref()).collect()
}

/// The decoded events, for a rendered page. Unreadable ones are skipped and logged.
pub fn decode_all(events: &[EncodedEvent]) -> Vec<Event> {
    events.iter().filter_map(|event| readable(event.seq, event.decode())).collect()
}

fn readable<T>(seq: u64, read: Result<T, serde_json::Error>) -> Option<T> {
    read.inspect_err(|error| tracing::error!(event.seq = seq, %error, "unreadable event")).ok()
}

/// Size of the encoded events in bytes.
pub fn total_bytes(events: &[EncodedEvent]) -> usize {
    events.iter().map(|event| event.frame.len()).sum()
}

/// Limit in bytes for the events of a page, unless its last event alone is larger. Anybody can request pages at any
/// time, so many of them together must stay small.
const MAX_PAGE_BYTES: usize = 64 * 1_024;

/// How many of the newest events make the latest page: enough to contain a page of messages, however many edits and
/// reactions follow them.
pub fn latest_page_len<'a>(newest_first: impl Iterator<Item = &'a EncodedEvent>) -> usize {
    let mut messages = 0;
    let is_wanted = |event: &&EncodedEvent| {
        let wanted = messages < limits::PAGE;
        messages += usize::from(event.event_type == EventType::Message);
        wanted
    };
    newest_first.take(limits::LATEST_PAGE).take_while(is_wanted).count()
}

/// The newest of these events that fit into a page.
pub fn newest_page(events: &[EncodedEvent]) -> &[EncodedEvent] {
    let mut bytes = 0;
    let fits = events.iter().rev().take_while(|event| {
        bytes += event.frame.len();
        bytes <= MAX_PAGE_BYTES
    });
    &events[events.len() - fits.count().max(1).min(events.len())..]
}

/// Encodes a frame that contains no events.
pub fn encode(frame: &ServerFrame) -> EncodedFrame {
    frame.encode().into()
}

fn quote(text: &str) -> String {
    serde_json::to_string(text).expect("text always encodes")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(event_type: EventType, bytes: usize) -> EncodedEvent {
        let frame = vec![0; bytes].into();
        EncodedEvent(Arc::new(EventData {
            seq: 0,
            uid: String::new(),
            prev: String::new(),
            event_type,
            frame,
            json: None,
        }))
    }

    #[test]
    fn encodes_an_entry_as_an_event_frame() {
        let room = RoomName::new(r#"a "room"\"#).unwrap();
        let body = r#"{"at":5,"author":{"id":"u_1","name":"Ana"},"kind":"message","id":"m1","text":"hi"}"#;
        let encoded =
            EncodedEvent::new(&room, StoredEvent { seq: 7, uid: "u".into(), prev: "p".into(), body: body.into() });
        let ServerFrame::Event(event) = ServerFrame::decode(std::str::from_utf8(&encoded.frame).unwrap()).unwrap()
        else {
            panic!("an event frame")
        };
        assert_eq!((event.room.as_str(), event.seq, event.at), (room.as_str(), 7, 5));
        assert_eq!(event, encoded.decode().unwrap());
    }

    #[test]
    fn an_unreadable_event_is_sent_alone_and_left_out_of_pages() {
        let room = RoomName::new("lobby").unwrap();
        let event = |body: &str| {
            EncodedEvent::new(&room, StoredEvent { seq: 7, uid: "u".into(), prev: "p".into(), body: body.into() })
        };
        let events = [event(r#"{"at":5}"#), event(r#"{"at":"#), event("")];
        assert_eq!(raw_events(&events).len(), 1);
        assert!(events[1].frame.ends_with(br#""prev":"p","at":"#));
    }

    #[test]
    fn bounds_a_page_in_bytes_but_keeps_one_event() {
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
    fn extends_the_latest_page_until_it_has_messages() {
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
