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

    /// Whether it has a message at a `seq`, as far as it was not trimmed.
    pub fn agrees(&self, seq: u64, key: &str) -> bool {
        seq < self.first() || self.at(seq).is_some_and(|entry| entry.key == key)
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
