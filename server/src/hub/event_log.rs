//! Where a room stands on this instance: a cursor and the latest events, as one closed chain.

use std::collections::VecDeque;

use protocol::{Cursor, Head, Reason};

use super::encoded_event::EncodedEvent;
use crate::defence::{Defence, same, stands};

/// How many events are kept for those who come in or come back. Older ones are read from the history.
pub const RING_EVENTS: usize = 256;

/// A room's recent past. Every line follows the one before it, and the last one is the head.
#[derive(Debug, Default)]
pub struct EventLog {
    epoch: String,
    head: Head,
    ring: VecDeque<EncodedEvent>,
}

/// What a new event is to the log.
#[derive(Debug, PartialEq, Eq)]
pub enum Placement {
    /// The next one.
    Next,
    /// Here already.
    Known,
    /// Not the next one: something is missing, or the history went another way.
    Mismatch,
}

/// What the log can say to somebody with a cursor.
#[derive(Debug)]
pub enum CatchUp {
    /// All that came after the cursor.
    Recovered(Vec<EncodedEvent>),
    /// The cursor is of another life of the room.
    EpochChanged(Reason),
    /// The log does not reach back (or forward) far enough: the history knows.
    NeedsHistory,
}

impl EventLog {
    /// Starts over from the latest part of the history.
    pub fn prime(&mut self, epoch: String, head: Head, events: Vec<EncodedEvent>) {
        self.ring = events.into();
        while self.ring.len() > RING_EVENTS {
            self.ring.pop_front();
        }
        self.epoch = epoch;
        self.head = head;
    }

    /// The room's life.
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

    /// Whether the broker's head is no news, where the log stood at `before` when the broker was asked: the log has come by it
    /// since, and did not stand beyond it already. One that stepped back is news.
    pub fn is_current_with(&self, head: &Cursor, before: &Cursor) -> bool {
        let stepped_back = head.epoch == before.epoch && head.seq < before.seq && stands(Defence::Chain);
        let is_passed = match self.find(head.seq) {
            Some(event) => same(&event.uid, &head.uid),
            // The chain up to here is closed, so what is older than the ring was come by.
            None => head.seq < self.head.seq,
        };
        *head == self.cursor() || (head.epoch == self.epoch && is_passed && !stepped_back)
    }

    /// Whether the event at that number can have that name.
    pub fn may_have_uid(&self, seq: u64, uid: &str) -> bool {
        self.find(seq).is_none_or(|event| same(&event.uid, uid))
    }

    /// Where an event belongs.
    pub fn place(&self, epoch: &str, event: &EncodedEvent) -> Placement {
        if epoch != self.epoch {
            return Placement::Mismatch;
        }
        if event.seq == self.head.seq + 1 && same(&event.prev, &self.head.uid) {
            return Placement::Next;
        }
        match self.find(event.seq) {
            Some(known) if same(&known.uid, &event.uid) => Placement::Known,
            // Older than the ring: it cannot be compared, and nobody here waits for it.
            None if event.seq <= self.head.seq => Placement::Known,
            _ => Placement::Mismatch,
        }
    }

    /// Takes the next event. The caller has asked for its [`Place`].
    pub fn push(&mut self, event: EncodedEvent) {
        self.head = Head { seq: event.seq, uid: event.uid.clone() };
        if self.ring.len() == RING_EVENTS {
            self.ring.pop_front();
        }
        self.ring.push_back(event);
    }

    /// What came after `cursor`.
    pub fn catch_up(&self, cursor: &Cursor) -> CatchUp {
        if cursor.epoch != self.epoch {
            return CatchUp::EpochChanged(Reason::Epoch);
        }
        if cursor.seq == self.head.seq && same(&cursor.uid, &self.head.uid) {
            return CatchUp::Recovered(Vec::new());
        }
        match self.after(cursor.seq) {
            Some(events) if events.first().is_some_and(|first| same(&first.prev, &cursor.uid)) => {
                CatchUp::Recovered(events)
            }
            _ => CatchUp::NeedsHistory,
        }
    }

    /// The latest `count` lines.
    pub fn latest(&self, count: usize) -> Vec<EncodedEvent> {
        self.ring.iter().skip(self.ring.len().saturating_sub(count)).cloned().collect()
    }

    /// The lines that are here, the last one first.
    pub fn newest_first(&self) -> impl Iterator<Item = &EncodedEvent> {
        self.ring.iter().rev()
    }

    /// What is here of the lines from number `seq` on.
    pub fn since(&self, seq: u64) -> Vec<EncodedEvent> {
        let older = self.ring.partition_point(|event| event.seq < seq);
        self.ring.range(older..).cloned().collect()
    }

    /// The lines after number `seq`, if the ring has them all.
    pub fn after(&self, seq: u64) -> Option<Vec<EncodedEvent>> {
        if seq == self.head.seq {
            return Some(Vec::new());
        }
        let first = self.ring.front()?.seq;
        let skip = usize::try_from((seq + 1).checked_sub(first)?).ok()?;
        (seq < self.head.seq).then(|| self.ring.iter().skip(skip).cloned().collect())
    }

    /// The last `limit` lines before number `before`, if the ring has them all.
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

/// Whether the lines follow one another, and the first one follows `prev`.
pub fn is_chain(prev: &Head, events: &[EncodedEvent]) -> bool {
    events.first().is_none_or(|first| first.seq == prev.seq + 1 && same(&first.prev, &prev.uid))
        && events.windows(2).all(|pair| pair[0].precedes(&pair[1]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::encoded_event::EventType;

    fn event(seq: u64) -> EncodedEvent {
        EncodedEvent {
            seq,
            uid: format!("u{seq}"),
            prev: uid(seq - 1),
            event_type: EventType::Message,
            frame: bytes::Bytes::new(),
        }
    }

    fn uid(seq: u64) -> String {
        if seq == 0 { String::new() } else { format!("u{seq}") }
    }

    fn log(last: u64) -> EventLog {
        let mut log = EventLog::default();
        log.prime("e".into(), Head::default(), Vec::new());
        (1..=last).for_each(|seq| log.push(event(seq)));
        log
    }

    fn cursor(seq: u64) -> Cursor {
        Cursor { epoch: "e".into(), seq, uid: uid(seq) }
    }

    fn seqs(events: &[EncodedEvent]) -> Vec<u64> {
        events.iter().map(|event| event.seq).collect()
    }

    #[test]
    fn every_event_has_its_place() {
        let log = log(300);
        let fork = |seq| EncodedEvent { uid: "other".into(), ..event(seq) };
        assert_eq!(log.place("e", &event(301)), Placement::Next);
        assert_eq!(log.place("e", &event(300)), Placement::Known);
        assert_eq!(log.place("e", &event(3)), Placement::Known);
        assert_eq!(log.place("e", &event(302)), Placement::Mismatch);
        assert_eq!(log.place("e", &fork(300)), Placement::Mismatch);
        assert_eq!(log.place("e", &EncodedEvent { prev: "other".into(), ..event(301) }), Placement::Mismatch);
        assert_eq!(log.place("f", &event(301)), Placement::Mismatch);
        assert_eq!(super::EventLog::default().place("", &event(1)), Placement::Next);
    }

    #[test]
    fn a_cursor_in_the_ring_is_caught_up() {
        let log = log(300);
        for (seq, count) in [(300, 0), (299, 1), (44, 256)] {
            let CatchUp::Recovered(events) = log.catch_up(&cursor(seq)) else { panic!("{seq}") };
            assert_eq!(events.len(), count);
            assert!(is_chain(&Head { seq, uid: uid(seq) }, &events));
        }
    }

    #[test]
    fn what_the_ring_cannot_prove_is_left_to_the_history() {
        let log = log(300);
        for cursor in [cursor(43), cursor(0), cursor(301), Cursor { uid: "other".into(), ..cursor(299) }] {
            assert!(matches!(log.catch_up(&cursor), CatchUp::NeedsHistory), "{cursor:?}");
        }
        assert!(matches!(
            log.catch_up(&Cursor { epoch: "d".into(), ..cursor(299) }),
            CatchUp::EpochChanged(Reason::Epoch)
        ));
    }

    #[test]
    fn a_head_is_known_unless_it_is_ahead_or_stepped_back() {
        let log = log(300);
        for (head, before, known) in [
            (cursor(300), cursor(300), true),
            (cursor(300), cursor(299), true),
            // More was heard while the broker was asked.
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
    fn pages_come_from_the_ring_where_it_has_all_of_them() {
        assert_eq!(seqs(&log(300).before(120, 3).unwrap()), [117, 118, 119]);
        assert_eq!(seqs(&log(300).before(999, 2).unwrap()), [299, 300]);
        assert!(log(300).before(46, 3).is_none());
        assert!(log(300).before(2, 3).is_none());
        assert_eq!(seqs(&log(5).before(3, 50).unwrap()), [1, 2]);
        assert!(log(5).before(1, 50).unwrap().is_empty());
        assert_eq!(seqs(&log(300).latest(2)), [299, 300]);
        assert_eq!(seqs(&log(300).since(299)), [299, 300]);
        assert_eq!(log(300).since(1).len(), RING_EVENTS);
        assert!(log(300).since(301).is_empty());
    }
}
