//! What people do in a room that is kept. Whether they may is checked first, by what this instance has of the room, and by one
//! read of the history where it has not got what is changed. Both are paid for by the token that a send costs, so it needs no
//! cache of its own.

use protocol::{Error, Event, Kind, MessageId, RefusalCode, Reply, RoomName, User, limits};

use super::{
    Hub,
    encoded_event::{EncodedEvent, EventType},
    repair::EncodedSlice,
};
use crate::backend::{self, Receipt};

/// Of so many events after a message it is known what became of it before somebody quotes it.
const REPLY_READ_LIMIT: usize = 1_000;

/// What somebody does in a room.
#[derive(Clone, Copy, Debug)]
pub enum Command<'a> {
    /// Says something, perhaps as an answer to a message.
    Send {
        /// What.
        text: &'a str,
        /// What it answers.
        reply_to: Option<MessageRef<'a>>,
    },
    /// Says something else instead.
    Edit {
        /// In which message.
        target: MessageRef<'a>,
        /// What.
        text: &'a str,
    },
    /// Takes something back.
    Delete {
        /// What.
        target: MessageRef<'a>,
    },
    /// Puts an emoji to a message, or takes it off.
    React {
        /// Which message.
        target: MessageRef<'a>,
        /// Which emoji.
        emoji: &'a str,
        /// Whether it is put there.
        on: bool,
    },
}

/// A message.
#[derive(Clone, Copy, Debug)]
pub struct MessageRef<'a> {
    /// Its number.
    pub seq: u64,
    /// Its name, which tells it from what took its number after a loss.
    pub uid: Option<&'a str>,
}

/// Why something was not done.
#[derive(Debug)]
pub enum CommandError {
    /// It may not be done.
    Forbidden(Error),
    /// The backend cannot be reached; it may or may not have been done.
    Unavailable(backend::Error),
}

impl From<backend::Error> for CommandError {
    fn from(error: backend::Error) -> Self {
        Self::Unavailable(error)
    }
}

impl<'a> Command<'a> {
    /// What is written with it.
    #[must_use]
    pub fn text(&self) -> Option<&'a str> {
        match *self {
            Self::Say { text, .. } | Self::Edit { text, .. } => Some(text),
            Self::Delete { .. } | Self::React { .. } => None,
        }
    }

    /// The message that it is about.
    fn target(&self) -> Option<MessageRef<'a>> {
        match *self {
            Self::Say { reply_to, .. } => reply_to,
            Self::Edit { target, .. } | Self::Delete { target } | Self::React { target, .. } => Some(target),
        }
    }

    fn kind(&self, id: &MessageId, reply: Option<Reply>) -> Kind {
        let id = id.to_string();
        match *self {
            Self::Say { text, .. } => Kind::Message { id, text: text.to_owned(), reply },
            Self::Edit { target, text } => Kind::Edit { id, target: target.seq, text: text.to_owned() },
            Self::Delete { target } => Kind::Delete { id, target: target.seq },
            Self::React { target, emoji, on } => Kind::Reaction { id, target: target.seq, emoji: emoji.to_owned(), on },
        }
    }
}

impl Hub {
    /// Does something in a room. It returns when that is in the history. Doing it again with the same id is safe.
    ///
    /// # Errors
    /// When it may not be done, or the backend cannot be reached.
    pub async fn run_command(
        &self,
        room: &RoomName,
        author: &User,
        id: &MessageId,
        command: &Command<'_>,
        at: u64,
    ) -> Result<Receipt, CommandError> {
        let quoted = match command.target() {
            Some(target) => Some(self.check(room, author, id, command, target).await?),
            None => None,
        };
        Ok(self.append(room, author, id, command.kind(id, quoted), at).await?)
    }

    /// Whether that may be done to that message; if so, the message as it is quoted.
    async fn check(
        &self,
        room: &RoomName,
        author: &User,
        id: &MessageId,
        command: &Command<'_>,
        target: MessageRef<'_>,
    ) -> Result<Reply, CommandError> {
        let limit = if matches!(command, Command::Send { .. }) { REPLY_READ_LIMIT } else { 1 };
        let TargetHistory { events: recent, is_complete } = self.target_history(room, target.seq, limit).await?;
        let event = recent.first().filter(|event| target.uid.is_none_or(|uid| uid == event.uid));
        let message = event.and_then(|event| event.decode().ok());
        let Some(Event { author: said_by, kind: Kind::Message { text, .. }, .. }) = message else {
            return Err(forbidden("That message is not there any more."));
        };
        if matches!(command, Command::Edit { .. } | Command::Delete { .. }) && said_by.id != author.id {
            return Err(forbidden("Only who wrote a message can change it."));
        }
        let is_deleted = recent.iter().any(|event| event.event_type == EventType::Delete(target.seq));
        // What was done before the deletion, and is only asked about once more, gets the first answer.
        if is_deleted && !matches!(command, Command::Delete { .. }) && !has(&recent, author, id) {
            return Err(forbidden("That message was deleted."));
        }
        let text = match is_complete {
            true => latest_text(&recent, target.seq).unwrap_or(text),
            // It may have been taken back since.
            false => "…".to_owned(),
        };
        Ok(Reply::to(target.seq, said_by, &text))
    }

    /// The event of that number and what came after it: what is here, and before that `limit` events of the history. Nothing if it is
    /// not kept.
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

/// An event and those after it.
struct TargetHistory {
    events: Vec<EncodedEvent>,
    /// Whether none is left out between the first and the last.
    is_complete: bool,
}

fn forbidden(message: &str) -> CommandError {
    CommandError::Forbidden(Error::new(RefusalCode::Forbidden, message))
}

fn has(events: &[EncodedEvent], author: &User, id: &MessageId) -> bool {
    let is_it = |event: Event| event.author.id == author.id && event.kind.id() == Some(id.as_str());
    events.iter().any(|event| event.decode().is_ok_and(is_it))
}

/// What the message says since it was last edited, if that can be seen here.
fn latest_text(events: &[EncodedEvent], target: u64) -> Option<String> {
    let edit = events.iter().rev().find(|event| event.event_type == EventType::Edit(target))?;
    match edit.decode().ok()?.kind {
        Kind::Edit { text, .. } => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
