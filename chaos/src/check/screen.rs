//! What a screen shows at the end: the end of the history, whole, and nothing that still waits.

use super::{Breach, Finding, History, Loss};
use crate::people::Journal;

pub(super) fn flaws(history: &History, journal: &Journal, loss: Loss) -> Vec<Finding> {
    let screen = &journal.screen;
    let mut findings = Vec::new();
    let mut find = |breach, detail| findings.push(Finding::of(journal, breach, detail));
    let shown = screen.sent.last().map_or(0, |(seq, _)| *seq);
    if shown != history.head {
        find(Breach::Lost, format!("the screen ends with {shown}, the history with {}", history.head));
    }
    for pair in screen.sent.windows(2).filter(|pair| pair[1].0 != pair[0].0 + 1) {
        find(Breach::Lost, format!("on the screen {} stands right behind {}", pair[1].0, pair[0].0));
    }
    let kept = screen.sent.iter().filter(|(seq, _)| *seq >= history.first());
    for (seq, key) in kept.filter(|(seq, key)| history.at(*seq).is_none_or(|entry| entry.key != *key)) {
        find(Breach::OutOfOrder, format!("the screen shows {key} as {seq}, the history does not"));
    }
    for key in &screen.pending {
        find(Breach::Unsettled, format!("{key} still waits"));
    }
    let is_declared =
        |key: &str| loss == Loss::Declared && journal.lost.iter().any(|id| key == format!("{}/{id}", journal.who));
    for key in screen.failed.iter().filter(|key| !is_declared(key)) {
        find(Breach::Unsettled, format!("{key} is marked as failed"));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::case::{breaches, damaged, examined, said};
    use super::*;

    #[test]
    fn a_screen_ends_where_the_history_ends() {
        assert_eq!(breaches(&damaged(|_, _, rui| drop(rui.screen.sent.pop()))), [Breach::Lost]);
        assert_eq!(breaches(&damaged(|_, _, rui| rui.screen.sent.clear())), [Breach::Lost]);
        assert_eq!(damaged(|_, _, rui| drop(rui.screen.sent.drain(..2))), []);
    }

    #[test]
    fn a_hole_on_the_screen_is_noticed() {
        assert_eq!(breaches(&damaged(|_, _, rui| drop(rui.screen.sent.remove(1)))), [Breach::Lost]);
    }

    #[test]
    fn another_message_on_the_screen_is_noticed() {
        assert_eq!(breaches(&damaged(|_, _, rui| rui.screen.sent[1].1 = "ana/x".into())), [Breach::OutOfOrder]);
    }

    #[test]
    fn who_vanished_need_not_see_the_end() {
        for (vanished, flaws) in [(None, 1), (Some(30), 0)] {
            let findings = damaged(|_, _, rui| {
                rui.screen.sent.pop();
                rui.vanished = vanished;
            });
            assert_eq!(findings.len(), flaws, "{vanished:?}");
        }
    }

    #[test]
    fn nothing_waits_for_ever() {
        assert_eq!(breaches(&damaged(|_, ana, _| ana.screen.pending.push("ana/x".into()))), [Breach::Unsettled]);
    }

    #[test]
    fn a_message_fails_only_if_its_loss_was_declared() {
        for (loss, declared, flaws) in [(Loss::None, true, 1), (Loss::Declared, false, 1), (Loss::Declared, true, 0)] {
            let findings = examined(loss, |_, ana, _| {
                ana.said.push(said("x"));
                ana.screen.failed.push("ana/x".into());
                ana.lost.extend(declared.then(|| "x".to_owned()));
            });
            assert_eq!(findings.len(), flaws, "{loss:?} {declared}");
        }
    }
}
