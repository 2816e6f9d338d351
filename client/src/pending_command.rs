use miniserde::{Deserialize, json};
use protocol::{ClientFrame, Command, Error, MessageId, MessageRef, check_text};
use serde::Serialize;

use crate::FailureReason;

/// A command that is not known to be in the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingCommand {
    /// The room.
    pub room: String,
    /// The id that the client gave to the command.
    pub id: String,
    /// What the person asked for.
    pub command: Command,
    /// When the person gave the command, on the clock of [`Context::now`](crate::Context::now).
    pub at: u64,
    /// Why the command failed. A failed command waits until the person retries or discards it.
    pub failed: Option<FailureReason>,
}

impl PendingCommand {
    /// Encodes the command as JSON, to be persisted.
    #[must_use]
    pub fn encode(&self) -> String {
        serde_json::to_string(&PersistedCommand::from(self.clone()))
            .expect("it has only strings and numbers, so it always encodes")
    }

    /// Decodes a persisted command. Returns `None` for a command that this version does not know.
    #[must_use]
    pub fn decode(text: &str) -> Option<Self> {
        json::from_str::<PersistedCommand>(text).ok()?.into_pending()
    }

    /// Checks the id and the text. The emoji of a reaction is left to the server: the table of emoji would increase the
    /// size of the browser bundle.
    pub(crate) fn check(&self) -> Result<(), Error> {
        MessageId::new(&self.id)?;
        self.command.text().map_or(Ok(()), check_text)
    }

    /// The frame that sends the command.
    pub(crate) fn frame(&self) -> ClientFrame {
        let Self { room, id, command, .. } = self.clone();
        ClientFrame::Command { room, id, command }
    }
}

/// A [`PendingCommand`] as it is persisted. Versions that know no changes to messages read only the messages.
#[derive(Serialize, Deserialize)]
struct PersistedCommand {
    room: String,
    id: String,
    /// The text of a message. Those versions require the field.
    text: Option<String>,
    at: u64,
    failed: Option<String>,
    /// The type of a change to a message. `None` for a message.
    change: Option<String>,
    /// The `seq` of the message that is replied to or changed.
    target: Option<u64>,
    uid: Option<String>,
    /// The text of an edit, or the emoji of a reaction.
    with: Option<String>,
}

impl From<PendingCommand> for PersistedCommand {
    fn from(pending: PendingCommand) -> Self {
        let PendingCommand { room, id, command, at, failed } = pending;
        let (target, uid) = command.reference().map(|reference| (reference.seq, reference.uid.clone())).unzip();
        let uid = uid.flatten();
        let (text, change, with) = match command {
            Command::Send { text, .. } => (Some(text), None, None),
            Command::Edit { text, .. } => (None, Some("edit"), Some(text)),
            Command::Delete { .. } => (None, Some("delete"), None),
            Command::React { emoji, on, .. } => (None, Some(if on { "react" } else { "unreact" }), Some(emoji)),
        };
        let failed = failed.map(|why| why.encode().to_owned());
        Self { room, id, text, at, failed, change: change.map(str::to_owned), target, uid, with }
    }
}

impl PersistedCommand {
    fn into_pending(self) -> Option<PendingCommand> {
        let Self { room, id, text, at, failed, change, target, uid, with } = self;
        let target = target.map(|seq| MessageRef { seq, uid });
        let command = match (change.as_deref(), text, target, with) {
            (None, Some(text), reply_to, _) => Command::Send { text, reply_to },
            (Some("edit"), _, Some(target), Some(text)) => Command::Edit { target, text },
            (Some("delete"), _, Some(target), _) => Command::Delete { target },
            (Some(react @ ("react" | "unreact")), _, Some(target), Some(emoji)) => {
                Command::React { target, emoji, on: react == "react" }
            }
            // A newer version may have persisted this.
            _ => return None,
        };
        Some(PendingCommand { room, id, command, at, failed: failed.map(FailureReason::decode) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pending(command: Command) -> PendingCommand {
        PendingCommand { room: "lobby".into(), id: "x".into(), command, at: 5, failed: None }
    }

    fn target() -> MessageRef {
        MessageRef { seq: 7, uid: Some("a7".into()) }
    }

    fn send(reply_to: Option<MessageRef>) -> Command {
        Command::Send { text: "hello".into(), reply_to }
    }

    /// Browsers store these strings. An outbox that any version has persisted must be readable by every later version.
    #[test]
    fn persisted_format_is_stable() {
        let failed = Some(FailureReason::Other("No.".to_owned()));
        for (command, failed, text) in [
            (
                send(None),
                None,
                r#"{"room":"lobby","id":"x","text":"hello","at":5,"failed":null,"change":null,"target":null,"uid":null,"with":null}"#,
            ),
            (
                send(Some(target())),
                failed,
                r#"{"room":"lobby","id":"x","text":"hello","at":5,"failed":"No.","change":null,"target":7,"uid":"a7","with":null}"#,
            ),
            (
                send(Some(7.into())),
                None,
                r#"{"room":"lobby","id":"x","text":"hello","at":5,"failed":null,"change":null,"target":7,"uid":null,"with":null}"#,
            ),
            (
                Command::Edit { target: target(), text: "hello".into() },
                Some(FailureReason::OutboxFull),
                r#"{"room":"lobby","id":"x","text":null,"at":5,"failed":"crowded","change":"edit","target":7,"uid":"a7","with":"hello"}"#,
            ),
            (
                Command::Delete { target: target() },
                None,
                r#"{"room":"lobby","id":"x","text":null,"at":5,"failed":null,"change":"delete","target":7,"uid":"a7","with":null}"#,
            ),
            (
                Command::React { target: target(), emoji: "👍".into(), on: true },
                None,
                r#"{"room":"lobby","id":"x","text":null,"at":5,"failed":null,"change":"react","target":7,"uid":"a7","with":"👍"}"#,
            ),
            (
                Command::React { target: target(), emoji: "👍".into(), on: false },
                None,
                r#"{"room":"lobby","id":"x","text":null,"at":5,"failed":null,"change":"unreact","target":7,"uid":"a7","with":"👍"}"#,
            ),
        ] {
            let pending = PendingCommand { failed, ..pending(command) };
            assert_eq!(pending.encode(), text);
            assert_eq!(PendingCommand::decode(text).unwrap(), pending);
        }
    }

    #[test]
    fn commands_of_older_versions_are_decoded() {
        let expected = pending(send(None));
        let kept = r#"{"room":"lobby","id":"x","text":"hello","at":5}"#;
        assert_eq!(PendingCommand::decode(kept).unwrap(), expected);
        let kept = r#"{"room":"lobby","id":"x","text":"hello","at":5,"failed":"No."}"#;
        let failed = PendingCommand::decode(kept).unwrap();
        assert_eq!(failed, PendingCommand { failed: Some(FailureReason::Other("No.".into())), ..expected });
    }

    #[test]
    fn commands_of_newer_versions_are_ignored() {
        for kept in [
            r#"{"room":"lobby","id":"x","at":5,"change":"pin","target":7}"#,
            r#"{"room":"lobby","id":"x","at":5,"change":"edit","target":7}"#,
            r#"{"room":"lobby","id":"x","at":5}"#,
        ] {
            assert_eq!(PendingCommand::decode(kept), None, "{kept}");
        }
    }
}
