//! What people do in a room that is kept. Whether they may is checked first, by what this instance has of the room, and by one
//! read of the history where it has not got what is changed. Both are paid for by the token that a send costs, so it needs no
//! cache of its own.

use protocol::{Command, Error, Event, Kind, MessageId, MessageRef, RefusalCode, Reply, RoomName, User, limits};

use super::{
    Hub,
    frame::{Line, What},
    sync::Part,
};
use crate::backend::{self, Receipt};

/// Of so many events after a message it is known what became of it before somebody quotes it.
const QUOTED: usize = 1_000;

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

impl<'a> From<&'a Command> for Act<'a> {
    fn from(command: &'a Command) -> Self {
        match command {
            Command::Send { text, reply_to } => Self::Say { text, reply_to: reply_to.as_ref().map(Into::into) },
            Command::Edit { target, text } => Self::Edit { target: target.into(), text },
            Command::Delete { target } => Self::Delete { target: target.into() },
            Command::React { target, emoji, on } => Self::React { target: target.into(), emoji, on: *on },
        }
    }
}

impl<'a> From<&'a MessageRef> for Target<'a> {
    fn from(MessageRef { seq, uid }: &'a MessageRef) -> Self {
        Self { seq: *seq, uid: uid.as_deref() }
    }
}

impl<'a> Act<'a> {
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
        let limit = if matches!(act, Act::Say { .. }) { QUOTED } else { 1 };
        let Stretch { lines: recent, is_whole } = self.stretch(room, target.seq, limit).await?;
        let line = recent.first().filter(|line| target.uid.is_none_or(|uid| uid == line.uid));
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
        let text = match is_whole {
            true => latest_text(&recent, target.seq).unwrap_or(text),
            // It may have been taken back since.
            false => "…".to_owned(),
        };
        Ok(Reply::to(target.seq, said_by, &text))
    }

    /// The event of that number and what came after it: what is here, and before that `limit` events of the history. Nothing if it is
    /// not kept.
    async fn stretch(&self, room: &RoomName, seq: u64, limit: usize) -> backend::Result<Stretch> {
        let recent = self.of_log(room, |log| Some(log.since(seq))).unwrap_or_default();
        let begins = |lines: &[Line]| lines.first().is_some_and(|line| line.seq == seq);
        if begins(&recent) {
            return Ok(Stretch { lines: recent, is_whole: true });
        }
        let mut lines = match (1..limits::SEQ).contains(&seq) {
            true => Part::new(room, self.history.after(room, seq - 1, limit).await?).lines,
            false => Vec::new(),
        };
        let Some(last) = lines.last().map(|line| line.seq).filter(|_| begins(&lines)) else {
            return Ok(Stretch { lines: Vec::new(), is_whole: false });
        };
        let is_whole = lines.len() < limit || recent.first().is_some_and(|line| line.seq <= last + 1);
        lines.extend(recent.into_iter().filter(|line| line.seq > last));
        Ok(Stretch { lines, is_whole })
    }
}

/// An event and those after it.
struct Stretch {
    lines: Vec<Line>,
    /// Whether none is left out between the first and the last.
    is_whole: bool,
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
