//! What people do in a room that is kept. Whether they may is checked first, by what this instance has of the room, and by one
//! read of one event where it has not got what is changed. That read is small beside the append that follows, and both are
//! paid for by the token that a send costs, so it needs no cache of its own.

use protocol::{Error, Event, Kind, MessageId, RefusalCode, Reply, RoomName, User, limits};

use super::{
    Hub,
    frame::{Line, What},
    sync::Part,
};
use crate::backend::{self, Receipt};

/// What somebody does in a room.
#[derive(Clone, Copy, Debug)]
pub enum Act<'a> {
    /// Says something, perhaps as an answer to a message.
    Say {
        /// What.
        text: &'a str,
        /// What it answers.
        reply_to: Option<Target<'a>>,
    },
    /// Says something else instead.
    Edit {
        /// In which message.
        target: Target<'a>,
        /// What.
        text: &'a str,
    },
    /// Takes something back.
    Delete {
        /// What.
        target: Target<'a>,
    },
    /// Puts an emoji to a message, or takes it off.
    React {
        /// Which message.
        target: Target<'a>,
        /// Which emoji.
        emoji: &'a str,
        /// Whether it is put there.
        on: bool,
    },
}

/// A message.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// Its number.
    pub seq: u64,
    /// Its name, which tells it from what took its number after a loss.
    pub uid: Option<&'a str>,
}

/// Why something was not done.
#[derive(Debug)]
pub enum Denied {
    /// It may not be done.
    Forbidden(Error),
    /// The backend cannot be reached; it may or may not have been done.
    Unavailable(backend::Error),
}

impl From<backend::Error> for Denied {
    fn from(error: backend::Error) -> Self {
        Self::Unavailable(error)
    }
}

impl<'a> Act<'a> {
    /// What is written with it.
    #[must_use]
    pub fn text(&self) -> Option<&'a str> {
        match *self {
            Self::Say { text, .. } | Self::Edit { text, .. } => Some(text),
            Self::Delete { .. } | Self::React { .. } => None,
        }
    }

    /// The message that it is about.
    fn target(&self) -> Option<Target<'a>> {
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
    pub async fn act(
        &self,
        room: &RoomName,
        author: &User,
        id: &MessageId,
        act: &Act<'_>,
        at: u64,
    ) -> Result<Receipt, Denied> {
        let quoted = match act.target() {
            Some(target) => Some(self.check(room, author, id, act, target).await?),
            None => None,
        };
        Ok(self.append(room, author, id, act.kind(id, quoted), at).await?)
    }

    /// Whether that may be done to that message; if so, the message as it is quoted.
    async fn check(
        &self,
        room: &RoomName,
        author: &User,
        id: &MessageId,
        act: &Act<'_>,
        target: Target<'_>,
    ) -> Result<Reply, Denied> {
        let recent = self.find(room).map(|room| room.lock().log.since(target.seq)).unwrap_or_default();
        let line = match recent.first().filter(|line| line.seq == target.seq) {
            Some(line) => Some(line.clone()),
            None => self.line(room, target.seq).await?,
        };
        let line = line.filter(|line| target.uid.is_none_or(|uid| uid == line.uid));
        let message = line.and_then(|line| line.event().ok());
        let Some(Event { author: said_by, kind: Kind::Message { text, .. }, .. }) = message else {
            return Err(forbidden("That message is not there any more."));
        };
        if matches!(act, Act::Edit { .. } | Act::Delete { .. }) && said_by.id != author.id {
            return Err(forbidden("Only who wrote a message can change it."));
        }
        let is_deleted = recent.iter().any(|line| line.what == What::Delete(target.seq));
        // What was done before the deletion, and is only asked about once more, gets the first answer.
        if is_deleted && !matches!(act, Act::Delete { .. }) && !has(&recent, author, id) {
            return Err(forbidden("That message was deleted."));
        }
        let text = latest_text(&recent, target.seq).unwrap_or(text);
        Ok(Reply::to(target.seq, said_by, &text))
    }

    /// One event of the history, if it is kept.
    async fn line(&self, room: &RoomName, seq: u64) -> backend::Result<Option<Line>> {
        if !(1..limits::SEQ).contains(&seq) {
            return Ok(None);
        }
        let part = Part::new(room, self.history.before(room, Some(seq + 1), 1).await?);
        Ok(part.lines.into_iter().find(|line| line.seq == seq))
    }
}

fn forbidden(why: &str) -> Denied {
    Denied::Forbidden(Error::new(RefusalCode::Forbidden, why))
}

fn has(lines: &[Line], author: &User, id: &MessageId) -> bool {
    let is_it = |event: Event| event.author.id == author.id && event.kind.id() == Some(id.as_str());
    lines.iter().any(|line| line.event().is_ok_and(is_it))
}

/// What the message says since it was last edited, if that can be seen here.
fn latest_text(lines: &[Line], target: u64) -> Option<String> {
    let edit = lines.iter().rev().find(|line| line.what == What::Edit(target))?;
    match edit.event().ok()?.kind {
        Kind::Edit { text, .. } => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
