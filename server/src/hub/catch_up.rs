//! Catching up clients whose cursor is older than the ring: one read of the history serves all of them.

use std::time::Instant;

use protocol::{Cursor, Head, Reason, RoomName};

use super::{
    encoded_event::{EncodedEvent, total_bytes},
    event_log::{CatchUp, EventLog},
    repair::EncodedRange,
};
use crate::backend::{History, Result};

/// Limit in bytes for the events that a join recovers. Beyond it the latest page replaces the client's view, and older
/// events can be requested from the history. A slow phone connection has to transfer it before the heartbeat times out.
pub(super) const RECOVERY_BYTES: usize = 256 * 1_024;

/// How many events one read of the history returns.
const READ_BATCH: usize = 1_000;

/// The events after `from`, as last read. Cleared when unused for a while.
#[derive(Debug, Default)]
pub(super) struct CatchUpCache {
    from: Cursor,
    events: Vec<EncodedEvent>,
    last_used: Option<Instant>,
}

impl CatchUpCache {
    /// What a client at `cursor` has missed, as far as the history had it when it was read. It comes from the cache if
    /// the cache still reaches the log's ring, else from the history.
    pub async fn after(
        &mut self,
        cursor: &Cursor,
        room: &RoomName,
        reaches_ring: impl Fn(u64) -> bool,
        history: &dyn History,
    ) -> Result<CatchUp> {
        if let Some(events) = self.known(cursor).filter(|_| reaches_ring(self.end())) {
            self.last_used = Some(Instant::now());
            return Ok(CatchUp::Recovered(events));
        }
        metrics::counter!("sala_range_reads_total").increment(1);
        let missed = read(cursor, room, history).await?;
        if let CatchUp::Recovered(events) = &missed {
            *self = Self { from: cursor.clone(), events: events.clone(), last_used: Some(Instant::now()) };
        }
        Ok(missed)
    }

    /// Frees the memory if the cache was last used before `then`.
    pub fn clear_unless_used_since(&mut self, then: Instant) {
        if self.last_used.is_some_and(|at| at < then) {
            *self = Self::default();
        }
    }

    fn end(&self) -> u64 {
        self.events.last().map_or(self.from.seq, |event| event.seq)
    }

    fn known(&self, cursor: &Cursor) -> Option<Vec<EncodedEvent>> {
        self.last_used?;
        if *cursor == self.from {
            return Some(self.events.clone());
        }
        let skip = usize::try_from(cursor.seq.checked_sub(self.from.seq)?).ok()?;
        let known = self.events.get(skip.checked_sub(1)?)?;
        (known.cursor(&self.from.epoch) == *cursor).then(|| self.events[skip..].to_vec())
    }
}

async fn read(cursor: &Cursor, room: &RoomName, history: &dyn History) -> Result<CatchUp> {
    let mut events: Vec<EncodedEvent> = Vec::new();
    let mut bytes = 0;
    loop {
        let last = events.last().map_or_else(|| cursor.clone(), |event| event.cursor(&cursor.epoch));
        let slice = EncodedRange::new(room, history.after(room, last.seq, READ_BATCH).await?);
        let is_whole = match slice.follows(&last.epoch, &Head { seq: last.seq, uid: last.uid }) {
            Ok(is_whole) => is_whole,
            Err(reason) => return Ok(CatchUp::Lost(reason)),
        };
        bytes += total_bytes(&slice.events);
        if bytes > RECOVERY_BYTES {
            return Ok(CatchUp::Lost(Reason::Trimmed));
        }
        events.extend(slice.events);
        if is_whole {
            return Ok(CatchUp::Recovered(events));
        }
    }
}

/// Appends the log's events to `events`. Returns `None` if the two do not connect.
pub(super) fn splice(cursor: &Cursor, mut events: Vec<EncodedEvent>, log: &EventLog) -> Option<Vec<EncodedEvent>> {
    let end = events.last().map_or_else(|| cursor.clone(), |event| event.cursor(&cursor.epoch));
    if end.epoch != log.epoch() {
        return None;
    }
    if end.seq <= log.head().seq {
        let rest = log.after(end.seq)?;
        let meets = rest.first().map_or(end.uid == log.head().uid, |first| first.prev == end.uid);
        events.extend(rest);
        return meets.then_some(events);
    }
    // The history was ahead of this instance's log. The events in between will still be published, and skipped for this
    // member.
    let head = log.head();
    let meets = (cursor.seq == head.seq && cursor.uid == head.uid)
        || events.iter().any(|event| event.seq == head.seq && event.uid == head.uid)
        || cursor.seq > head.seq;
    meets.then_some(events)
}
