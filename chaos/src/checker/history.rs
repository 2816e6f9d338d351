use std::collections::BTreeMap;

use super::{Violation, ViolationKind};

/// The stored events of a room.
#[derive(Clone, Debug, Default)]
pub struct RoomHistory {
    pub room: String,
    /// In the order of the stream.
    pub entries: Vec<HistoryEntry>,
    /// The room's own counter: the `seq` of its last event.
    pub head: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryEntry {
    pub seq: u64,
    pub uid: String,
    pub prev: String,
    /// `<author's id>/<message's id>`.
    pub key: String,
}

impl RoomHistory {
    /// The `seq` of the oldest stored event.
    pub fn first(&self) -> u64 {
        self.entries.first().map_or(self.head + 1, |entry| entry.seq)
    }

    pub fn at(&self, seq: u64) -> Option<&HistoryEntry> {
        let index = usize::try_from(seq.checked_sub(self.first())?).ok()?;
        self.entries.get(index).filter(|entry| entry.seq == seq)
    }

    pub fn seqs_by_key(&self) -> BTreeMap<&str, u64> {
        self.entries.iter().map(|entry| (entry.key.as_str(), entry.seq)).collect()
    }

    /// Gaps, a broken chain, and duplicates.
    pub fn violations(&self) -> Vec<Violation> {
        let mut violations = Vec::new();
        let mut report = |kind, detail| {
            violations.push(Violation { kind, room: self.room.clone(), user: String::new(), detail });
        };
        for pair in self.entries.windows(2) {
            let (before, after) = (&pair[0], &pair[1]);
            if after.seq <= before.seq {
                report(ViolationKind::OutOfOrder, format!("{} follows {}", after.seq, before.seq));
            } else if after.seq != before.seq + 1 {
                report(ViolationKind::Lost, format!("nothing between {} and {}", before.seq, after.seq));
            } else if after.prev != before.uid {
                report(ViolationKind::OutOfOrder, format!("prev of {} is not the uid of {}", after.seq, before.seq));
            }
        }
        if self.entries.last().is_some_and(|last| last.seq != self.head) {
            report(ViolationKind::Lost, format!("the room counts {} events, and the last one is missing", self.head));
        }
        let (mut uids, mut keys) = (BTreeMap::new(), BTreeMap::new());
        for HistoryEntry { seq, uid, key, .. } in &self.entries {
            for (what, other) in [("uid", uids.insert(uid, seq)), ("message", keys.insert(key, seq))] {
                if let Some(other) = other {
                    report(ViolationKind::Duplicated, format!("{other} and {seq} are the same {what}: {key}"));
                }
            }
        }
        violations
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{history, kinds};
    use super::*;

    type Corruption = fn(&mut RoomHistory);

    #[test]
    fn a_correct_or_trimmed_history_has_no_violations() {
        assert!(history("abcd").violations().is_empty());
        assert!(RoomHistory::default().violations().is_empty());
        let mut trimmed = history("abcd");
        trimmed.entries.drain(..2);
        assert!(trimmed.violations().is_empty());
        assert_eq!((trimmed.first(), trimmed.at(3).unwrap().key.as_str()), (3, "ana/c"));
        assert_eq!((trimmed.at(2), trimmed.at(5)), (None, None));
    }

    #[test]
    fn every_corruption_is_found() {
        let corruptions: [(&str, Corruption, ViolationKind); 6] = [
            ("a gap", |history| drop(history.entries.remove(1)), ViolationKind::Lost),
            ("no end", |history| drop(history.entries.pop()), ViolationKind::Lost),
            ("another order", |history| history.entries.swap(1, 2), ViolationKind::OutOfOrder),
            ("a broken chain", |history| history.entries[2].prev = "x".into(), ViolationKind::OutOfOrder),
            ("a uid twice", |history| history.entries[3].uid = "u1".into(), ViolationKind::Duplicated),
            ("a message twice", |history| history.entries[3].key = "ana/a".into(), ViolationKind::Duplicated),
        ];
        for (name, corrupt, kind) in corruptions {
            let mut history = history("abcd");
            corrupt(&mut history);
            assert!(kinds(&history.violations()).contains(&kind), "{name}: {:?}", history.violations());
        }
    }
}
