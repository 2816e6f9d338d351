//! Every acknowledged message is in the history, at the acknowledged `seq`, in the order in which its author sent it.

use std::collections::{BTreeMap, BTreeSet};

use super::{AllowedLoss, RoomHistory, Violation, ViolationKind};
use crate::clients::Journal;

/// Messages that were acknowledged, or only sent, and of which there is no trace.
pub(super) fn missing(history: &RoomHistory, journals: &[Journal], loss: AllowedLoss) -> Vec<Violation> {
    let stored = history.seqs_by_key();
    let trimmed = trimmed(history, journals);
    let mut violations = Vec::new();
    for journal in journals {
        for message in &journal.acknowledged {
            let key = journal.key(&message.id);
            let declared = loss == AllowedLoss::Declared && journal.resets().any(|reset| reset.since >= message.at);
            if !stored.contains_key(key.as_str()) && !trimmed.contains(&key) && !declared {
                let detail = format!("{} was acknowledged at {} ms and is not in the history", message.id, message.at);
                violations.push(Violation::new(journal, ViolationKind::Lost, detail));
            }
        }
        let acknowledged: BTreeSet<&str> = journal.acknowledged.iter().map(|message| message.id.as_str()).collect();
        let unsent: BTreeSet<&String> = journal.screen.pending.iter().chain(&journal.screen.failed).collect();
        for message in &journal.sent {
            if !acknowledged.contains(message.id.as_str()) && !unsent.contains(&journal.key(&message.id)) {
                let detail = format!("{} was sent and then disappeared", message.id);
                violations.push(Violation::new(journal, ViolationKind::Lost, detail));
            }
        }
    }
    violations
}

/// How many acknowledged messages are not in the history, for whatever reason.
pub fn count_missing(history: &RoomHistory, journals: &[Journal]) -> usize {
    let stored = history.seqs_by_key();
    let acknowledged = journals.iter().flat_map(|journal| journal.acknowledged.iter().map(|one| journal.key(&one.id)));
    acknowledged.filter(|key| !stored.contains_key(key.as_str())).count()
}

/// Acknowledgements that named another `seq` than the message has.
pub(super) fn wrong_seqs(history: &RoomHistory, journal: &Journal, loss: AllowedLoss) -> Vec<Violation> {
    // A history that was lost or has forked assigns the same `seq` again.
    if loss == AllowedLoss::Declared {
        return Vec::new();
    }
    let stored = history.seqs_by_key();
    let wrong = journal.acknowledged_seqs.iter().filter_map(|(id, acknowledged)| {
        let seq = stored.get(journal.key(id).as_str()).filter(|seq| *seq != acknowledged)?;
        Some(format!("{id} was acknowledged with seq {acknowledged} and has seq {seq}"))
    });
    wrong.map(|detail| Violation::new(journal, ViolationKind::Duplicated, detail)).collect()
}

/// Messages of one author that are stored in another order than they were sent.
pub(super) fn own_order(history: &RoomHistory, journal: &Journal) -> Vec<Violation> {
    let sent: BTreeMap<String, usize> =
        journal.sent.iter().enumerate().map(|(nth, message)| (journal.key(&message.id), nth)).collect();
    let own: Vec<(u64, usize)> =
        history.entries.iter().filter_map(|entry| Some((entry.seq, *sent.get(&entry.key)?))).collect();
    let overtaken = own.windows(2).filter(|pair| pair[1].1 < pair[0].1);
    let details = overtaken.map(|pair| format!("seq {} was sent before seq {}", pair[1].0, pair[0].0));
    details.map(|detail| Violation::new(journal, ViolationKind::OutOfOrder, detail)).collect()
}

/// Keys of messages whose known `seq` is below the oldest one that the history still has.
fn trimmed(history: &RoomHistory, journals: &[Journal]) -> BTreeSet<String> {
    let first = history.first();
    let events = journals.iter().flat_map(|journal| &journal.views).flat_map(|view| &view.events);
    let displayed = events.filter(|event| event.seq < first).map(|event| event.key.clone());
    let acknowledged = journals.iter().flat_map(|journal| {
        let early = journal.acknowledged_seqs.iter().filter(|(_, seq)| *seq < first);
        early.map(|(id, _)| journal.key(id))
    });
    displayed.chain(acknowledged).collect()
}

#[cfg(test)]
mod tests {
    use protocol::Reason;

    use super::super::fixture::{check_corrupted, check_corrupted_with, history, journals, kinds, message};
    use super::*;
    use crate::clients::TimelineView;

    fn acknowledge(journal: &mut Journal, id: &str) {
        journal.sent.push(message(id, 0));
        journal.acknowledged.push(message(id, 50));
    }

    #[test]
    fn an_acknowledged_message_that_is_not_stored_is_lost() {
        assert_eq!(kinds(&check_corrupted(|_, ana, _| acknowledge(ana, "x"))), [ViolationKind::Lost]);
    }

    #[test]
    fn a_reset_declares_the_loss_of_earlier_acknowledged_messages() {
        for (since, loss, lost) in
            [(60, AllowedLoss::Declared, 0), (40, AllowedLoss::Declared, 1), (60, AllowedLoss::None, 1)]
        {
            let violations = check_corrupted_with(loss, |_, ana, _| {
                acknowledge(ana, "x");
                let events = ana.views[0].events.clone();
                ana.views.push(TimelineView { since, declared: Some(Reason::Fork), events });
            });
            assert_eq!(violations.len(), lost, "{since} {loss:?}: {violations:?}");
        }
    }

    #[test]
    fn a_trimmed_message_is_not_lost() {
        assert_eq!(check_corrupted(|history, _, _| drop(history.entries.drain(..2))), []);
    }

    #[test]
    fn a_message_that_disappeared_is_lost() {
        assert_eq!(kinds(&check_corrupted(|_, ana, _| ana.sent.push(message("x", 0)))), [ViolationKind::Lost]);
    }

    #[test]
    fn missing_messages_are_counted() {
        assert_eq!(count_missing(&history("ab"), &journals("abcd")), 2);
    }

    #[test]
    fn a_message_has_one_seq() {
        assert_eq!(kinds(&check_corrupted(|_, ana, _| ana.acknowledged_seqs[1].1 = 3)), [ViolationKind::Duplicated]);
    }

    #[test]
    fn a_message_that_was_overtaken_is_out_of_order() {
        assert_eq!(kinds(&check_corrupted(|_, ana, _| ana.sent.swap(1, 2))), [ViolationKind::OutOfOrder]);
    }
}
