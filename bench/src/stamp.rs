//! What the texts of the load say: who sent them, which one it is, and when. All of one length and found in a raw frame
//! without parsing it, since the generator must be faster than the server.

use std::time::Duration;

/// The length of a text, in bytes.
pub const LENGTH: usize = 64;

const MARK: &str = "stamp ";
const FILLER: &str = " and some words, as people write";

/// What a text says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The sender's number in the room.
    pub sender: u16,
    /// The sender's messages are counted 0, 1, 2 …
    pub count: u32,
    /// Microseconds since the load began.
    pub at: u64,
}

impl Stamp {
    /// A stamp of now, `since` the load began.
    pub fn new(sender: u16, count: u32, since: Duration) -> Self {
        Self { sender, count, at: u64::try_from(since.as_micros()).expect("a load lasts minutes") }
    }

    /// The text that says it.
    pub fn text(self) -> String {
        let Self { sender, count, at } = self;
        format!("{MARK}{sender:04x}{count:08x}{at:012x}{FILLER}  ")
    }

    /// Reads the stamp of an `event` frame. The text is a field near the end.
    pub fn find(frame: &[u8]) -> Option<Self> {
        const FIELD: &[u8] = br#""text":""#;
        let start = frame.windows(FIELD.len()).rposition(|window| window == FIELD)? + FIELD.len();
        let digits = frame.get(start..start + LENGTH)?.strip_prefix(MARK.as_bytes())?;
        Some(Self {
            sender: u16::try_from(hex(digits.get(..4)?)?).ok()?,
            count: u32::try_from(hex(digits.get(4..12)?)?).ok()?,
            at: hex(digits.get(12..24)?)?,
        })
    }
}

fn hex(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0, |value, digit| Some(value << 4 | u64::from(char::from(*digit).to_digit(16)?)))
}

#[cfg(test)]
mod tests {
    use protocol::{Event, Kind, ServerFrame, User};

    use super::*;

    const STAMP: Stamp = Stamp { sender: 99, count: 70_000, at: 180_000_000 };

    #[test]
    fn a_text_has_the_promised_length() {
        assert_eq!(STAMP.text().len(), LENGTH);
        assert!(protocol::check_text(&STAMP.text()).is_ok());
    }

    #[test]
    fn a_stamp_is_found_in_a_frame() {
        let kind = Kind::Message { id: "1".into(), text: STAMP.text(), reply: None };
        let author = User { id: "u_1".into(), name: "Ana".into() };
        let event = Event { room: "a".into(), seq: 1, uid: "u".into(), prev: String::new(), at: 5, author, kind };
        assert_eq!(Stamp::find(ServerFrame::Event(event).encode().as_bytes()), Some(STAMP));
    }

    #[test]
    fn other_texts_have_none() {
        for frame in ["", r#"{"text":"hello"}"#, r#"{"text":"stamp 00zz"#, r#"{"text":""#] {
            assert_eq!(Stamp::find(frame.as_bytes()), None, "{frame}");
        }
    }
}
