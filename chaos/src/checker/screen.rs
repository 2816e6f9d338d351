//! What a screen shows at the end: the end of the history, whole, and nothing that still waits.

use super::{AllowedLoss, RoomHistory, Violation, ViolationKind};
use crate::clients::Journal;

pub(super) fn violations(history: &RoomHistory, journal: &Journal, loss: AllowedLoss) -> Vec<Violation> {
    let screen = &journal.screen;
    let mut violations = Vec::new();
    let mut find = |kind, detail| violations.push(Violation::of(journal, kind, detail));
    let shown = screen.sent.last().map_or(0, |(seq, _)| *seq);
    if shown != history.head {
        find(ViolationKind::Lost, format!("the screen ends with {shown}, the history with {}", history.head));
    }
    for pair in screen.sent.windows(2).filter(|pair| pair[1].0 != pair[0].0 + 1) {
        find(ViolationKind::Lost, format!("on the screen {} stands right behind {}", pair[1].0, pair[0].0));
    }
    let kept = screen.sent.iter().filter(|(seq, _)| *seq >= history.first());
    for (seq, key) in kept.filter(|(seq, key)| history.at(*seq).is_none_or(|entry| entry.key != *key)) {
        find(ViolationKind::OutOfOrder, format!("the screen shows {key} as {seq}, the history does not"));
    }
    for key in &screen.pending {
        find(ViolationKind::Unsettled, format!("{key} still waits"));
    }
    let is_declared = |key: &str| {
        loss == AllowedLoss::Declared && journal.lost.iter().any(|id| key == format!("{}/{id}", journal.who))
    };
    for key in screen.failed.iter().filter(|key| !is_declared(key)) {
        find(ViolationKind::Unsettled, format!("{key} is marked as failed"));
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::super::case::{damaged, examined, kinds, said};
    use super::*;

    #[test]
    fn a_screen_ends_where_the_history_ends() {
        assert_eq!(kinds(&damaged(|_, _, rui| drop(rui.screen.sent.pop()))), [ViolationKind::Lost]);
        assert_eq!(kinds(&damaged(|_, _, rui| rui.screen.sent.clear())), [ViolationKind::Lost]);
        assert_eq!(damaged(|_, _, rui| drop(rui.screen.sent.drain(..2))), []);
    }

    #[test]
    fn a_hole_on_the_screen_is_noticed() {
        assert_eq!(kinds(&damaged(|_, _, rui| drop(rui.screen.sent.remove(1)))), [ViolationKind::Lost]);
    }

    #[test]
    fn another_message_on_the_screen_is_noticed() {
        assert_eq!(kinds(&damaged(|_, _, rui| rui.screen.sent[1].1 = "ana/x".into())), [ViolationKind::OutOfOrder]);
    }

    #[test]
    fn who_vanished_need_not_see_the_end() {
        for (vanished, flaws) in [(None, 1), (Some(30), 0)] {
            let violations = damaged(|_, _, rui| {
                rui.screen.sent.pop();
                rui.vanished = vanished;
            });
            assert_eq!(violations.len(), flaws, "{vanished:?}");
        }
    }

    #[test]
    fn nothing_waits_for_ever() {
        assert_eq!(kinds(&damaged(|_, ana, _| ana.screen.pending.push("ana/x".into()))), [ViolationKind::Unsettled]);
    }

    #[test]
    fn a_message_fails_only_if_its_loss_was_declared() {
        for (loss, declared, flaws) in
            [(AllowedLoss::None, true, 1), (AllowedLoss::Declared, false, 1), (AllowedLoss::Declared, true, 0)]
        {
            let violations = examined(loss, |_, ana, _| {
                ana.said.push(said("x"));
                ana.screen.failed.push("ana/x".into());
                ana.lost.extend(declared.then(|| "x".to_owned()));
            });
            assert_eq!(violations.len(), flaws, "{loss:?} {declared}");
        }
    }
}
