use std::collections::VecDeque;

use protocol::{Cursor, Event, Head};

/// A part of a room's history without gaps: the `prev` of every event is the `uid` of the event before it.
#[derive(Clone, Debug)]
pub(crate) struct Chain {
    cursor: Cursor,
    /// The `uid`s of the events in the chain. The last one is the cursor's.
    uids: VecDeque<String>,
    /// The `uid` of the event before the chain; empty if there is none.
    prev: String,
}

/// The relation of an event to a [`Chain`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChainRelation {
    /// The chain contains the event.
    Seen,
    /// The event has a smaller `seq` than the chain. It is older, or belongs to a history that began anew; the chain
    /// cannot tell which.
    Older,
    /// The event follows the chain.
    Next,
    /// There is a gap before the event, or the event belongs to a fork.
    Gap,
}

impl Chain {
    /// Creates the chain of a page. The cursor is the last event, or `head` if the page is empty.
    pub(crate) fn new(epoch: String, events: &[Event], head: Head) -> Self {
        let (seq, uid) = events.last().map_or((head.seq, head.uid), |last| (last.seq, last.uid.clone()));
        let prev = events.first().map_or_else(|| uid.clone(), |first| first.prev.clone());
        let uids = events.iter().map(|event| event.uid.clone()).collect();
        Self { cursor: Cursor { epoch, seq, uid }, uids, prev }
    }

    pub(crate) fn cursor(&self) -> &Cursor {
        &self.cursor
    }

    /// The `seq` of the first event in the chain; of the next event if the chain is empty.
    pub(crate) fn first_seq(&self) -> u64 {
        // Wrapping gives the exact result for a chain that ends at the largest `u64`.
        self.cursor.seq.wrapping_add(1).wrapping_sub(self.uids.len() as u64)
    }

    pub(crate) fn len(&self) -> usize {
        self.uids.len()
    }

    pub(crate) fn relation(&self, event: &Event) -> ChainRelation {
        if event.seq > self.cursor.seq {
            let next = event.seq - self.cursor.seq == 1 && event.prev == self.cursor.uid;
            return if next { ChainRelation::Next } else { ChainRelation::Gap };
        }
        match self.uid_at(event.seq) {
            Some(uid) if *uid == event.uid => ChainRelation::Seen,
            Some(_) => ChainRelation::Gap,
            None => ChainRelation::Older,
        }
    }

    /// Whether the chain contains this event or ends at it.
    pub(crate) fn contains(&self, head: &Head) -> bool {
        self.uid_at(head.seq) == Some(&head.uid)
    }

    /// Appends an event that is [`ChainRelation::Next`].
    pub(crate) fn push(&mut self, event: &Event) {
        self.cursor.seq = event.seq;
        self.cursor.uid.clone_from(&event.uid);
        self.uids.push_back(event.uid.clone());
    }

    /// Prepends a page of consecutive events. Returns false if the page does not end right before the chain.
    pub(crate) fn prepend(&mut self, page: &[Event]) -> bool {
        let (Some(first), Some(last)) = (page.first(), page.last()) else { return true };
        if last.seq.checked_add(1) != Some(self.first_seq()) || last.uid != self.prev || !page.is_sorted_by(follows) {
            return false;
        }
        self.prev.clone_from(&first.prev);
        for event in page.iter().rev() {
            self.uids.push_front(event.uid.clone());
        }
        true
    }

    /// Drops all but the last `len` events.
    pub(crate) fn keep_last(&mut self, len: usize) {
        while self.uids.len() > len {
            self.prev = self.uids.pop_front().unwrap_or_default();
        }
    }

    /// The `uid` of the event with this `seq`, if it is known.
    pub(crate) fn uid_at(&self, seq: u64) -> Option<&String> {
        if seq == self.cursor.seq {
            return Some(&self.cursor.uid);
        }
        let index = usize::try_from(seq.checked_sub(self.first_seq())?).ok()?;
        self.uids.get(index)
    }
}

/// Whether `b` follows `a`.
fn follows(a: &Event, b: &Event) -> bool {
    a.seq.checked_add(1) == Some(b.seq) && b.prev == a.uid
}

/// The longest suffix of a page without a gap.
pub(crate) fn unbroken_end(mut page: Vec<Event>) -> Vec<Event> {
    let breaks = page.windows(2).rposition(|pair| !follows(&pair[0], &pair[1]));
    page.split_off(breaks.map_or(0, |index| index + 1))
}
