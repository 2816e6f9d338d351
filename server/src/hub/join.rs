//! Coming into a room without a hole: subscribed first, read second, and what happens meanwhile is
//! held for the joiner.

use std::{sync::Arc, time::Duration};

use protocol::{Cursor, Head, Reason, RoomName, ServerFrame, User, limits};
use tokio::{sync::OwnedSemaphorePermit, time::timeout};

use super::{
    Hub,
    deep::{Deep, Missed, RECOVERY_BYTES, splice},
    frame::{self, Frame, Line},
    log::CatchUp,
    mailbox::Mailbox,
    room::{Member, Room, State},
    sync::page_after,
};
use crate::backend::{Error, Mark, Result, Roster};

/// How often the history is read again when the room moved on faster than it could be read.
const ATTEMPTS: usize = 5;

/// An answer with more bytes than this is a large one.
const SMALL_BYTES: usize = 64 * 1_024;

/// How many large answers may be in memory at once, from their encoding until they are written.
pub(super) const LARGE_ANSWERS: usize = 256;

/// How long one who comes back waits for the leave to get a large answer. Then they are asked to come again.
const PATIENCE: Duration = Duration::from_secs(2);

/// What came of an attempt to answer a join.
enum Attempt {
    Answered,
    /// The answer is a large one, and there is no leave for it so far.
    TooLarge,
    /// The history was read, but does not meet the log.
    Apart,
}

/// What the answer to a join tells of people.
struct Present {
    roster: Roster,
    /// How far the joiner has read.
    mark: Option<Mark>,
}

/// What the answer to a join tells of the past.
struct Past {
    recovered: bool,
    reason: Option<Reason>,
    lines: Vec<Line>,
    /// The last event that the joiner has then seen, which may be ahead of what this instance has heard.
    end: Head,
}

impl Hub {
    /// Makes a connection a member of a room and puts the answer into its mailbox. Live events follow the answer.
    ///
    /// # Errors
    /// When the backend cannot be reached; the connection is then no member.
    pub async fn join(
        self: &Arc<Self>,
        name: &RoomName,
        connection: &str,
        user: &User,
        mailbox: &Arc<Mailbox>,
        after: Option<Cursor>,
    ) -> Result<()> {
        let room = self.open(name).await?;
        room.lock().members.insert(connection.to_owned(), Member::new(user, mailbox));
        let (entered, mark) = tokio::join!(self.presence.enter(name, connection, user), self.mark(name, &user.id));
        let joined = match entered {
            Ok(roster) => self.answer(&room, connection, after, &Present { roster, mark }).await,
            Err(error) => Err(error),
        };
        if joined.is_err() {
            self.leave(name, connection, super::Parting::Now);
        }
        joined
    }

    async fn answer(
        self: &Arc<Self>,
        room: &Arc<Room>,
        connection: &str,
        after: Option<Cursor>,
        present: &Present,
    ) -> Result<()> {
        let Some(mut cursor) = after else {
            room.lock().admit(room, connection, Past::page(Reason::New), present, &mut None);
            return Ok(());
        };
        cursor.seq = cursor.seq.min(limits::SEQ);
        let mut leave = None;
        for _ in 0..ATTEMPTS {
            let from_log = {
                let mut state = room.lock();
                state.catch_up(&cursor).map(|past| state.admit(room, connection, past, present, &mut leave))
            };
            let attempt = match from_log {
                Some(attempt) => attempt,
                None => self.answer_from_history(room, connection, &cursor, present, &mut leave).await?,
            };
            match attempt {
                Attempt::Answered => return Ok(()),
                Attempt::TooLarge => leave = Some(self.leave_for_a_large_answer().await?),
                Attempt::Apart => {}
            }
        }
        // The log and the history disagree: the log is the one that can be wrong.
        self.suspect(room);
        Err(Error::Unavailable("the room is being repaired".into()))
    }

    async fn answer_from_history(
        self: &Arc<Self>,
        room: &Arc<Room>,
        connection: &str,
        cursor: &Cursor,
        present: &Present,
        leave: &mut Option<OwnedSemaphorePermit>,
    ) -> Result<Attempt> {
        let mut deep = room.deep.lock().await;
        let reaches_ring = |seq| room.lock().log.after(seq).is_some();
        let missed = deep.after(cursor, &room.name, reaches_ring, &*self.history).await?;
        let mut state = room.lock();
        let past = match missed {
            Missed::Lost(reason) => {
                if reason == Reason::Epoch && cursor.epoch == state.log.epoch() {
                    // The room has begun a new life, and nobody here has heard of it.
                    drop(state);
                    self.suspect(room);
                    return Ok(Attempt::Apart);
                }
                Some(Past::page(reason))
            }
            Missed::Lines(lines) => splice(cursor, lines, &state.log).map(|lines| Past::recovered(cursor, lines)),
        };
        if let Some(past) = past {
            return Ok(state.admit(room, connection, past, present, leave));
        }
        // What was read before may be of a history that is no more.
        *deep = Deep::default();
        Ok(Attempt::Apart)
    }

    async fn leave_for_a_large_answer(&self) -> Result<OwnedSemaphorePermit> {
        let leave = timeout(PATIENCE, Arc::clone(&self.large_answers).acquire_owned()).await;
        let leave = leave.map_err(|_| Error::Unavailable("many large answers are being written".into()))?;
        Ok(leave.expect("the semaphore is never closed"))
    }
}

impl Past {
    fn recovered(cursor: &Cursor, lines: Vec<Line>) -> Self {
        if frame::weight(&lines) > RECOVERY_BYTES {
            return Self::page(Reason::Trimmed);
        }
        let end = lines.last().map_or((cursor.seq, &cursor.uid), |last| (last.seq, &last.uid));
        let end = Head { seq: end.0, uid: end.1.clone() };
        Self { recovered: true, reason: None, lines, end }
    }

    /// The latest page, which is filled in from the log.
    fn page(reason: Reason) -> Self {
        Self { recovered: false, reason: Some(reason), lines: Vec::new(), end: Head::default() }
    }
}

impl State {
    fn catch_up(&self, cursor: &Cursor) -> Option<Past> {
        match self.log.catch_up(cursor) {
            CatchUp::Recovered(lines) => Some(Past::recovered(cursor, lines)),
            CatchUp::Replaced(reason) => Some(Past::page(reason)),
            CatchUp::Elsewhere => None,
        }
    }

    /// Answers the join and goes live, in one step, so that nothing can come between. A large answer needs leave.
    fn admit(
        &mut self,
        room: &Room,
        connection: &str,
        past: Past,
        present: &Present,
        leave: &mut Option<OwnedSemaphorePermit>,
    ) -> Attempt {
        // The socket may have ended while its join was under way; then there is no one to admit.
        let Some(member) = self.members.get_mut(connection) else { return Attempt::Answered };
        if leave.is_none() && frame::weight(&past.lines) > SMALL_BYTES {
            return Attempt::TooLarge;
        }
        let count = past.reason.map_or(0, |reason| page_after(reason, self.log.newest_first()));
        let latest = self.log.latest(count);
        let lines = if past.recovered { &past.lines[..] } else { frame::newest(&latest) };
        let known = self.log.head();
        let head = if past.end.seq > known.seq { past.end } else { known.clone() };
        let joined = ServerFrame::Joined {
            room: room.name.to_string(),
            epoch: self.log.epoch().to_owned(),
            recovered: past.recovered,
            reason: past.reason,
            events: frame::events(lines),
            head: head.clone(),
            people: present.roster.people.clone(),
            count: present.roster.count,
            read: present.mark.as_ref().filter(|mark| mark.is_of(self.log.epoch(), known)).map(|mark| mark.seq),
        };
        member.go_live(Frame::from(joined.encode()), leave.take(), head);
        Attempt::Answered
    }
}
