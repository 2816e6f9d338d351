//! Joining a room without missing events: subscribe first, read second, and buffer what is published meanwhile.

use std::{mem, sync::Arc, time::Duration};

use protocol::{Cursor, Head, Reason, RoomName, ServerFrame, User, limits};
use tokio::{sync::OwnedSemaphorePermit, time::timeout};

use super::{
    Hub,
    catch_up::{CatchUpCache, RECOVERY_BYTES, splice},
    encoded_event::{self, EncodedEvent, EncodedFrame},
    event_log::{CatchUp, EventLog},
    repair::page_after,
    room::{LocalRoom, LocalRoomState},
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

/// A join that is not answered yet.
struct PendingJoin<'a> {
    room: &'a Arc<LocalRoom>,
    connection: &'a str,
    roster: Roster,
    /// How far the joining person has read.
    mark: Option<ReadPosition>,
    /// The permit for a large response, once it is needed.
    permit: Option<OwnedSemaphorePermit>,
}

/// The outcome of one attempt to answer a join.
enum JoinAttempt {
    Answered,
    /// The response is large and has no permit so far.
    NeedsPermit,
    /// The events read from the history do not connect to the log.
    Diverged,
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
        let room = &self.open_room(name).await?;
        room.lock().add_member(connection, user, send_queue);
        let (entered, mark) =
            tokio::join!(self.presence.enter(name, connection, user), self.read_marker(name, &user.id));
        let joined = match entered {
            Ok(roster) => self.answer(PendingJoin { room, connection, roster, mark, permit: None }, after).await,
            Err(error) => Err(error),
        };
        if joined.is_err() {
            self.leave(name, connection, super::LeaveReason::Requested);
        }
        joined
    }

    async fn answer(self: &Arc<Self>, mut join: PendingJoin<'_>, after: Option<Cursor>) -> Result<()> {
        let room = join.room;
        let Some(mut cursor) = after else {
            join.admit(&mut room.lock(), &Cursor::default(), CatchUp::Lost(Reason::New));
            return Ok(());
        };
        cursor.seq = cursor.seq.min(limits::SEQ);
        for _ in 0..MAX_ATTEMPTS {
            let from_log = {
                let mut state = room.lock();
                state.log.catch_up(&cursor).map(|missed| join.admit(&mut state, &cursor, missed))
            };
            let attempt = match from_log {
                Some(attempt) => attempt,
                None => self.answer_from_history(&mut join, &cursor).await?,
            };
            match attempt {
                JoinAttempt::Answered => return Ok(()),
                JoinAttempt::NeedsPermit => join.permit = Some(self.large_response_permit().await?),
                JoinAttempt::Diverged => {}
            }
        }
        // The log and the history disagree, and only the log can be wrong.
        self.mark_stale(room);
        Err(BackendError::Unavailable("the room is being repaired".into()))
    }

    async fn answer_from_history(self: &Arc<Self>, join: &mut PendingJoin<'_>, cursor: &Cursor) -> Result<JoinAttempt> {
        let room = join.room;
        let mut cache = room.catch_up.lock().await;
        let reaches_ring = |seq| room.lock().log.after(seq).is_some();
        let missed = cache.after(cursor, &room.name, reaches_ring, &*self.history).await?;
        let mut state = room.lock();
        let missed = match missed {
            CatchUp::Lost(Reason::Epoch) if cursor.epoch == state.log.epoch() => {
                // The room has a new epoch, and this instance has not received an event of it.
                drop(state);
                self.mark_stale(room);
                return Ok(JoinAttempt::Diverged);
            }
            CatchUp::Lost(reason) => Some(CatchUp::Lost(reason)),
            CatchUp::Recovered(events) => splice(cursor, events, &state.log).map(CatchUp::Recovered),
        };
        if let Some(missed) = missed {
            return Ok(join.admit(&mut state, cursor, missed));
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

impl PendingJoin<'_> {
    /// Queues the response and switches the member to live events, in one step under the room's lock, so that no event
    /// is missed or sent twice. A large response needs a permit.
    fn admit(&mut self, state: &mut LocalRoomState, cursor: &Cursor, missed: CatchUp) -> JoinAttempt {
        // The socket may have closed during the join.
        let Some(member) = state.members.get_mut(self.connection) else { return JoinAttempt::Answered };
        let log = &state.log;
        let (events, reason) = match missed {
            CatchUp::Recovered(events) if encoded_event::total_bytes(&events) <= RECOVERY_BYTES => (events, None),
            CatchUp::Recovered(_) => (latest_page(log, Reason::Trimmed), Some(Reason::Trimmed)),
            CatchUp::Lost(reason) => (latest_page(log, reason), Some(reason)),
        };
        let recovered = reason.is_none();
        if recovered && self.permit.is_none() && encoded_event::total_bytes(&events) > SMALL_RESPONSE_BYTES {
            return JoinAttempt::NeedsPermit;
        }
        // The client may then be ahead of this instance's log.
        let end = events.last().map_or((cursor.seq, &cursor.uid), |last| (last.seq, &last.uid));
        let known = log.head();
        let head = if recovered && end.0 > known.seq { Head { seq: end.0, uid: end.1.clone() } } else { known.clone() };
        let joined = ServerFrame::Joined {
            room: self.room.name.to_string(),
            epoch: log.epoch().to_owned(),
            recovered,
            reason,
            events: encoded_event::raw_events(&events),
            head: head.clone(),
            people: mem::take(&mut self.roster.people),
            count: self.roster.count,
            read: self.mark.as_ref().filter(|mark| mark.is_valid_for(log.epoch(), known)).map(|mark| mark.seq),
        };
        member.go_live(EncodedFrame::from(joined.encode()), self.permit.take(), head);
        JoinAttempt::Answered
    }
}

/// The events that replace a client's view.
fn latest_page(log: &EventLog, reason: Reason) -> Vec<EncodedEvent> {
    let latest = log.latest(page_after(reason, log.newest_first()));
    encoded_event::newest_page(&latest).to_vec()
}
