use std::collections::VecDeque;

use protocol::{Cursor, Event, Head};

/// An unbroken stretch of a room's one sequence: every event names the one before it.
#[derive(Clone, Debug)]
pub(crate) struct Chain {
    cursor: Cursor,
    /// The names of the events of the stretch; the last one is the cursor's.
    uids: VecDeque<String>,
    /// The name of the event before the stretch; empty where there is none.
    prev: String,
}

/// How an event stands to a [`Chain`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    /// It is part of it.
    Seen,
    /// It is older than all of it, or of a history that began anew: that cannot be told.
    Older,
    /// It is the next one.
    Next,
    /// Something is missing in between, or the room's history went another way.
    Gap,
}

impl Chain {
    /// The chain of a page; `head` counts where the page is empty.
    pub(crate) fn new(epoch: String, events: &[Event], head: Head) -> Self {
        let (seq, uid) = events.last().map_or((head.seq, head.uid), |last| (last.seq, last.uid.clone()));
        let prev = events.first().map_or_else(|| uid.clone(), |first| first.prev.clone());
        let uids = events.iter().map(|event| event.uid.clone()).collect();
        Self { cursor: Cursor { epoch, seq, uid }, uids, prev }
    }

    pub(crate) fn cursor(&self) -> &Cursor {
        &self.cursor
    }

    /// The number of the first event of the stretch; of the next one while it is empty.
    pub(crate) fn first_seq(&self) -> u64 {
        // Wrapping is exact for a stretch that ends at the largest number.
        self.cursor.seq.wrapping_add(1).wrapping_sub(self.uids.len() as u64)
    }

    pub(crate) fn len(&self) -> usize {
        self.uids.len()
    }

    pub(crate) fn relation(&self, event: &Event) -> Relation {
        if event.seq > self.cursor.seq {
            let next = event.seq - self.cursor.seq == 1 && event.prev == self.cursor.uid;
            return if next { Relation::Next } else { Relation::Gap };
        }
        match self.uid_at(event.seq) {
            Some(uid) if *uid == event.uid => Relation::Seen,
            Some(_) => Relation::Gap,
            None => Relation::Older,
        }
    }

    /// Whether the stretch holds that very event, or ends right there.
    pub(crate) fn contains(&self, head: &Head) -> bool {
        self.uid_at(head.seq) == Some(&head.uid)
    }

    /// Takes the event that is [`Relation::Next`].
    pub(crate) fn push(&mut self, event: &Event) {
        self.cursor.seq = event.seq;
        self.cursor.uid.clone_from(&event.uid);
        self.uids.push_back(event.uid.clone());
    }

    /// Takes a chained page from right before the stretch. False if it is not from there.
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

    /// The name of the event at that number, if it is known here.
    pub(crate) fn uid_at(&self, seq: u64) -> Option<&String> {
        if seq == self.cursor.seq {
            return Some(&self.cursor.uid);
        }
        let index = usize::try_from(seq.checked_sub(self.first_seq())?).ok()?;
        self.uids.get(index)
    }
}

/// Whether `b` is the event right after `a`.
fn follows(a: &Event, b: &Event) -> bool {
    a.seq.checked_add(1) == Some(b.seq) && b.prev == a.uid
}

/// The longest end of a page without a hole.
pub(crate) fn unbroken_end(mut page: Vec<Event>) -> Vec<Event> {
    let breaks = page.windows(2).rposition(|pair| !follows(&pair[0], &pair[1]));
    page.split_off(breaks.map_or(0, |index| index + 1))
}
