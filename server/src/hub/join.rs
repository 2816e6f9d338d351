//! Joining a room without missing events: subscribe first, read second, and buffer what is published meanwhile.

use std::{sync::Arc, time::Duration};

use protocol::{Cursor, Head, Reason, RoomName, ServerFrame, User, limits};
use tokio::{sync::OwnedSemaphorePermit, time::timeout};

use super::{
    Hub,
    catch_up::{CatchUpCache, CatchUpResult, RECOVERY_BYTES, splice},
    encoded_event::{self, EncodedEvent, EncodedFrame},
    event_log::CatchUp,
    repair::page_after,
    room::{Member, Room, RoomState},
    send_queue::SendQueue,
};
use crate::backend::{BackendError, ReadPosition, Result, Roster};

/// How often the history is read again when the room advances faster than it can be read.
const MAX_ATTEMPTS: usize = 5;

/// Responses with more bytes of events than this are large and need a permit.
const SMALL_RESPONSE_BYTES: usize = 64 * 1_024;

/// How many large responses may be in memory at once, from their encoding until they are written.
pub(super) const LARGE_RESPONSES: usize = 256;

/// How long a join may wait for a permit to hold a large response. Then it is refused, and the client retries.
const PERMIT_TIMEOUT: Duration = Duration::from_secs(2);

/// The outcome of one attempt to answer a join.
enum JoinAttempt {
    Answered,
    /// The response is large and has no permit so far.
    NeedsPermit,
    /// The events read from the history do not connect to the log.
    Diverged,
}

/// The parts of a join's response that are about people.
struct JoinContext {
    roster: Roster,
    /// How far the joining person has read.
    mark: Option<ReadPosition>,
}

/// The events of a join's response.
struct Backlog {
    recovered: bool,
    reason: Option<Reason>,
    events: Vec<EncodedEvent>,
    /// The last event that the client then has. It may be ahead of this instance's log.
    end: Head,
}

impl Hub {
    /// Makes a connection a member of a room and queues the response. Live events follow the response.
    ///
    /// # Errors
    /// When the backend cannot be reached; the connection is then not a member.
    pub async fn join(
        self: &Arc<Self>,
        name: &RoomName,
        connection: &str,
        user: &User,
        send_queue: &Arc<SendQueue>,
        after: Option<Cursor>,
    ) -> Result<()> {
        let room = self.open_room(name).await?;
        room.lock().members.insert(connection.to_owned(), Member::new(user, send_queue));
        let (entered, mark) =
            tokio::join!(self.presence.enter(name, connection, user), self.read_marker(name, &user.id));
        let joined = match entered {
            Ok(roster) => self.answer(&room, connection, after, &JoinContext { roster, mark }).await,
            Err(error) => Err(error),
        };
        if joined.is_err() {
            self.leave(name, connection, super::LeaveReason::Requested);
        }
        joined
    }

    async fn answer(
        self: &Arc<Self>,
        room: &Arc<Room>,
        connection: &str,
        after: Option<Cursor>,
        context: &JoinContext,
    ) -> Result<()> {
        let Some(mut cursor) = after else {
            room.lock().admit(room, connection, Backlog::page(Reason::New), context, &mut None);
            return Ok(());
        };
        cursor.seq = cursor.seq.min(limits::SEQ);
        let mut permit = None;
        for _ in 0..MAX_ATTEMPTS {
            let from_log = {
                let mut state = room.lock();
                state.catch_up(&cursor).map(|backlog| state.admit(room, connection, backlog, context, &mut permit))
            };
            let attempt = match from_log {
                Some(attempt) => attempt,
                None => self.answer_from_history(room, connection, &cursor, context, &mut permit).await?,
            };
            match attempt {
                JoinAttempt::Answered => return Ok(()),
                JoinAttempt::NeedsPermit => permit = Some(self.large_response_permit().await?),
                JoinAttempt::Diverged => {}
            }
        }
        // The log and the history disagree, and only the log can be wrong.
        self.mark_stale(room);
        Err(BackendError::Unavailable("the room is being repaired".into()))
    }

    async fn answer_from_history(
        self: &Arc<Self>,
        room: &Arc<Room>,
        connection: &str,
        cursor: &Cursor,
        context: &JoinContext,
        permit: &mut Option<OwnedSemaphorePermit>,
    ) -> Result<JoinAttempt> {
        let mut cache = room.catch_up.lock().await;
        let reaches_ring = |seq| room.lock().log.after(seq).is_some();
        let result = cache.after(cursor, &room.name, reaches_ring, &*self.history).await?;
        let mut state = room.lock();
        let backlog = match result {
            CatchUpResult::Lost(reason) => {
                if reason == Reason::Epoch && cursor.epoch == state.log.epoch() {
                    // The room has a new epoch, and this instance has not received an event of it.
                    drop(state);
                    self.mark_stale(room);
                    return Ok(JoinAttempt::Diverged);
                }
                Some(Backlog::page(reason))
            }
            CatchUpResult::Recovered(events) => {
                splice(cursor, events, &state.log).map(|events| Backlog::recovered(cursor, events))
            }
        };
        if let Some(backlog) = backlog {
            return Ok(state.admit(room, connection, backlog, context, permit));
        }
        // The cached events may belong to a history that was lost.
        *cache = CatchUpCache::default();
        Ok(JoinAttempt::Diverged)
    }

    async fn large_response_permit(&self) -> Result<OwnedSemaphorePermit> {
        let permit = timeout(PERMIT_TIMEOUT, Arc::clone(&self.large_response_permits).acquire_owned()).await;
        let permit =
            permit.map_err(|_| BackendError::Unavailable("too many large responses are being written".into()))?;
        Ok(permit.expect("the semaphore is never closed"))
    }
}

impl Backlog {
    fn recovered(cursor: &Cursor, events: Vec<EncodedEvent>) -> Self {
        if encoded_event::total_bytes(&events) > RECOVERY_BYTES {
            return Self::page(Reason::Trimmed);
        }
        let end = events.last().map_or((cursor.seq, &cursor.uid), |last| (last.seq, &last.uid));
        let end = Head { seq: end.0, uid: end.1.clone() };
        Self { recovered: true, reason: None, events, end }
    }

    /// No events: the latest page is taken from the log.
    fn page(reason: Reason) -> Self {
        Self { recovered: false, reason: Some(reason), events: Vec::new(), end: Head::default() }
    }
}

impl RoomState {
    fn catch_up(&self, cursor: &Cursor) -> Option<Backlog> {
        match self.log.catch_up(cursor) {
            CatchUp::Recovered(events) => Some(Backlog::recovered(cursor, events)),
            CatchUp::EpochChanged(reason) => Some(Backlog::page(reason)),
            CatchUp::NeedsHistory => None,
        }
    }

    /// Queues the response and switches the member to live events, in one step under the room's lock, so that no event
    /// is missed or sent twice. A large response needs a permit.
    fn admit(
        &mut self,
        room: &Room,
        connection: &str,
        backlog: Backlog,
        context: &JoinContext,
        permit: &mut Option<OwnedSemaphorePermit>,
    ) -> JoinAttempt {
        // The socket may have closed during the join.
        let Some(member) = self.members.get_mut(connection) else { return JoinAttempt::Answered };
        if permit.is_none() && encoded_event::total_bytes(&backlog.events) > SMALL_RESPONSE_BYTES {
            return JoinAttempt::NeedsPermit;
        }
        let count = backlog.reason.map_or(0, |reason| page_after(reason, self.log.newest_first()));
        let latest = self.log.latest(count);
        let events = if backlog.recovered { &backlog.events[..] } else { encoded_event::newest_page(&latest) };
        let known = self.log.head();
        let head = if backlog.end.seq > known.seq { backlog.end } else { known.clone() };
        let joined = ServerFrame::Joined {
            room: room.name.to_string(),
            epoch: self.log.epoch().to_owned(),
            recovered: backlog.recovered,
            reason: backlog.reason,
            events: encoded_event::raw_events(events),
            head: head.clone(),
            people: context.roster.people.clone(),
            count: context.roster.count,
            read: context.mark.as_ref().filter(|mark| mark.is_valid_for(self.log.epoch(), known)).map(|mark| mark.seq),
        };
        member.go_live(EncodedFrame::from(joined.encode()), permit.take(), head);
        JoinAttempt::Answered
    }
}
