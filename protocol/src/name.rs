use std::fmt;

use crate::{Error, RefusalCode, limits};

/// The name of a room: 1–64 characters after trimming, without control characters and bidirectional overrides. Case is
/// kept.
///
/// Names are compared byte by byte, so they must be in Unicode NFC. This crate does not normalize them, because the
/// tables would increase the size of the browser bundle. The server normalizes with a library, the browser with
/// `String.prototype.normalize`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoomName(String);

impl RoomName {
    /// Trims and checks a name that is in NFC.
    ///
    /// # Errors
    /// `bad_room`, with a sentence that says what is allowed.
    pub fn new(name: &str) -> Result<Self, Error> {
        Self::check(name).map_err(|problem| {
            let longest = limits::ROOM_NAME;
            Error::new(RefusalCode::BadRoom, format!("The room's name {}.", problem.in_words(longest)))
        })
    }

    /// Trims and checks a name like [`Self::new`], for callers that describe the problem themselves.
    ///
    /// # Errors
    /// The problem with the name.
    pub fn check(name: &str) -> Result<Self, NameProblem> {
        check(name, limits::ROOM_NAME).map(Self)
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
    /// The problem with the name.
    pub fn new(name: &str) -> Result<Self, NameProblem> {
        check(name, limits::USER_NAME).map(Self)
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

/// The problem with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameProblem {
    /// The name is empty.
    Missing,
    /// The name has more characters than [`limits::ROOM_NAME`] or [`limits::USER_NAME`].
    TooLong,
    /// The name has a control character, or a character that changes the direction of writing.
    Unshowable,
}

impl NameProblem {
    fn in_words(self, longest: usize) -> String {
        match self {
            Self::Missing => "is missing".into(),
            Self::TooLong => format!("can have {longest} characters at most"),
            Self::Unshowable => {
                "has a character that cannot be shown (a control character or a change of writing direction)".into()
            }
        }
    }
}

fn check(name: &str, longest: usize) -> Result<String, NameProblem> {
    let name = name.trim();
    if name.is_empty() {
        return Err(NameProblem::Missing);
    }
    if name.len() > longest * 4 || name.chars().count() > longest {
        return Err(NameProblem::TooLong);
    }
    if name.chars().any(|c| c.is_control() || overrides_direction(c)) {
        return Err(NameProblem::Unshowable);
    }
    Ok(name.to_owned())
}

/// Whether the character is an embedding, override or isolate, which can make a name look different from what it is.
fn overrides_direction(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_trimmed_and_keep_their_case() {
        assert_eq!(RoomName::new("  Café du coin ").unwrap().as_str(), "Café du coin");
    }

    #[test]
    fn invalid_names_are_refused() {
        for name in ["", "   ", "a\u{0}b", "a\nb", "a\u{202E}b", "a\u{2066}b", "\u{85}x\u{7f}", &"x".repeat(65)] {
            assert_eq!(RoomName::new(name).unwrap_err().code, RefusalCode::BadRoom, "{name:?}");
        }
        assert!(RoomName::new(&"é".repeat(64)).is_ok());
        assert!(UserName::new(&"é".repeat(32)).is_ok());
        assert!(UserName::new(&"é".repeat(33)).is_err());
    }
}
