//! What appeared on a screen while it was watched: no silent gap, nothing twice, the order of the history.

use std::collections::BTreeSet;

use protocol::Reason;

use super::{AllowedLoss, RoomHistory, Violation, ViolationKind};
use crate::clients::{Journal, TimelineView};

pub(super) fn violations(history: &RoomHistory, journal: &Journal, loss: AllowedLoss) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (number, view) in journal.views.iter().enumerate() {
        let is_last = number + 1 == journal.views.len();
        if number > 0 && !is_declared(view) {
            let detail = format!("at {} ms the list was replaced, and nothing said why", view.since);
            violations.push(Violation::of(journal, ViolationKind::Lost, detail));
        }
        violations.extend(gaps(journal, view));
        if loss == AllowedLoss::None || is_last {
            violations.extend(strangers(history, journal, view));
        }
    }
    violations
}

fn is_declared(view: &TimelineView) -> bool {
    matches!(view.declared, Some(Reason::Trimmed | Reason::Epoch | Reason::Fork | Reason::Unknown))
}

fn gaps(journal: &Journal, view: &TimelineView) -> Vec<Violation> {
    let mut violations = Vec::new();
    for pair in view.lines.windows(2) {
        let (before, after) = (&pair[0], &pair[1]);
        if after.seq <= before.seq {
            let detail = format!("{} appeared behind {}", after.seq, before.seq);
            violations.push(Violation::of(journal, ViolationKind::OutOfOrder, detail));
        } else if after.seq != before.seq + 1 {
            let detail = format!("{} appeared right behind {} at {} ms: a silent gap", after.seq, before.seq, after.at);
            violations.push(Violation::of(journal, ViolationKind::Lost, detail));
        }
    }
    let mut keys = BTreeSet::new();
    for line in view.lines.iter().filter(|line| !keys.insert(&line.key)) {
        violations.push(Violation::of(
            journal,
            ViolationKind::Duplicated,
            format!("{} appeared again as {}", line.key, line.seq),
        ));
    }
    violations
}

/// Lines that the history has otherwise, or not at all.
fn strangers(history: &RoomHistory, journal: &Journal, view: &TimelineView) -> Vec<Violation> {
    let kept = view.lines.iter().filter(|line| line.seq >= history.first());
    let strangers = kept.filter(|line| history.at(line.seq).is_none_or(|entry| entry.key != line.key));
    strangers
        .map(|line| {
            let there = history.at(line.seq).map_or("nothing", |entry| entry.key.as_str());
            let detail = format!("{} was shown as {}, where the history has {there}", line.key, line.seq);
            Violation::of(journal, ViolationKind::OutOfOrder, detail)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::case::{damaged, examined, kinds};
    use super::*;
    use crate::clients::DisplayedEvent;

    #[test]
    fn a_gap_that_nobody_declared_is_a_loss() {
        assert_eq!(kinds(&damaged(|_, _, rui| drop(rui.views[0].lines.remove(1)))), [ViolationKind::Lost]);
    }

    #[test]
    fn a_view_that_is_replaced_says_why() {
        for (declared, flaws) in
            [(None, 1), (Some(Reason::New), 1), (Some(Reason::Trimmed), 0), (Some(Reason::Fork), 0)]
        {
            let violations = damaged(|_, _, rui| {
                let lines = rui.views[0].lines.split_off(2);
                rui.views.push(TimelineView { since: 30, declared, lines });
            });
            assert_eq!(violations.len(), flaws, "{declared:?}");
        }
    }

    #[test]
    fn two_orders_are_noticed() {
        let violations = damaged(|_, _, rui| {
            let lines = &mut rui.views[0].lines;
            let key = std::mem::replace(&mut lines[1].key, "ana/c".into());
            lines[2].key = key;
        });
        assert_eq!(kinds(&violations), [ViolationKind::OutOfOrder, ViolationKind::OutOfOrder]);
        assert!(kinds(&damaged(|_, _, rui| rui.views[0].lines.swap(1, 2))).contains(&ViolationKind::OutOfOrder));
    }

    #[test]
    fn what_appears_twice_is_noticed() {
        let violations = damaged(|_, _, rui| {
            let again = DisplayedEvent { seq: 4, key: "ana/c".into(), at: 40 };
            rui.views[0].lines[3] = again;
        });
        assert!(kinds(&violations).contains(&ViolationKind::Duplicated));
    }

    #[test]
    fn a_message_that_was_never_kept_is_noticed() {
        let invented = DisplayedEvent { seq: 5, key: "ana/e".into(), at: 50 };
        assert_eq!(kinds(&damaged(|_, _, rui| rui.views[0].lines.push(invented))), [ViolationKind::OutOfOrder]);
    }

    #[test]
    fn a_lost_history_may_be_shown_until_the_reset() {
        let violations = examined(AllowedLoss::Declared, |_, _, rui| {
            let lines = vec![DisplayedEvent { seq: 1, key: "ana/before".into(), at: 5 }];
            rui.views.insert(0, TimelineView { since: 0, declared: None, lines });
            rui.views[1].declared = Some(Reason::Epoch);
        });
        assert_eq!(violations, []);
    }
}
