//! Names as they come from people, brought to Unicode NFC before `protocol` checks them.

use protocol::{Error, NameProblem, RoomName, UserName};
use unicode_normalization::UnicodeNormalization;

/// A name that is longer than this many bytes is not normalised: it is too long in any form.
const LONGEST: usize = 4_096;

/// The room that somebody names.
///
/// # Errors
/// `bad_room`.
pub fn room_name(raw: &str) -> Result<RoomName, Error> {
    RoomName::new(&nfc(raw))
}

/// The same, for a page that says in its reader's language what is wrong.
///
/// # Errors
/// What is wrong with it.
pub fn check_room_name(raw: &str) -> Result<RoomName, NameProblem> {
    RoomName::check(&nfc(raw))
}

/// The name that somebody goes by.
///
/// # Errors
/// What is wrong with it.
pub fn user_name(raw: &str) -> Result<UserName, NameProblem> {
    UserName::new(&nfc(raw))
}

fn nfc(raw: &str) -> String {
    if raw.len() > LONGEST { raw.to_owned() } else { raw.nfc().collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_ways_to_write_a_name_are_one_room() {
        assert_eq!(room_name("Cafe\u{301}").unwrap(), room_name("Café").unwrap());
        assert!(room_name(&"e\u{301}".repeat(64)).is_ok());
        assert!(room_name(&"e\u{301}".repeat(1_000_000)).is_err());
    }
}
