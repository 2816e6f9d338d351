//! One's own messages stand in the order in which they were said.

use std::collections::BTreeMap;

use super::{Breach, Finding, History};
use crate::people::Journal;

pub(super) fn flaws(history: &History, journal: &Journal) -> Vec<Finding> {
    let said: BTreeMap<String, usize> =
        journal.said.iter().enumerate().map(|(nth, said)| (format!("{}/{}", journal.who, said.id), nth)).collect();
    let own: Vec<(u64, usize)> =
        history.entries.iter().filter_map(|entry| Some((entry.seq, *said.get(&entry.key)?))).collect();
    let overtaken = own.windows(2).filter(|pair| pair[1].1 < pair[0].1);
    overtaken
        .map(|pair| {
            let detail = format!("{} was said before {}, and stands behind it", pair[1].0, pair[0].0);
            Finding::of(journal, Breach::OutOfOrder, detail)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::case::{breaches, damaged};
    use super::*;

    #[test]
    fn a_message_that_was_overtaken_is_noticed() {
        assert_eq!(breaches(&damaged(|_, ana, _| ana.said.swap(1, 2))), [Breach::OutOfOrder]);
    }
}
