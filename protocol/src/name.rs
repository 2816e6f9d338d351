use std::fmt;

use crate::{Error, RefusalCode, limits};

/// The name of a room: 1–64 characters after trimming, without control or bidirectional-override characters. Case is kept.
///
/// Names are compared as they are, so both must be in Unicode NFC. The tables for that are not part of this crate, which
/// also goes to the browser: the server normalises with a library, the browser with `String.prototype.normalize`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoomName(String);

impl RoomName {
    /// Trims and checks a name that is in NFC.
    ///
    /// # Errors
    /// `bad_room`, with a sentence that says what is allowed.
    pub fn new(name: &str) -> Result<Self, Error> {
        check(name, limits::ROOM_NAME)
            .map(Self)
            .map_err(|problem| Error::new(RefusalCode::BadRoom, format!("The room's name {problem}.")))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RoomName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of a person: 1–32 characters under the rules of [`RoomName`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UserName(String);

impl UserName {
    /// Trims and checks a name that is in NFC.
    ///
    /// # Errors
    /// `forbidden`, with a sentence that says what is allowed.
    pub fn new(name: &str) -> Result<Self, Error> {
        check(name, limits::USER_NAME)
            .map(Self)
            .map_err(|problem| Error::new(RefusalCode::Forbidden, format!("Your name {problem}.")))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn check(name: &str, longest: usize) -> Result<String, String> {
    let name = name.trim();
    if name.is_empty() {
        return Err("is missing".into());
    }
    if name.len() > longest * 4 || name.chars().count() > longest {
        return Err(format!("can have {longest} characters at most"));
    }
    if name.chars().any(|c| c.is_control() || overrides_direction(c)) {
        return Err(
            "has a character that cannot be shown (a control character or a change of writing direction)".into()
        );
    }
    Ok(name.to_owned())
}

/// The embeddings, overrides and isolates that make a name read other than it is written.
fn overrides_direction(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_trimmed_and_keeps_its_case() {
        assert_eq!(RoomName::new("  Café du coin ").unwrap().as_str(), "Café du coin");
    }

    #[test]
    fn what_is_not_a_name_is_refused() {
        for name in ["", "   ", "a\u{0}b", "a\nb", "a\u{202E}b", "a\u{2066}b", "\u{85}x\u{7f}", &"x".repeat(65)] {
            assert_eq!(RoomName::new(name).unwrap_err().code, RefusalCode::BadRoom, "{name:?}");
        }
        assert!(RoomName::new(&"é".repeat(64)).is_ok());
        assert!(UserName::new(&"é".repeat(32)).is_ok());
        assert!(UserName::new(&"é".repeat(33)).is_err());
    }
}
