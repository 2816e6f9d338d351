//! Normalizes names that people enter to Unicode NFC before `protocol` validates them.

use protocol::{Error, NameProblem, RoomName, UserName};
use unicode_normalization::UnicodeNormalization;

/// Names longer than this many bytes are not normalized, because they are too long in any form.
const MAX_BYTES: usize = 4_096;

/// Normalizes and validates a room name.
///
/// # Errors
/// `bad_room`.
pub fn room_name(raw: &str) -> Result<RoomName, Error> {
    RoomName::new(&nfc(raw))
}

/// Normalizes and validates a room name, for a page that translates the problem.
///
/// # Errors
/// The problem with the name.
pub fn check_room_name(raw: &str) -> Result<RoomName, NameProblem> {
    RoomName::check(&nfc(raw))
}

/// Normalizes and validates a user name.
///
/// # Errors
/// The problem with the name.
pub fn user_name(raw: &str) -> Result<UserName, NameProblem> {
    UserName::new(&nfc(raw))
}

fn nfc(raw: &str) -> String {
    if raw.len() > MAX_BYTES { raw.to_owned() } else { raw.nfc().collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normalizes_equivalent_names_to_one_room() {
        assert_eq!(room_name("Cafe\u{301}").unwrap(), room_name("Café").unwrap());
        assert!(room_name(&"e\u{301}".repeat(64)).is_ok());
        assert!(room_name(&"e\u{301}".repeat(1_000_000)).is_err());
    }
}
