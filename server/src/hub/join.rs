//! Coming into a room without a hole: subscribed first, read second, and what happens meanwhile is
//! held for the joiner.

use std::sync::Arc;

use protocol::{Cursor, Head, Reason, RoomName, ServerFrame, User, limits};

use super::{
    Hub,
    deep::{Deep, Missed, splice},
    frame::{self, Frame, Line},
    log::CatchUp,
    mailbox::Mailbox,
    room::{Member, Room, State},
};
use crate::backend::{Error, Result, Roster};

/// How often the history is read again when the room moved on faster than it could be read.
const ATTEMPTS: usize = 5;

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
        let member = Member { user: user.clone(), mailbox: Arc::clone(mailbox), held: Some(Vec::new()), seen: 0 };
        room.lock().members.insert(connection.to_owned(), member);
        let joined = match self.presence.enter(name, connection, user).await {
            Ok(roster) => self.answer(&room, connection, after, &roster).await,
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
        roster: &Roster,
    ) -> Result<()> {
        let Some(mut cursor) = after else {
            room.lock().admit(room, connection, Past::page(Reason::New), roster);
            return Ok(());
        };
        cursor.seq = cursor.seq.min(limits::SEQ);
        for _ in 0..ATTEMPTS {
            let caught_up = {
                let mut state = room.lock();
                state.catch_up(&cursor).map(|past| state.admit(room, connection, past, roster))
            };
            if caught_up.is_some() {
                return Ok(());
            }
            let mut deep = room.deep.lock().await;
            let reaches_ring = |seq| room.lock().log.after(seq).is_some();
            let missed = deep.after(&cursor, &room.name, reaches_ring, &*self.history).await?;
            let mut state = room.lock();
            let past = match missed {
                Missed::Lost(reason) => Some(Past::page(reason)),
                Missed::Lines(lines) => splice(&cursor, lines, &state.log).map(|lines| Past::recovered(&cursor, lines)),
            };
            if let Some(past) = past {
                state.admit(room, connection, past, roster);
                return Ok(());
            }
            // What was read before may be of a history that is no more.
            *deep = Deep::default();
        }
        // The log and the history disagree: the log is the one that can be wrong.
        if room.suspect() {
            self.repair(Arc::clone(room));
        }
        Err(Error::Unavailable("the room is being repaired".into()))
    }
}

impl Past {
    fn recovered(cursor: &Cursor, lines: Vec<Line>) -> Self {
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

    /// Answers the join and goes live, in one step, so that nothing can come between.
    fn admit(&mut self, room: &Room, connection: &str, mut past: Past, roster: &Roster) {
        if !past.recovered {
            past.lines = self.log.latest(limits::PAGE);
        }
        let known = self.log.head();
        let head = if past.end.seq > known.seq { past.end } else { known.clone() };
        let seen = head.seq;
        let joined = ServerFrame::Joined {
            room: room.name.to_string(),
            epoch: self.log.epoch().to_owned(),
            recovered: past.recovered,
            reason: past.reason,
            events: frame::events(&past.lines),
            head,
            people: roster.people.clone(),
            count: roster.count,
        };
        let answer = Frame::from(joined.encode());
        // The socket may have ended while its join was under way; then there is no one to admit.
        if let Some(member) = self.members.get_mut(connection) {
            member.go_live(answer, seen);
        }
    }
}
