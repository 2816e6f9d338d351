use protocol::{ClientFrame, DecodeError, MessageId, RoomName, UserName, check_emoji, check_text};
use serde_json::Value;

/// Checks that the bytes are either refused or decoded, and that a decoded frame is encoded to the same frame. Returns
/// whether they were a frame.
pub fn check(bytes: &[u8]) -> bool {
    // The server closes a socket that sends no text before decoding anything.
    let Ok(text) = str::from_utf8(bytes) else { return false };
    check_words(text);
    match ClientFrame::decode(text) {
        Ok(frame) => {
            assert_eq!(ClientFrame::decode(&frame.encode()), Ok(frame));
            true
        }
        Err(DecodeError::BadFrame { re, room, id }) => {
            let whole: Value = serde_json::from_str(text).expect("a refused frame is JSON");
            assert_eq!(whole["type"], re);
            for (field, said) in [("room", room), ("id", id)] {
                assert_eq!(whole[field].as_str(), said.as_deref(), "{field}");
            }
            false
        }
        Err(DecodeError::NotThisProtocol) => false,
    }
}

/// Checks texts as names and ids. An accepted name must be accepted again, unchanged.
fn check_words(text: &str) {
    if let Ok(name) = RoomName::new(text) {
        assert_eq!(RoomName::new(name.as_str()).as_ref(), Ok(&name));
    }
    if let Ok(name) = UserName::new(text) {
        assert_eq!(UserName::new(name.as_str()).as_ref(), Ok(&name));
    }
    if let Ok(id) = MessageId::new(text) {
        assert_eq!(id.as_str(), text);
    }
    let _ = (check_text(text), check_emoji(text));
}
