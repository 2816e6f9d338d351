//! What appeared on a screen while it was watched: no silent gap, nothing twice, the order of the history.

use std::collections::BTreeSet;

use protocol::Reason;

use super::{Breach, Finding, History, Loss};
use crate::people::{Journal, View};

pub(super) fn flaws(history: &History, journal: &Journal, loss: Loss) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, view) in journal.views.iter().enumerate() {
        let is_last = number + 1 == journal.views.len();
        if number > 0 && !is_declared(view) {
            let detail = format!("at {} ms the list was replaced, and nothing said why", view.since);
            findings.push(Finding::of(journal, Breach::Lost, detail));
        }
        findings.extend(gaps(journal, view));
        if loss == Loss::None || is_last {
            findings.extend(strangers(history, journal, view));
        }
    }
    findings
}

fn is_declared(view: &View) -> bool {
    matches!(view.declared, Some(Reason::Trimmed | Reason::Epoch | Reason::Fork | Reason::Unknown))
}

fn gaps(journal: &Journal, view: &View) -> Vec<Finding> {
    let mut findings = Vec::new();
    for pair in view.lines.windows(2) {
        let (before, after) = (&pair[0], &pair[1]);
        if after.seq <= before.seq {
            let detail = format!("{} appeared behind {}", after.seq, before.seq);
            findings.push(Finding::of(journal, Breach::OutOfOrder, detail));
        } else if after.seq != before.seq + 1 {
            let detail = format!("{} appeared right behind {} at {} ms: a silent gap", after.seq, before.seq, after.at);
            findings.push(Finding::of(journal, Breach::Lost, detail));
        }
    }
    let mut keys = BTreeSet::new();
    for line in view.lines.iter().filter(|line| !keys.insert(&line.key)) {
        findings.push(Finding::of(journal, Breach::Duplicated, format!("{} appeared again as {}", line.key, line.seq)));
    }
    findings
}

/// Lines that the history has otherwise, or not at all.
fn strangers(history: &History, journal: &Journal, view: &View) -> Vec<Finding> {
    let kept = view.lines.iter().filter(|line| line.seq >= history.first());
    let strangers = kept.filter(|line| history.at(line.seq).is_none_or(|entry| entry.key != line.key));
    strangers
        .map(|line| {
            let there = history.at(line.seq).map_or("nothing", |entry| entry.key.as_str());
            let detail = format!("{} was shown as {}, where the history has {there}", line.key, line.seq);
            Finding::of(journal, Breach::OutOfOrder, detail)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::case::{breaches, damaged, examined};
    use super::*;
    use crate::people::Shown;

    #[test]
    fn a_gap_that_nobody_declared_is_a_loss() {
        assert_eq!(breaches(&damaged(|_, _, rui| drop(rui.views[0].lines.remove(1)))), [Breach::Lost]);
    }

    #[test]
    fn a_view_that_is_replaced_says_why() {
        for (declared, flaws) in
            [(None, 1), (Some(Reason::New), 1), (Some(Reason::Trimmed), 0), (Some(Reason::Fork), 0)]
        {
            let findings = damaged(|_, _, rui| {
                let lines = rui.views[0].lines.split_off(2);
                rui.views.push(View { since: 30, declared, lines });
            });
            assert_eq!(findings.len(), flaws, "{declared:?}");
        }
    }

    #[test]
    fn two_orders_are_noticed() {
        let findings = damaged(|_, _, rui| {
            let lines = &mut rui.views[0].lines;
            let key = std::mem::replace(&mut lines[1].key, "ana/c".into());
            lines[2].key = key;
        });
        assert_eq!(breaches(&findings), [Breach::OutOfOrder, Breach::OutOfOrder]);
        assert!(breaches(&damaged(|_, _, rui| rui.views[0].lines.swap(1, 2))).contains(&Breach::OutOfOrder));
    }

    #[test]
    fn what_appears_twice_is_noticed() {
        let findings = damaged(|_, _, rui| {
            let again = Shown { seq: 4, key: "ana/c".into(), at: 40 };
            rui.views[0].lines[3] = again;
        });
        assert!(breaches(&findings).contains(&Breach::Duplicated));
    }

    #[test]
    fn a_message_that_was_never_kept_is_noticed() {
        let invented = Shown { seq: 5, key: "ana/e".into(), at: 50 };
        assert_eq!(breaches(&damaged(|_, _, rui| rui.views[0].lines.push(invented))), [Breach::OutOfOrder]);
    }

    #[test]
    fn a_lost_history_may_be_shown_until_the_reset() {
        let findings = examined(Loss::Declared, |_, _, rui| {
            let lines = vec![Shown { seq: 1, key: "ana/before".into(), at: 5 }];
            rui.views.insert(0, View { since: 0, declared: None, lines });
            rui.views[1].declared = Some(Reason::Epoch);
        });
        assert_eq!(findings, []);
    }
}
