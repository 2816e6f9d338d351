use std::fmt;

use crate::{Error, RefusalCode, limits};

/// The id that a client gives to a command. It makes sending the command again safe.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MessageId(String);

impl MessageId {
    /// Checks an id: 1–64 characters of `A–Z a–z 0–9 - _`.
    ///
    /// # Errors
    /// `bad_id` for anything else.
    pub fn new(id: &str) -> Result<Self, Error> {
        let plain = |c: u8| c.is_ascii_alphanumeric() || c == b'-' || c == b'_';
        if (1..=limits::MESSAGE_ID).contains(&id.len()) && id.bytes().all(plain) {
            Ok(Self(id.to_owned()))
        } else {
            Err(Error::new(RefusalCode::BadId, "An id has 1 to 64 characters of A-Z, a-z, 0-9, - and _."))
        }
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Checks the text of a message: it must have a visible character, and 4,000 characters at most. The text is stored
/// unchanged.
///
/// # Errors
/// `text_empty` or `text_too_long`.
pub fn check_text(text: &str) -> Result<(), Error> {
    // A text of control characters is invisible.
    if text.chars().all(|c| c.is_whitespace() || c.is_control()) {
        return Err(Error::new(RefusalCode::TextEmpty, "There is nothing in this message."));
    }
    // The length in bytes is checked first, to bound the time for counting characters.
    if text.len() > limits::TEXT * 4 || text.chars().count() > limits::TEXT {
        return Err(Error::text_too_long());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_short_and_plain() {
        for (id, good) in [
            ("a", true),
            ("01JD-x_9", true),
            (&"x".repeat(64), true),
            (&"x".repeat(65), false),
            ("", false),
            ("a b", false),
            ("é", false),
            ("a\n", false),
        ] {
            assert_eq!(MessageId::new(id).is_ok(), good, "{id:?}");
        }
    }

    #[test]
    fn text_length_is_counted_in_characters() {
        let code = |text: &str| check_text(text).err().map(|error| error.code);
        assert_eq!(code("hello"), None);
        assert_eq!(code(&"😀".repeat(4_000)), None);
        assert_eq!(code(&"x".repeat(4_001)), Some(RefusalCode::TextTooLong));
        assert_eq!(code(&"x".repeat(40_000)), Some(RefusalCode::TextTooLong));
    }

    #[test]
    fn texts_without_visible_characters_are_refused() {
        for (text, empty) in [
            ("", true),
            (" \n\t ", true),
            ("\0", true),
            ("\u{7f}\r\n\u{85}\u{1b}", true),
            ("\u{a0}\u{3000}", true),
            ("\0a", false),
            (".", false),
        ] {
            let code = check_text(text).err().map(|error| error.code);
            assert_eq!(code, empty.then_some(RefusalCode::TextEmpty), "{text:?}");
        }
    }
}
