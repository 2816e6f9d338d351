//! One's own messages stand in the order in which they were said.

use std::collections::BTreeMap;

use super::{RoomHistory, Violation, ViolationKind};
use crate::clients::Journal;

pub(super) fn violations(history: &RoomHistory, journal: &Journal) -> Vec<Violation> {
    let said: BTreeMap<String, usize> =
        journal.said.iter().enumerate().map(|(nth, said)| (format!("{}/{}", journal.who, said.id), nth)).collect();
    let own: Vec<(u64, usize)> =
        history.entries.iter().filter_map(|entry| Some((entry.seq, *said.get(&entry.key)?))).collect();
    let overtaken = own.windows(2).filter(|pair| pair[1].1 < pair[0].1);
    overtaken
        .map(|pair| {
            let detail = format!("{} was said before {}, and stands behind it", pair[1].0, pair[0].0);
            Violation::of(journal, ViolationKind::OutOfOrder, detail)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::case::{damaged, kinds};
    use super::*;

    #[test]
    fn a_message_that_was_overtaken_is_noticed() {
        assert_eq!(kinds(&damaged(|_, ana, _| ana.said.swap(1, 2))), [ViolationKind::OutOfOrder]);
    }
}
