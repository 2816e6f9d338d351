//! The texts of the load. Each contains a tag with its sender, its index and its time of sending. All have one length, and
//! the tag is found in a raw frame without parsing it, because the generator must be faster than the server.

use std::time::Duration;

/// The length of a text, in bytes.
pub const TEXT_LENGTH: usize = 64;

const PREFIX: &str = "stamp ";
const FILLER: &str = " and some words, as people write";

/// The content of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LatencyTag {
    /// The sender's index in the room.
    pub sender: u16,
    /// The position among the sender's messages, from 0.
    pub index: u32,
    /// Microseconds since the load began.
    pub sent_at: u64,
}

impl LatencyTag {
    /// A tag for a message that is sent `elapsed` after the load began.
    pub fn new(sender: u16, index: u32, elapsed: Duration) -> Self {
        Self { sender, index, sent_at: u64::try_from(elapsed.as_micros()).expect("a load lasts minutes") }
    }

    /// The text that carries the tag.
    pub fn text(self) -> String {
        let Self { sender, index, sent_at } = self;
        format!("{PREFIX}{sender:04x}{index:08x}{sent_at:012x}{FILLER}  ")
    }

    /// Reads the tag from an encoded `event` frame. The text is a field near its end.
    pub fn find(frame: &[u8]) -> Option<Self> {
        const FIELD: &[u8] = br#""text":""#;
        let start = frame.windows(FIELD.len()).rposition(|window| window == FIELD)? + FIELD.len();
        let digits = frame.get(start..start + TEXT_LENGTH)?.strip_prefix(PREFIX.as_bytes())?;
        Some(Self {
            sender: u16::try_from(parse_hex(digits.get(..4)?)?).ok()?,
            index: u32::try_from(parse_hex(digits.get(4..12)?)?).ok()?,
            sent_at: parse_hex(digits.get(12..24)?)?,
        })
    }
}

fn parse_hex(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0, |value, digit| Some(value << 4 | u64::from(char::from(*digit).to_digit(16)?)))
}

#[cfg(test)]
mod tests {
    use protocol::{Event, Kind, ServerFrame, User};

    use super::*;

    const TAG: LatencyTag = LatencyTag { sender: 99, index: 70_000, sent_at: 180_000_000 };

    #[test]
    fn every_text_has_the_same_length() {
        assert_eq!(TAG.text().len(), TEXT_LENGTH);
        assert!(protocol::check_text(&TAG.text()).is_ok());
    }

    #[test]
    fn a_tag_is_found_in_a_frame() {
        let kind = Kind::Message { id: "1".into(), text: TAG.text(), reply: None };
        let author = User { id: "u_1".into(), name: "Ana".into() };
        let event = Event { room: "a".into(), seq: 1, uid: "u".into(), prev: String::new(), at: 5, author, kind };
        assert_eq!(LatencyTag::find(ServerFrame::Event(event).encode().as_bytes()), Some(TAG));
    }

    #[test]
    fn other_texts_have_no_tag() {
        for frame in ["", r#"{"text":"hello"}"#, r#"{"text":"stamp 00zz"#, r#"{"text":""#] {
            assert_eq!(LatencyTag::find(frame.as_bytes()), None, "{frame}");
        }
    }
}
