//! At the end a screen shows the end of the history without a gap, and nothing is pending.

use super::{AllowedLoss, RoomHistory, Violation, ViolationKind};
use crate::clients::Journal;

pub(super) fn violations(history: &RoomHistory, journal: &Journal, loss: AllowedLoss) -> Vec<Violation> {
    let screen = &journal.screen;
    let mut violations = Vec::new();
    let mut report = |kind, detail| violations.push(Violation::new(journal, kind, detail));
    let last = screen.sent.last().map_or(0, |(seq, _)| *seq);
    if last != history.head {
        report(ViolationKind::Lost, format!("the screen ends with {last}, the history with {}", history.head));
    }
    for pair in screen.sent.windows(2).filter(|pair| pair[1].0 != pair[0].0 + 1) {
        report(ViolationKind::Lost, format!("{} follows {} on the screen", pair[1].0, pair[0].0));
    }
    let stored = screen.sent.iter().filter(|(seq, _)| *seq >= history.first());
    for (seq, key) in stored.filter(|(seq, key)| history.at(*seq).is_none_or(|entry| entry.key != *key)) {
        report(ViolationKind::OutOfOrder, format!("the screen shows {key} at {seq}, the history does not"));
    }
    for key in &screen.pending {
        report(ViolationKind::Unsettled, format!("{key} is still pending"));
    }
    let is_declared =
        |key: &String| loss == AllowedLoss::Declared && journal.lost.iter().any(|id| *key == journal.key(id));
    for key in screen.failed.iter().filter(|key| !is_declared(key)) {
        report(ViolationKind::Unsettled, format!("{key} is marked as failed"));
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{check_corrupted, check_corrupted_with, kinds, message};
    use super::*;

    #[test]
    fn a_screen_ends_with_the_head() {
        assert_eq!(kinds(&check_corrupted(|_, _, rui| drop(rui.screen.sent.pop()))), [ViolationKind::Lost]);
        assert_eq!(kinds(&check_corrupted(|_, _, rui| rui.screen.sent.clear())), [ViolationKind::Lost]);
        assert_eq!(check_corrupted(|_, _, rui| drop(rui.screen.sent.drain(..2))), []);
    }

    #[test]
    fn a_gap_on_the_screen_is_found() {
        assert_eq!(kinds(&check_corrupted(|_, _, rui| drop(rui.screen.sent.remove(1)))), [ViolationKind::Lost]);
    }

    #[test]
    fn another_message_on_the_screen_is_found() {
        let violations = check_corrupted(|_, _, rui| rui.screen.sent[1].1 = "ana/x".into());
        assert_eq!(kinds(&violations), [ViolationKind::OutOfOrder]);
    }

    #[test]
    fn a_client_that_vanished_need_not_see_the_end() {
        for (vanished, count) in [(None, 1), (Some(30), 0)] {
            let violations = check_corrupted(|_, _, rui| {
                rui.screen.sent.pop();
                rui.vanished = vanished;
            });
            assert_eq!(violations.len(), count, "{vanished:?}");
        }
    }

    #[test]
    fn nothing_stays_pending() {
        let violations = check_corrupted(|_, ana, _| ana.screen.pending.push("ana/x".into()));
        assert_eq!(kinds(&violations), [ViolationKind::Unsettled]);
    }

    #[test]
    fn a_message_fails_only_if_its_loss_was_declared() {
        for (loss, declared, count) in
            [(AllowedLoss::None, true, 1), (AllowedLoss::Declared, false, 1), (AllowedLoss::Declared, true, 0)]
        {
            let violations = check_corrupted_with(loss, |_, ana, _| {
                ana.sent.push(message("x", 0));
                ana.screen.failed.push("ana/x".into());
                ana.lost.extend(declared.then(|| "x".to_owned()));
            });
            assert_eq!(violations.len(), count, "{loss:?} {declared}");
        }
    }
}
