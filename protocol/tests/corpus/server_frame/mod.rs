mod plain;

use miniserde::json;
use protocol::{Event, ServerFrame};
use serde_json::Value;

/// Checks that the bytes are either ignored or decoded to the same frame as by plain serde. Returns whether they were a
/// frame.
pub fn check(bytes: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(bytes) else { return false };
    check_event(text);
    let plain = plain::frame(text);
    let Ok(frame) = ServerFrame::decode(text) else {
        // A field of another frame has an invalid value. Without this field, the frame is decoded.
        return plain.is_ok_and(|frame| is_read_as_written(&frame));
    };
    match plain {
        Ok(plain) => assert_eq!(frame, plain),
        // Plain serde also parses unknown fields, and fails if their values are invalid. It also fails on a repeated
        // field instead of taking the last value.
        Err(problem) => assert!(
            serde_json::from_str::<Value>(text).is_err() || problem.to_string().starts_with("duplicate field"),
            "{problem}"
        ),
    }
    is_read_as_written(&frame)
}

fn is_read_as_written(frame: &ServerFrame) -> bool {
    let again = ServerFrame::decode(&frame.encode()).expect("an encoded frame can be decoded");
    assert_eq!(again, *frame);
    true
}

/// Checks an event by itself, because other frames contain events.
fn check_event(text: &str) {
    if let (Ok(event), Ok(plain)) = (json::from_str::<Event>(text), plain::event(text)) {
        assert_eq!(event, plain);
    }
}
