//! Durable commands: sending, editing, deleting and reacting. Permission is checked against the ring, or by one read of
//! the history if the ring does not have the target. The rate limit of commands covers this read, so it needs no cache.

use std::time::Instant;

use protocol::{Command, Error, Event, Kind, MessageId, MessageRef, RefusalCode, Reply, RoomName, User, limits};
use serde::Serialize;

use super::{
    Hub,
    encoded_event::{EncodedEvent, EventType},
    repair::EncodedRange,
};
use crate::{
    backend::{self, AppendReceipt, BackendError, EventDraft},
    random,
};

/// Length of the random part of an epoch or `uid`, about 59 bits.
const TOKEN_LENGTH: usize = 10;

/// How many events after a quoted message are read to find its edits and its deletion.
const REPLY_READ_LIMIT: usize = 1_000;

/// Why a command was not run.
#[derive(Debug)]
pub enum CommandError {
    /// The author may not do that.
    Forbidden(Error),
    /// The backend cannot be reached; the event may or may not have been stored.
    Unavailable(BackendError),
}

impl From<BackendError> for CommandError {
    fn from(error: BackendError) -> Self {
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
        reference: &MessageRef,
    ) -> Result<Reply, CommandError> {
        let seq = reference.seq;
        let limit = if matches!(command, Command::Send { .. }) { REPLY_READ_LIMIT } else { 1 };
        let target = self.find_target(room, seq, limit, author, id).await?;
        let target = target.filter(|target| reference.uid.as_ref().is_none_or(|uid| *uid == target.uid));
        let Some(target) = target else { return Err(forbidden("That message is not there any more.")) };
        if matches!(command, Command::Edit { .. } | Command::Delete { .. }) && target.author.id != author.id {
            return Err(forbidden("Only who wrote a message can change it."));
        }
        if target.is_deleted && !matches!(command, Command::Delete { .. }) && !target.is_retry {
            return Err(forbidden("That message was deleted."));
        }
        Ok(Reply::to(seq, target.author, &target.text))
    }

    /// Reads the message at `seq` and the events after it: those of the ring, and before these up to `limit` of the
    /// history.
    async fn find_target(
        &self,
        room: &RoomName,
        seq: u64,
        limit: usize,
        author: &User,
        id: &MessageId,
    ) -> backend::Result<Option<Target>> {
        if let Some(target) = self.with_log(room, |log| Target::read(log.since(seq), seq, author, id)) {
            return Ok(Some(target));
        }
        if !(1..limits::SEQ).contains(&seq) {
            return Ok(None);
        }
        let mut events = EncodedRange::new(room, self.history.after(room, seq - 1, limit).await?).events;
        let Some(last) = events.last().map(|event| event.seq) else { return Ok(None) };
        let newer = self.with_log(room, |log| Some(log.since(last + 1).cloned().collect::<Vec<_>>()));
        let connects = |newer: &Vec<EncodedEvent>| newer.first().is_none_or(|event| event.seq == last + 1);
        let is_complete = events.len() < limit || newer.as_ref().is_some_and(connects);
        events.extend(newer.unwrap_or_default());
        let target = Target::read(events.iter(), seq, author, id);
        // The message may have been edited or deleted since.
        Ok(target.map(|target| if is_complete { target } else { Target { text: "…".to_owned(), ..target } }))
    }

    async fn append(
        &self,
        room: &RoomName,
        author: &User,
        id: &MessageId,
        kind: Kind,
        at: u64,
    ) -> backend::Result<AppendReceipt> {
        let body =
            serde_json::to_string(&EventBody { at, author, kind }).expect("strings, numbers and flags always encode");
        let (epoch, uid) = (random::token(TOKEN_LENGTH), random::token(TOKEN_LENGTH));
        let draft = EventDraft { epoch, uid, author: author.id.clone(), id: id.clone(), at, body };
        let started = Instant::now();
        let receipt = match self.broker.append(room, &draft).await {
            // Only the response may have been lost, and repeating the draft is safe.
            Err(BackendError::Unavailable(_)) => self.broker.append(room, &draft).await,
            answer => answer,
        };
        metrics::histogram!("sala_append_seconds").record(started.elapsed());
        receipt
    }

    /// Whether the event at `seq` is a message with this text. True if the event is no longer stored.
    ///
    /// # Errors
    /// When the backend cannot be reached.
    pub async fn message_has_text(&self, room: &RoomName, seq: u64, text: &str) -> backend::Result<bool> {
        let slice = EncodedRange::new(room, self.history.before(room, Some(seq + 1), 1).await?);
        let event = slice.events.last().filter(|event| event.seq == seq).and_then(|event| event.decode().ok());
        Ok(event.is_none_or(|event| matches!(event.kind, Kind::Message { text: said, .. } if said == text)))
    }
}

/// The stored part of an event.
#[derive(Serialize)]
struct EventBody<'a> {
    at: u64,
    author: &'a User,
    #[serde(flatten)]
    kind: Kind,
}

/// The message that a command refers to.
struct Target {
    author: User,
    uid: String,
    /// Its text after the edits.
    text: String,
    is_deleted: bool,
    /// Whether the command is stored already, although the message was deleted since.
    is_retry: bool,
}

impl Target {
    /// Reads the message at `seq` from the events that begin with it; `None` if they begin with something else.
    /// `author` and `id` are those of the command.
    fn read<'a>(
        events: impl DoubleEndedIterator<Item = &'a EncodedEvent> + Clone,
        seq: u64,
        author: &User,
        id: &MessageId,
    ) -> Option<Self> {
        let first = events.clone().next().filter(|event| event.seq == seq)?.decode().ok()?;
        let Event { author: said_by, uid, kind: Kind::Message { text, .. }, .. } = first else { return None };
        let edit = events.clone().rev().find(|event| event.event_type == EventType::Edit(seq));
        let text = match edit.and_then(|edit| edit.decode().ok()).map(|edit| edit.kind) {
            Some(Kind::Edit { text, .. }) => text,
            _ => text,
        };
        let is_deleted = events.clone().any(|event| event.event_type == EventType::Delete(seq));
        let is_command = |event: Event| event.author.id == author.id && event.kind.id() == Some(id.as_str());
        let is_retry = is_deleted && events.clone().any(|event| event.decode().is_ok_and(is_command));
        Some(Self { author: said_by, uid, text, is_deleted, is_retry })
    }
}

fn forbidden(message: &str) -> CommandError {
    CommandError::Forbidden(Error::new(RefusalCode::Forbidden, message))
}

#[cfg(test)]
mod tests;
