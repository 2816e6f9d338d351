use serde::{Deserialize, Serialize};

use crate::{decode::EventFields, limits};

/// A person, as others see them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, miniserde::Deserialize)]
pub struct User {
    /// Stable for the life of a session: `u_…`.
    pub id: String,
    /// What the person called themselves.
    pub name: String,
}

/// One durable change to a room. Everything that changes what a room shows is one of these, in one sequence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "EventFields")]
pub struct Event {
    /// The room it belongs to.
    pub room: String,
    /// 1, 2, 3 … without holes.
    pub seq: u64,
    /// Names this event and no other.
    pub uid: String,
    /// The `uid` of the event before it; empty for the first one.
    pub prev: String,
    /// When it was accepted, in milliseconds since the Unix epoch, by the server's clock.
    pub at: u64,
    /// Who did it.
    pub author: User,
    /// What happened.
    #[serde(flatten)]
    pub kind: Kind,
}

/// What an [`Event`] does to the room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Kind {
    /// Somebody said something.
    Message {
        /// The client's own id of the message; unique for its author in the room.
        id: String,
        /// What was said.
        text: String,
        /// The message that this one answers.
        #[serde(skip_serializing_if = "Option::is_none")]
        reply: Option<Reply>,
    },
    /// The author of a message says something else in it.
    Edit {
        /// The client's own id of the change.
        id: String,
        /// The number of the message.
        target: u64,
        /// What it says now.
        text: String,
    },
    /// The author of a message took it back, for good.
    Delete {
        /// The client's own id of the change.
        id: String,
        /// The number of the message.
        target: u64,
    },
    /// Somebody put an emoji to a message, or took it off.
    Reaction {
        /// The client's own id of the change.
        id: String,
        /// The number of the message.
        target: u64,
        /// Which.
        emoji: String,
        /// Whether it was put there.
        on: bool,
    },
    /// A kind that this version does not know. It shows nothing, yet keeps its place in the sequence.
    Unknown,
}

/// A message that another one answers, told so that it can be shown where the message itself is not loaded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, miniserde::Deserialize)]
pub struct Reply {
    /// Its number.
    pub seq: u64,
    /// Who said it.
    pub author: User,
    /// How it begins: [`limits::QUOTE`] characters at most, in one line.
    pub text: String,
}

impl Reply {
    /// Quotes a message.
    #[must_use]
    pub fn to(seq: u64, author: User, text: &str) -> Self {
        let mut quote = String::new();
        for word in text.split_whitespace() {
            if !quote.is_empty() {
                quote.push(' ');
            }
            quote.push_str(word);
            // Of a long text only the beginning is looked at.
            if quote.len() > limits::QUOTE * 4 {
                break;
            }
        }
        if let Some((end, _)) = quote.char_indices().nth(limits::QUOTE) {
            quote.truncate(end);
            quote.truncate(quote.trim_end().len());
        }
        Self { seq, author, text: quote }
    }
}

impl Kind {
    /// The client's own id of what happened, by which its author knows it again.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Message { id, .. } | Self::Edit { id, .. } | Self::Delete { id, .. } | Self::Reaction { id, .. } => {
                Some(id)
            }
            Self::Unknown => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_is_the_beginning_in_one_line() {
        let ana = User { id: "u_ana".into(), name: "Ana".into() };
        let quote = |text: &str| Reply::to(7, ana.clone(), text).text;
        assert_eq!(quote("  hello\n\n \tworld\u{2028}"), "hello world");
        assert_eq!(quote(""), "");
        for (text, expected) in [
            ("😀".repeat(4_000), "😀".repeat(limits::QUOTE)),
            ("x".repeat(limits::QUOTE), "x".repeat(limits::QUOTE)),
            (format!("{} y", "x".repeat(limits::QUOTE)), "x".repeat(limits::QUOTE)),
            ("ab ".repeat(200), "ab ".repeat(46) + "ab"),
            ("abc ".repeat(200), "abc ".repeat(34) + "abc"),
        ] {
            assert_eq!(quote(&text), expected);
            assert!(quote(&text).chars().count() <= limits::QUOTE);
        }
    }
}
