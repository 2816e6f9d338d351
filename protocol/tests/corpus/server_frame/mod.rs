mod plain;

use miniserde::json;
use protocol::{Event, ServerFrame};
use serde_json::Value;

/// Whatever comes is passed over or read, and never as anything else than plain serde reads. True if it was a frame.
pub fn check(bytes: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(bytes) else { return false };
    check_event(text);
    let plain = plain::frame(text);
    let Ok(frame) = ServerFrame::decode(text) else {
        // Some field means something in another frame and does not fit there. Without it the frame is read.
        return plain.is_ok_and(|frame| is_read_as_written(&frame));
    };
    match plain {
        Ok(plain) => assert_eq!(frame, plain),
        // It reads fields that nobody asks for, too, and stumbles there over what is no value at all; and of two fields with
        // one name it does not just take the last.
        Err(problem) => assert!(
            serde_json::from_str::<Value>(text).is_err() || problem.to_string().starts_with("duplicate field"),
            "{problem}"
        ),
    }
    is_read_as_written(&frame)
}

fn is_read_as_written(frame: &ServerFrame) -> bool {
    let again = ServerFrame::decode(&frame.encode()).expect("what is written can be read");
    assert_eq!(again, *frame);
    true
}

/// An event stands in other frames, too, where it is read by itself.
fn check_event(text: &str) {
    if let (Ok(event), Ok(plain)) = (json::from_str::<Event>(text), plain::event(text)) {
        assert_eq!(event, plain);
    }
}
