//! The recent events of a room on this instance: a head and a ring of encoded events without gaps.

use std::collections::VecDeque;

use protocol::{Cursor, Head, Reason};

use super::encoded_event::EncodedEvent;

/// How many events the ring keeps for joins. Older ones are read from the history.
pub const RING_EVENTS: usize = 256;

/// A room's recent events. Each event follows the one before it, and the last one is the head.
#[derive(Debug, Default)]
pub struct EventLog {
    epoch: String,
    head: Head,
    ring: VecDeque<EncodedEvent>,
}

/// How an event relates to the log.
#[derive(Debug, PartialEq, Eq)]
pub enum LogRelation {
    /// It follows the head.
    Next,
    /// The log already has it, or is past it.
    Known,
    /// It does not follow: events are missing, or the history forked.
    Mismatch,
}

/// What a client with a cursor has missed.
#[derive(Debug)]
pub enum CatchUp {
    /// All events after the cursor, without gaps.
    Recovered(Vec<EncodedEvent>),
    /// They cannot be recovered, for this reason.
    Lost(Reason),
}

impl EventLog {
    /// Replaces the content by the latest part of the history.
    pub fn replace(&mut self, epoch: String, head: Head, events: Vec<EncodedEvent>) {
        self.ring = events.into();
        while self.ring.len() > RING_EVENTS {
            self.ring.pop_front();
        }
        self.epoch = epoch;
        self.head = head;
    }

    /// The room's epoch.
    pub fn epoch(&self) -> &str {
        &self.epoch
    }

    /// The last event.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// The head as a cursor.
    pub fn cursor(&self) -> Cursor {
        Cursor { epoch: self.epoch.clone(), seq: self.head.seq, uid: self.head.uid.clone() }
    }

    /// Whether the log is up to date with `head`, which was read from the broker when the log's cursor was `before`. A
    /// log that has passed `head` since is up to date; one that was already past it is not, because the history stepped
    /// back.
    pub fn is_current_with(&self, head: &Cursor, before: &Cursor) -> bool {
        let stepped_back = head.epoch == before.epoch && head.seq < before.seq;
        let is_passed = match self.find(head.seq) {
            Some(event) => event.uid == head.uid,
            // The log has no gaps, so it has passed every event that is older than the ring.
            None => head.seq < self.head.seq,
        };
        *head == self.cursor() || (head.epoch == self.epoch && is_passed && !stepped_back)
    }

    /// Whether the event at `seq` can have this `uid`; true if the ring does not have the event.
    pub fn may_have_uid(&self, seq: u64, uid: &str) -> bool {
        self.find(seq).is_none_or(|event| event.uid == uid)
    }

    /// How an event relates to the log.
    pub fn relation(&self, epoch: &str, event: &EncodedEvent) -> LogRelation {
        if epoch != self.epoch {
            return LogRelation::Mismatch;
        }
        if event.seq == self.head.seq + 1 && event.prev == self.head.uid {
            return LogRelation::Next;
        }
        match self.find(event.seq) {
            Some(known) if known.uid == event.uid => LogRelation::Known,
            // Older than the ring: it cannot be compared, and no member needs it.
            None if event.seq <= self.head.seq => LogRelation::Known,
            _ => LogRelation::Mismatch,
        }
    }

    /// Appends an event whose [`LogRelation`] is [`LogRelation::Next`].
    pub fn push(&mut self, event: EncodedEvent) {
        self.head = Head { seq: event.seq, uid: event.uid.clone() };
        if self.ring.len() == RING_EVENTS {
            self.ring.pop_front();
        }
        self.ring.push_back(event);
    }

    /// What a client at `cursor` has missed; `None` if the cursor is outside the ring, so that the history has to be
    /// read.
    pub fn catch_up(&self, cursor: &Cursor) -> Option<CatchUp> {
        if cursor.epoch != self.epoch {
            return Some(CatchUp::Lost(Reason::Epoch));
        }
        if cursor.seq == self.head.seq && cursor.uid == self.head.uid {
            return Some(CatchUp::Recovered(Vec::new()));
        }
        let events = self.after(cursor.seq)?;
        events.first().is_some_and(|first| first.prev == cursor.uid).then_some(CatchUp::Recovered(events))
    }

    /// The latest `count` events.
    pub fn latest(&self, count: usize) -> Vec<EncodedEvent> {
        self.ring.iter().skip(self.ring.len().saturating_sub(count)).cloned().collect()
    }

    /// The events of the ring, newest first.
    pub fn newest_first(&self) -> impl Iterator<Item = &EncodedEvent> {
        self.ring.iter().rev()
    }

    /// The events of the ring from `seq` on.
    pub fn since(&self, seq: u64) -> impl DoubleEndedIterator<Item = &EncodedEvent> + Clone {
        let older = self.ring.partition_point(|event| event.seq < seq);
        self.ring.range(older..)
    }

    /// The events after `seq`, if the ring has all of them.
    pub fn after(&self, seq: u64) -> Option<Vec<EncodedEvent>> {
        if seq == self.head.seq {
            return Some(Vec::new());
        }
        let first = self.ring.front()?.seq;
        let skip = usize::try_from((seq + 1).checked_sub(first)?).ok()?;
        (seq < self.head.seq).then(|| self.ring.iter().skip(skip).cloned().collect())
    }

    /// The last `limit` events before `before`, if the ring has all of them.
    pub fn before(&self, before: u64, limit: usize) -> Option<Vec<EncodedEvent>> {
        let first = self.ring.front()?.seq;
        let end = usize::try_from(before.min(self.head.seq + 1).checked_sub(first)?).ok()?;
        let start = if end >= limit {
            end - limit
        } else if first == 1 {
            0
        } else {
            return None;
        };
        Some(self.ring.range(start..end).cloned().collect())
    }

    fn find(&self, seq: u64) -> Option<&EncodedEvent> {
        let first = self.ring.front()?.seq;
        self.ring.get(usize::try_from(seq.checked_sub(first)?).ok()?)
    }
}

/// Whether each event follows the one before it, and the first one follows `prev`.
pub fn is_chain(prev: &Head, events: &[EncodedEvent]) -> bool {
    events.first().is_none_or(|first| first.seq == prev.seq + 1 && first.prev == prev.uid)
        && events.windows(2).all(|pair| pair[0].precedes(&pair[1]))
}

#[cfg(test)]
mod tests {
    use protocol::RoomName;

    use super::*;
    use crate::backend::StoredEvent;

    fn event(seq: u64) -> EncodedEvent {
        event_with(seq, &uid(seq), &uid(seq - 1))
    }

    fn event_with(seq: u64, uid: &str, prev: &str) -> EncodedEvent {
        let event = StoredEvent { seq, uid: uid.into(), prev: prev.into(), body: "{}".into() };
        EncodedEvent::new(&RoomName::new("lobby").unwrap(), event)
    }

    fn uid(seq: u64) -> String {
        if seq == 0 { String::new() } else { format!("u{seq}") }
    }

    fn log(last: u64) -> EventLog {
        let mut log = EventLog::default();
        log.replace("e".into(), Head::default(), Vec::new());
        (1..=last).for_each(|seq| log.push(event(seq)));
        log
    }

    fn cursor(seq: u64) -> Cursor {
        Cursor { epoch: "e".into(), seq, uid: uid(seq) }
    }

    fn seqs<'a>(events: impl IntoIterator<Item = &'a EncodedEvent>) -> Vec<u64> {
        events.into_iter().map(|event| event.seq).collect()
    }

    #[test]
    fn relates_an_event_to_the_log() {
        let log = log(300);
        let fork = |seq| event_with(seq, "other", &uid(seq - 1));
        assert_eq!(log.relation("e", &event(301)), LogRelation::Next);
        assert_eq!(log.relation("e", &event(300)), LogRelation::Known);
        assert_eq!(log.relation("e", &event(3)), LogRelation::Known);
        assert_eq!(log.relation("e", &event(302)), LogRelation::Mismatch);
        assert_eq!(log.relation("e", &fork(300)), LogRelation::Mismatch);
        assert_eq!(log.relation("e", &event_with(301, "u301", "other")), LogRelation::Mismatch);
        assert_eq!(log.relation("f", &event(301)), LogRelation::Mismatch);
        assert_eq!(super::EventLog::default().relation("", &event(1)), LogRelation::Next);
    }

    #[test]
    fn catches_up_a_cursor_in_the_ring() {
        let log = log(300);
        for (seq, count) in [(300, 0), (299, 1), (44, 256)] {
            let Some(CatchUp::Recovered(events)) = log.catch_up(&cursor(seq)) else { panic!("{seq}") };
            assert_eq!(events.len(), count);
            assert!(is_chain(&Head { seq, uid: uid(seq) }, &events));
        }
    }

    #[test]
    fn leaves_cursors_outside_the_ring_to_the_history() {
        let log = log(300);
        for cursor in [cursor(43), cursor(0), cursor(301), Cursor { uid: "other".into(), ..cursor(299) }] {
            assert!(log.catch_up(&cursor).is_none(), "{cursor:?}");
        }
        let other_epoch = log.catch_up(&Cursor { epoch: "d".into(), ..cursor(299) });
        assert!(matches!(other_epoch, Some(CatchUp::Lost(Reason::Epoch))));
    }

    #[test]
    fn is_current_unless_the_head_is_ahead_or_stepped_back() {
        let log = log(300);
        for (head, before, known) in [
            (cursor(300), cursor(300), true),
            (cursor(300), cursor(299), true),
            // More events arrived while the broker was asked.
            (cursor(299), cursor(299), true),
            (cursor(299), cursor(300), false),
            (cursor(301), cursor(300), false),
            (Cursor { uid: "other".into(), ..cursor(300) }, cursor(300), false),
            (Cursor { epoch: "f".into(), ..cursor(300) }, cursor(300), false),
            (Cursor::default(), cursor(300), false),
        ] {
            assert_eq!(log.is_current_with(&head, &before), known, "{head:?} after {before:?}");
        }
    }

    #[test]
    fn reads_pages_that_the_ring_has_completely() {
        assert_eq!(seqs(&log(300).before(120, 3).unwrap()), [117, 118, 119]);
        assert_eq!(seqs(&log(300).before(999, 2).unwrap()), [299, 300]);
        assert!(log(300).before(46, 3).is_none());
        assert!(log(300).before(2, 3).is_none());
        assert_eq!(seqs(&log(5).before(3, 50).unwrap()), [1, 2]);
        assert!(log(5).before(1, 50).unwrap().is_empty());
        assert_eq!(seqs(&log(300).latest(2)), [299, 300]);
        assert_eq!(seqs(log(300).since(299)), [299, 300]);
        assert_eq!(log(300).since(1).count(), RING_EVENTS);
        assert_eq!(log(300).since(301).count(), 0);
    }
}
