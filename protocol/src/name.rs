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
        Self::check(name).map_err(|problem| {
            let longest = limits::ROOM_NAME;
            Error::new(RefusalCode::BadRoom, format!("The room's name {}.", problem.in_words(longest)))
        })
    }

    /// The same, for whoever says in words of their own what is wrong.
    ///
    /// # Errors
    /// What is wrong with it.
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
    /// What is wrong with it.
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

/// What is wrong with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameProblem {
    /// There is none.
    Missing,
    /// It has more characters than [`limits::ROOM_NAME`] or [`limits::USER_NAME`].
    TooLong,
    /// It has a control character, or one that changes the direction of writing.
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
