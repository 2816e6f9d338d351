use miniserde::{Deserialize, json};
use protocol::{ClientFrame, Error, MessageId, check_text};
use serde::Serialize;

use crate::FailureReason;

/// What a person does in a room that is kept there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Says something.
    Say {
        /// What.
        text: String,
        /// The number of the message that it answers.
        reply_to: Option<u64>,
    },
    /// Says something else instead, in a message of their own.
    Edit {
        /// The number of the message.
        target: u64,
        /// What it is to say.
        text: String,
    },
    /// Takes a message of their own back.
    Delete {
        /// The number of the message.
        target: u64,
    },
    /// Puts an emoji to a message, or takes it off.
    React {
        /// The number of the message.
        target: u64,
        /// Which.
        emoji: String,
        /// Whether it is put there.
        on: bool,
    },
}

/// Something that was done and is not known to be in the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingCommand {
    /// The room.
    pub room: String,
    /// The client's id of it.
    pub id: String,
    /// What was done.
    pub deed: Deed,
    /// The name of the event that is answered or changed: in a history that went another way its number is another's.
    pub uid: Option<String>,
    /// When the person did it, on the clock of [`Context::now`](crate::Context::now).
    pub at: u64,
    /// FailureReason it was not taken: it waits for the person to send it again or to discard it.
    pub failed: Option<FailureReason>,
}

impl Deed {
    /// The number of the message that it changes.
    #[must_use]
    pub fn target(&self) -> Option<u64> {
        match self {
            Self::Say { .. } => None,
            Self::Edit { target, .. } | Self::Delete { target } | Self::React { target, .. } => Some(*target),
        }
    }

    /// The number of the message that it is about.
    pub(crate) fn about(&self) -> Option<u64> {
        match self {
            Self::Say { reply_to, .. } => *reply_to,
            Self::Edit { .. } | Self::Delete { .. } | Self::React { .. } => self.target(),
        }
    }
}

impl PendingCommand {
    /// As it is persisted, in JSON.
    #[must_use]
    pub fn encode(&self) -> String {
        serde_json::to_string(&Kept::from(self.clone())).expect("it has only strings and numbers, so it always encodes")
    }

    /// Reads what was persisted; `None` if this version does not know what it is.
    #[must_use]
    pub fn decode(text: &str) -> Option<Self> {
        json::from_str::<Kept>(text).ok()?.unsent()
    }

    /// Whether anybody could ever take it. What one reacts with is the server's to judge: its list would be paid for in
    /// what browsers load.
    pub(crate) fn check(&self) -> Result<(), Error> {
        MessageId::new(&self.id)?;
        match &self.deed {
            Deed::Say { text, .. } | Deed::Edit { text, .. } => check_text(text),
            Deed::Delete { .. } | Deed::React { .. } => Ok(()),
        }
    }

    /// How it is sent.
    pub(crate) fn frame(&self) -> ClientFrame {
        let Self { room, id, deed, uid, .. } = self.clone();
        match deed {
            Deed::Say { text, reply_to } => ClientFrame::Send { room, id, text, reply_to, uid },
            Deed::Edit { target, text } => ClientFrame::Edit { room, id, target, uid, text },
            Deed::Delete { target } => ClientFrame::Delete { room, id, target, uid },
            Deed::React { target, emoji, on } => ClientFrame::React { room, id, target, uid, emoji, on },
        }
    }
}

/// An [`PendingCommand`] as it is persisted. Versions before there were changes read the messages among them, and nothing else.
#[derive(Serialize, Deserialize)]
struct Kept {
    room: String,
    id: String,
    /// Of a message; those versions need it.
    text: Option<String>,
    at: u64,
    failed: Option<String>,
    /// What is done to a message; nothing where one is said.
    change: Option<String>,
    /// The number of the message that is answered or changed.
    target: Option<u64>,
    uid: Option<String>,
    /// What an edit says, or the emoji of a reaction.
    with: Option<String>,
}

impl From<PendingCommand> for Kept {
    fn from(unsent: PendingCommand) -> Self {
        let PendingCommand { room, id, deed, uid, at, failed } = unsent;
        let target = deed.about();
        let (text, change, with) = match deed {
            Deed::Say { text, .. } => (Some(text), None, None),
            Deed::Edit { text, .. } => (None, Some("edit"), Some(text)),
            Deed::Delete { .. } => (None, Some("delete"), None),
            Deed::React { emoji, on, .. } => (None, Some(if on { "react" } else { "unreact" }), Some(emoji)),
        };
        let failed = failed.map(|why| why.encode().to_owned());
        Self { room, id, text, at, failed, change: change.map(str::to_owned), target, uid, with }
    }
}

impl Kept {
    fn unsent(self) -> Option<PendingCommand> {
        let Self { room, id, text, at, failed, change, target, uid, with } = self;
        let deed = match (change.as_deref(), text, target, with) {
            (None, Some(text), reply_to, _) => Deed::Say { text, reply_to },
            (Some("edit"), _, Some(target), Some(text)) => Deed::Edit { target, text },
            (Some("delete"), _, Some(target), _) => Deed::Delete { target },
            (Some(react @ ("react" | "unreact")), _, Some(target), Some(emoji)) => {
                Deed::React { target, emoji, on: react == "react" }
            }
            // Perhaps a newer version's.
            _ => return None,
        };
        Some(PendingCommand { room, id, deed, uid, at, failed: failed.map(FailureReason::decode) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unsent(deed: Deed) -> PendingCommand {
        PendingCommand { room: "lobby".into(), id: "x".into(), deed, uid: Some("a7".into()), at: 5, failed: None }
    }

    #[test]
    fn what_is_persisted_comes_back() {
        for deed in [
            Deed::Say { text: "hello".into(), reply_to: None },
            Deed::Say { text: "hello".into(), reply_to: Some(7) },
            Deed::Edit { target: 7, text: "hello".into() },
            Deed::Delete { target: 7 },
            Deed::React { target: 7, emoji: "👍".into(), on: true },
            Deed::React { target: 7, emoji: "👍".into(), on: false },
        ] {
            for failed in [None, Some(FailureReason::Told("No.".to_owned()))] {
                let unsent = PendingCommand { failed, ..unsent(deed.clone()) };
                let kept = unsent.encode();
                assert_eq!(PendingCommand::decode(&kept).unwrap(), unsent, "{kept}");
            }
        }
    }

    #[test]
    fn what_an_older_version_persisted_is_read() {
        let say = Deed::Say { text: "hello".into(), reply_to: None };
        let expected = PendingCommand { uid: None, ..unsent(say) };
        let kept = r#"{"room":"lobby","id":"x","text":"hello","at":5}"#;
        assert_eq!(PendingCommand::decode(kept).unwrap(), expected);
        let kept = r#"{"room":"lobby","id":"x","text":"hello","at":5,"failed":"No."}"#;
        let failed = PendingCommand::decode(kept).unwrap();
        assert_eq!(failed, PendingCommand { failed: Some(FailureReason::Told("No.".into())), ..expected });
    }

    #[test]
    fn an_older_version_takes_no_change_for_a_message() {
        let kept = unsent(Deed::Edit { target: 7, text: "hello".into() }).encode();
        assert!(kept.contains(r#""text":null"#), "it does not read what has none");
    }

    #[test]
    fn what_a_newer_version_persisted_is_passed_over() {
        for kept in [
            r#"{"room":"lobby","id":"x","at":5,"change":"pin","target":7}"#,
            r#"{"room":"lobby","id":"x","at":5,"change":"edit","target":7}"#,
            r#"{"room":"lobby","id":"x","at":5}"#,
        ] {
            assert_eq!(PendingCommand::decode(kept), None, "{kept}");
        }
    }
}
