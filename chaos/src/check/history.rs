use std::collections::BTreeMap;

use super::{Breach, Finding};

/// What is kept of a room.
#[derive(Clone, Debug, Default)]
pub struct History {
    pub room: String,
    /// In the order of the stream.
    pub entries: Vec<Entry>,
    /// The number of its last event, as the room itself counts.
    pub head: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub seq: u64,
    pub uid: String,
    pub prev: String,
    /// `<author's id>/<message's id>`.
    pub key: String,
}

impl History {
    /// The number of the oldest event that is kept.
    pub fn first(&self) -> u64 {
        self.entries.first().map_or(self.head + 1, |entry| entry.seq)
    }

    pub fn at(&self, seq: u64) -> Option<&Entry> {
        let index = usize::try_from(seq.checked_sub(self.first())?).ok()?;
        self.entries.get(index).filter(|entry| entry.seq == seq)
    }

    pub fn places(&self) -> BTreeMap<&str, u64> {
        self.entries.iter().map(|entry| (entry.key.as_str(), entry.seq)).collect()
    }

    /// What is wrong with it by itself: holes, a broken chain, anything twice.
    pub fn flaws(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut find = |breach, detail| {
            findings.push(Finding { breach, room: self.room.clone(), who: String::new(), detail });
        };
        for pair in self.entries.windows(2) {
            let (before, after) = (&pair[0], &pair[1]);
            if after.seq <= before.seq {
                find(Breach::OutOfOrder, format!("{} stands behind {}", after.seq, before.seq));
            } else if after.seq != before.seq + 1 {
                find(Breach::Lost, format!("nothing between {} and {}", before.seq, after.seq));
            } else if after.prev != before.uid {
                find(Breach::OutOfOrder, format!("{} does not name {} as the one before it", after.seq, before.seq));
            }
        }
        if self.entries.last().is_some_and(|last| last.seq != self.head) {
            find(Breach::Lost, format!("the room counts {} events, and the last one is missing", self.head));
        }
        let (mut uids, mut keys) = (BTreeMap::new(), BTreeMap::new());
        for Entry { seq, uid, key, .. } in &self.entries {
            for (what, other) in [("uid", uids.insert(uid, seq)), ("message", keys.insert(key, seq))] {
                if let Some(other) = other {
                    find(Breach::Duplicated, format!("{other} and {seq} are the same {what}: {key}"));
                }
            }
        }
        findings
    }
}

#[cfg(test)]
mod tests {
    use super::super::case::{breaches, history};
    use super::*;

    type Damage = fn(&mut History);

    #[test]
    fn a_whole_history_has_no_flaws() {
        assert!(history("abcd").flaws().is_empty());
        assert!(History::default().flaws().is_empty());
        let mut trimmed = history("abcd");
        trimmed.entries.drain(..2);
        assert!(trimmed.flaws().is_empty());
        assert_eq!((trimmed.first(), trimmed.at(3).unwrap().key.as_str()), (3, "ana/c"));
        assert_eq!((trimmed.at(2), trimmed.at(5)), (None, None));
    }

    #[test]
    fn every_flaw_is_found() {
        let damages: [(&str, Damage, Breach); 6] = [
            ("a hole", |history| drop(history.entries.remove(1)), Breach::Lost),
            ("no end", |history| drop(history.entries.pop()), Breach::Lost),
            ("another order", |history| history.entries.swap(1, 2), Breach::OutOfOrder),
            ("a broken chain", |history| history.entries[2].prev = "x".into(), Breach::OutOfOrder),
            ("a uid twice", |history| history.entries[3].uid = "u1".into(), Breach::Duplicated),
            ("a message twice", |history| history.entries[3].key = "ana/a".into(), Breach::Duplicated),
        ];
        for (name, damage, breach) in damages {
            let mut history = history("abcd");
            damage(&mut history);
            assert!(breaches(&history.flaws()).contains(&breach), "{name}: {:?}", history.flaws());
        }
    }
}
