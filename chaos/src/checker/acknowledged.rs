//! What was acknowledged is in the history, where the acknowledgement said.

use std::collections::{BTreeMap, BTreeSet};

use super::{AllowedLoss, RoomHistory, Violation, ViolationKind};
use crate::clients::{Journal, SentMessage};

/// Messages that were acknowledged, or simply said, and are nowhere.
pub(super) fn missing(history: &RoomHistory, journals: &[Journal], loss: AllowedLoss) -> Vec<Violation> {
    let kept = history.seqs_by_key();
    let trimmed = before_the_first(history, journals);
    let mut violations = Vec::new();
    for journal in journals {
        let key = |id: &str| format!("{}/{id}", journal.who);
        let is_there = |id: &str| kept.contains_key(key(id).as_str()) || trimmed.contains(&key(id));
        for message in &journal.acknowledged {
            let declared = loss == AllowedLoss::Declared && journal.resets().any(|reset| reset.since >= message.at);
            if !is_there(&message.id) && !declared {
                let detail = format!("{} was acknowledged at {} ms and is not in the history", message.id, message.at);
                violations.push(Violation::of(journal, ViolationKind::Lost, detail));
            }
        }
        let acknowledged: BTreeSet<&str> = journal.acknowledged.iter().map(|message| message.id.as_str()).collect();
        let unsent: BTreeSet<&String> = journal.screen.pending.iter().chain(&journal.screen.failed).collect();
        for SentMessage { id, .. } in &journal.said {
            if !acknowledged.contains(id.as_str()) && !unsent.contains(&key(id)) {
                violations.push(Violation::of(
                    journal,
                    ViolationKind::Lost,
                    format!("{id} was said, and then there is no trace of it"),
                ));
            }
        }
    }
    violations
}

/// How many acknowledged messages are no longer in the history, whatever the reason.
pub fn count_missing(history: &RoomHistory, journals: &[Journal]) -> usize {
    let kept = history.seqs_by_key();
    let is_gone = |who: &str, id: &str| !kept.contains_key(format!("{who}/{id}").as_str());
    let of =
        |journal: &Journal| journal.acknowledged.iter().filter(|message| is_gone(&journal.who, &message.id)).count();
    journals.iter().map(of).sum()
}

/// Acknowledgements that named another place than the message has.
pub(super) fn misplaced(history: &RoomHistory, journal: &Journal, loss: AllowedLoss) -> Vec<Violation> {
    // A history that began anew, or went another way, gives new numbers.
    if loss == AllowedLoss::Declared {
        return Vec::new();
    }
    let kept: BTreeMap<&str, u64> = history.seqs_by_key();
    let place = |id: &str| kept.get(format!("{}/{id}", journal.who).as_str()).copied();
    let wrong = journal
        .acknowledged_seqs
        .iter()
        .filter_map(|(id, told)| place(id).filter(|seq| seq != told).map(|seq| (id, told, seq)));
    wrong
        .map(|(id, told, seq)| {
            let detail = format!("{id} was acknowledged as number {told} and is number {seq}");
            Violation::of(journal, ViolationKind::Duplicated, detail)
        })
        .collect()
}

/// Keys of what somebody saw at a place that is no longer kept.
fn before_the_first(history: &RoomHistory, journals: &[Journal]) -> BTreeSet<String> {
    let first = history.first();
    let lines = journals.iter().flat_map(|journal| &journal.views).flat_map(|view| &view.lines);
    let seen = lines.filter(|line| line.seq < first).map(|line| line.key.clone());
    let told = journals.iter().flat_map(|journal| {
        let early = journal.acknowledged_seqs.iter().filter(|(_, seq)| *seq < first);
        early.map(|(id, _)| format!("{}/{id}", journal.who))
    });
    seen.chain(told).collect()
}

#[cfg(test)]
mod tests {
    use protocol::Reason;

    use super::super::case::{damaged, examined, history, journals, kinds, said};
    use super::*;
    use crate::clients::{AcknowledgedMessage, TimelineView};

    fn acknowledge(journal: &mut Journal, id: &str) {
        journal.said.push(said(id));
        journal.acknowledged.push(AcknowledgedMessage { id: id.into(), at: 50 });
    }

    #[test]
    fn an_acknowledged_message_that_is_not_kept_is_lost() {
        assert_eq!(kinds(&damaged(|_, ana, _| acknowledge(ana, "x"))), [ViolationKind::Lost]);
    }

    #[test]
    fn a_reset_declares_the_loss_of_what_was_acknowledged_before_it() {
        for (since, loss, lost) in
            [(60, AllowedLoss::Declared, 0), (40, AllowedLoss::Declared, 1), (60, AllowedLoss::None, 1)]
        {
            let violations = examined(loss, |_, ana, _| {
                acknowledge(ana, "x");
                let lines = ana.views[0].lines.clone();
                ana.views.push(TimelineView { since, declared: Some(Reason::Fork), lines });
            });
            assert_eq!(violations.len(), lost, "{since} {loss:?}: {violations:?}");
        }
    }

    #[test]
    fn what_is_no_longer_kept_was_not_lost() {
        assert_eq!(damaged(|history, _, _| drop(history.entries.drain(..2))), []);
    }

    #[test]
    fn a_message_of_which_nothing_is_left_is_lost() {
        assert_eq!(kinds(&damaged(|_, ana, _| ana.said.push(said("x")))), [ViolationKind::Lost]);
    }

    #[test]
    fn what_is_gone_is_counted() {
        let [ana, rui] = journals("abcd");
        assert_eq!(count_missing(&history("ab"), &[ana, rui]), 2);
    }

    #[test]
    fn one_message_has_one_place() {
        assert_eq!(kinds(&damaged(|_, ana, _| ana.acknowledged_seqs[1].1 = 3)), [ViolationKind::Duplicated]);
    }
}
