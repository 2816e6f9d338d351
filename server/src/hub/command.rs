//! Durable commands: sending, editing, deleting and reacting. Permission is checked against the ring, or by one read of
//! the history if the ring does not have the target. The rate limit of commands covers this read, so it needs no cache.

use protocol::{Command, Error, Event, Kind, MessageId, MessageRef, RefusalCode, Reply, RoomName, User, limits};

use super::{
    Hub,
    encoded_event::{EncodedEvent, EventType},
    repair::EncodedSlice,
};
use crate::backend::{self, AppendReceipt};

/// How many events after a quoted message are read to find its edits and its deletion.
const REPLY_READ_LIMIT: usize = 1_000;

/// Why a command was not run.
#[derive(Debug)]
pub enum CommandError {
    /// The author may not do that.
    Forbidden(Error),
    /// The backend cannot be reached; the event may or may not have been stored.
    Unavailable(backend::BackendError),
}

impl From<backend::BackendError> for CommandError {
    fn from(error: backend::BackendError) -> Self {
        Self::Unavailable(error)
    }
}

fn kind(command: Command, id: &MessageId, reply: Option<Reply>) -> Kind {
    let id = id.to_string();
    match command {
        Command::Send { text, .. } => Kind::Message { id, text, reply },
        Command::Edit { target, text } => Kind::Edit { id, target: target.seq, text },
        Command::Delete { target } => Kind::Delete { id, target: target.seq },
        Command::React { target, emoji, on } => Kind::Reaction { id, target: target.seq, emoji, on },
    }
}

impl Hub {
    /// Runs a command and returns when its event is in the history. Repeating it with the same id is safe.
    ///
    /// # Errors
    /// When the command is forbidden, or the backend cannot be reached.
    pub async fn run_command(
        &self,
        room: &RoomName,
        author: &User,
        id: &MessageId,
        command: Command,
        at: u64,
    ) -> Result<AppendReceipt, CommandError> {
        let quoted = match command.reference() {
            Some(target) => Some(self.check(room, author, id, &command, target).await?),
            None => None,
        };
        Ok(self.append(room, author, id, kind(command, id, quoted), at).await?)
    }

    /// Checks permission on the target message, and returns the quote of it for a reply.
    async fn check(
        &self,
        room: &RoomName,
        author: &User,
        id: &MessageId,
        command: &Command,
        target: &MessageRef,
    ) -> Result<Reply, CommandError> {
        let limit = if matches!(command, Command::Send { .. }) { REPLY_READ_LIMIT } else { 1 };
        let TargetHistory { events: recent, is_complete } = self.target_history(room, target.seq, limit).await?;
        let event = recent.first().filter(|event| target.uid.as_ref().is_none_or(|uid| *uid == event.uid));
        let message = event.and_then(|event| event.decode().ok());
        let Some(Event { author: said_by, kind: Kind::Message { text, .. }, .. }) = message else {
            return Err(forbidden("That message is not there any more."));
        };
        if matches!(command, Command::Edit { .. } | Command::Delete { .. }) && said_by.id != author.id {
            return Err(forbidden("Only who wrote a message can change it."));
        }
        let is_deleted = recent.iter().any(|event| event.event_type == EventType::Delete(target.seq));
        // A retry of a command that was stored before the deletion gets the first receipt.
        if is_deleted && !matches!(command, Command::Delete { .. }) && !has(&recent, author, id) {
            return Err(forbidden("That message was deleted."));
        }
        let text = match is_complete {
            true => latest_text(&recent, target.seq).unwrap_or(text),
            // The message may have been deleted since.
            false => "…".to_owned(),
        };
        Ok(Reply::to(target.seq, said_by, &text))
    }

    /// The event at `seq` and events after it: those of the ring, and before these up to `limit` of the history. Empty
    /// if the event is not stored.
    async fn target_history(&self, room: &RoomName, seq: u64, limit: usize) -> backend::Result<TargetHistory> {
        let recent = self.with_log(room, |log| Some(log.since(seq))).unwrap_or_default();
        let begins = |events: &[EncodedEvent]| events.first().is_some_and(|event| event.seq == seq);
        if begins(&recent) {
            return Ok(TargetHistory { events: recent, is_complete: true });
        }
        let mut events = match (1..limits::SEQ).contains(&seq) {
            true => EncodedSlice::new(room, self.history.after(room, seq - 1, limit).await?).events,
            false => Vec::new(),
        };
        let Some(last) = events.last().map(|event| event.seq).filter(|_| begins(&events)) else {
            return Ok(TargetHistory { events: Vec::new(), is_complete: false });
        };
        let is_complete = events.len() < limit || recent.first().is_some_and(|event| event.seq <= last + 1);
        events.extend(recent.into_iter().filter(|event| event.seq > last));
        Ok(TargetHistory { events, is_complete })
    }
}

/// An event and events after it.
struct TargetHistory {
    events: Vec<EncodedEvent>,
    /// Whether there are no gaps.
    is_complete: bool,
}

fn forbidden(message: &str) -> CommandError {
    CommandError::Forbidden(Error::new(RefusalCode::Forbidden, message))
}

fn has(events: &[EncodedEvent], author: &User, id: &MessageId) -> bool {
    let is_it = |event: Event| event.author.id == author.id && event.kind.id() == Some(id.as_str());
    events.iter().any(|event| event.decode().is_ok_and(is_it))
}

/// The text of the latest edit of a message among `events`.
fn latest_text(events: &[EncodedEvent], target: u64) -> Option<String> {
    let edit = events.iter().rev().find(|event| event.event_type == EventType::Edit(target))?;
    match edit.decode().ok()?.kind {
        Kind::Edit { text, .. } => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
