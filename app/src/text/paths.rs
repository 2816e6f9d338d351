use std::fmt::Write;

/// The path of a room's page.
pub fn room_path(room: &str) -> String {
    // Browsers resolve a segment of dots as a relative path, encoded or not, so these two rooms use the query.
    if matches!(room, "." | "..") {
        return format!("/r?room={room}");
    }
    format!("/r/{}", percent_encode(room))
}

/// The path of the room's page that shows the messages around `seq`.
pub fn message_path(room: &str, seq: u64) -> String {
    let path = room_path(room);
    let separator = if path.contains('?') { '&' } else { '?' };
    format!("{path}{separator}at={seq}")
}

/// The path of the QR code that encodes a room's address.
pub fn qr_path(room: &str) -> String {
    format!("/api/qr.svg?room={}", percent_encode(room))
}

fn percent_encode(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").expect("writing to a String never fails");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_is_one_path_segment() {
        for (room, path) in [
            ("lobby", "/r/lobby"),
            ("a b/c?d#e%", "/r/a%20b%2Fc%3Fd%23e%25"),
            ("café", "/r/caf%C3%A9"),
            ("\"<'&>", "/r/%22%3C%27%26%3E"),
            ("..", "/r?room=.."),
            ("...", "/r/..."),
        ] {
            assert_eq!(room_path(room), path, "{room:?}");
        }
    }

    #[test]
    fn a_message_is_a_query_of_its_room() {
        assert_eq!(message_path("a?b", 7), "/r/a%3Fb?at=7");
        assert_eq!(message_path("..", 7), "/r?room=..&at=7");
    }
}
