//! Everything that ever appeared on a screen: no silent gap, no duplicate, and the order of the history.

use std::collections::BTreeSet;

use protocol::Reason;

use super::{AllowedLoss, RoomHistory, Violation, ViolationKind};
use crate::clients::{Journal, TimelineView};

pub(super) fn violations(history: &RoomHistory, journal: &Journal, loss: AllowedLoss) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (index, view) in journal.views.iter().enumerate() {
        if index > 0 && !is_declared(view) {
            let detail = format!("the view was replaced at {} ms without a reason", view.since);
            violations.push(Violation::new(journal, ViolationKind::Lost, detail));
        }
        violations.extend(gaps_and_duplicates(journal, view));
        // A view of a history that was lost cannot be compared.
        if loss == AllowedLoss::None || index + 1 == journal.views.len() {
            violations.extend(differences(history, journal, view));
        }
    }
    violations
}

fn is_declared(view: &TimelineView) -> bool {
    matches!(view.declared, Some(Reason::Trimmed | Reason::Epoch | Reason::Fork | Reason::Unknown))
}

fn gaps_and_duplicates(journal: &Journal, view: &TimelineView) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut report = |kind, detail| violations.push(Violation::new(journal, kind, detail));
    for pair in view.events.windows(2) {
        let (before, after) = (&pair[0], &pair[1]);
        if after.seq <= before.seq {
            report(ViolationKind::OutOfOrder, format!("{} appeared after {}", after.seq, before.seq));
        } else if after.seq != before.seq + 1 {
            let detail = format!("{} appeared after {} at {} ms: a silent gap", after.seq, before.seq, after.at);
            report(ViolationKind::Lost, detail);
        }
    }
    let mut keys = BTreeSet::new();
    for event in view.events.iter().filter(|event| !keys.insert(&event.key)) {
        report(ViolationKind::Duplicated, format!("{} appeared again at {}", event.key, event.seq));
    }
    violations
}

/// Events that differ from the history, or are not in it.
fn differences(history: &RoomHistory, journal: &Journal, view: &TimelineView) -> Vec<Violation> {
    let stored = view.events.iter().filter(|event| event.seq >= history.first());
    let different = stored.filter(|event| history.at(event.seq).is_none_or(|entry| entry.key != event.key));
    let details = different.map(|event| {
        let there = history.at(event.seq).map_or("nothing", |entry| entry.key.as_str());
        format!("{} was displayed at {}, where the history has {there}", event.key, event.seq)
    });
    details.map(|detail| Violation::new(journal, ViolationKind::OutOfOrder, detail)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{check_corrupted, check_corrupted_with, kinds};
    use super::*;
    use crate::clients::DisplayedEvent;

    #[test]
    fn a_silent_gap_is_a_loss() {
        assert_eq!(kinds(&check_corrupted(|_, _, rui| drop(rui.views[0].events.remove(1)))), [ViolationKind::Lost]);
    }

    #[test]
    fn a_replacement_needs_a_reason() {
        for (declared, count) in
            [(None, 1), (Some(Reason::New), 1), (Some(Reason::Trimmed), 0), (Some(Reason::Fork), 0)]
        {
            let violations = check_corrupted(|_, _, rui| {
                let events = rui.views[0].events.split_off(2);
                rui.views.push(TimelineView { since: 30, declared, events });
            });
            assert_eq!(violations.len(), count, "{declared:?}");
        }
    }

    #[test]
    fn two_orders_are_found() {
        let violations = check_corrupted(|_, _, rui| {
            let events = &mut rui.views[0].events;
            let key = std::mem::replace(&mut events[1].key, "ana/c".into());
            events[2].key = key;
        });
        assert_eq!(kinds(&violations), [ViolationKind::OutOfOrder, ViolationKind::OutOfOrder]);
        let swapped = check_corrupted(|_, _, rui| rui.views[0].events.swap(1, 2));
        assert!(kinds(&swapped).contains(&ViolationKind::OutOfOrder));
    }

    #[test]
    fn a_duplicate_is_found() {
        let violations = check_corrupted(|_, _, rui| rui.views[0].events[3].key = "ana/c".into());
        assert!(kinds(&violations).contains(&ViolationKind::Duplicated));
    }

    #[test]
    fn an_event_that_was_never_stored_is_found() {
        let invented = DisplayedEvent { seq: 5, key: "ana/e".into(), at: 50 };
        let violations = check_corrupted(|_, _, rui| rui.views[0].events.push(invented));
        assert_eq!(kinds(&violations), [ViolationKind::OutOfOrder]);
    }

    #[test]
    fn a_lost_history_may_be_displayed_until_the_reset() {
        let violations = check_corrupted_with(AllowedLoss::Declared, |_, _, rui| {
            let events = vec![DisplayedEvent { seq: 1, key: "ana/before".into(), at: 5 }];
            rui.views.insert(0, TimelineView { since: 0, declared: None, events });
            rui.views[1].declared = Some(Reason::Epoch);
        });
        assert_eq!(violations, []);
    }
}
