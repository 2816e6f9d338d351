use serde::{Deserialize, Serialize};

use crate::{decode::EventFields, limits};

/// A person, as others see them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, miniserde::Deserialize)]
pub struct User {
    /// `u_…`, stable for the duration of a session.
    pub id: String,
    /// The name that the person chose.
    pub name: String,
}

/// A durable change to a room. Everything that changes the timeline of a room is an event in its sequence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "EventFields")]
pub struct Event {
    /// The room of the event.
    pub room: String,
    /// The position in the room: 1, 2, 3 … without holes.
    pub seq: u64,
    /// The unique id of the event.
    pub uid: String,
    /// The `uid` of the previous event; empty for the first one.
    pub prev: String,
    /// When the event was accepted, in milliseconds since the Unix epoch, by the server's clock.
    pub at: u64,
    /// The person who caused the event.
    pub author: User,
    /// The kind of the event.
    #[serde(flatten)]
    pub kind: Kind,
}

/// What an [`Event`] does to the room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Kind {
    /// A message was sent.
    Message {
        /// The client's id of the message; unique for its author in the room.
        id: String,
        /// The text of the message.
        text: String,
        /// The message that this one replies to.
        #[serde(skip_serializing_if = "Option::is_none")]
        reply: Option<Reply>,
    },
    /// The author edited the text of a message.
    Edit {
        /// The client's id of the change.
        id: String,
        /// The `seq` of the message.
        target: u64,
        /// The new text.
        text: String,
    },
    /// The author deleted a message, for good.
    Delete {
        /// The client's id of the change.
        id: String,
        /// The `seq` of the message.
        target: u64,
    },
    /// A person added a reaction to a message, or removed it.
    Reaction {
        /// The client's id of the change.
        id: String,
        /// The `seq` of the message.
        target: u64,
        /// The emoji.
        emoji: String,
        /// Whether the reaction was added.
        on: bool,
    },
    /// A kind that this version does not know. It is not shown, but keeps its position in the sequence.
    Unknown,
}

/// A quote of the message that a reply refers to. It is shown even if the message itself is not loaded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, miniserde::Deserialize)]
pub struct Reply {
    /// The `seq` of the message.
    pub seq: u64,
    /// The author of the message.
    pub author: User,
    /// The beginning of the text in one line: at most [`limits::QUOTE`] characters.
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
            // Only the beginning of a long text is processed.
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
    /// The client's id of the command that caused the event.
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
    fn quote_is_the_beginning_of_the_text_in_one_line() {
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
