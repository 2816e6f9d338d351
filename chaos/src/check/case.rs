//! A small room made by hand, for the tests: Ana says `a`, `b`, `c` …, and the journals are as they should be until a test
//! damages them.

use super::{Breach, Entry, Finding, History, Loss, examine};
use crate::people::{Acknowledged, Journal, Said, Screen, Shown, View};

pub(super) fn history(messages: &str) -> History {
    let numbers = 1_u64..;
    let entries = numbers.zip(messages.chars()).map(|(seq, message)| Entry {
        seq,
        uid: format!("u{seq}"),
        prev: if seq == 1 { String::new() } else { format!("u{}", seq - 1) },
        key: format!("ana/{message}"),
    });
    History { room: "lobby".into(), entries: entries.collect(), head: messages.len() as u64 }
}

/// The journals of Ana, who said it all, and of Rui, who read it.
pub(super) fn journals(messages: &str) -> [Journal; 2] {
    let ids = || messages.chars().map(String::from);
    let lines = || (1..).zip(ids()).map(|(seq, id)| (seq, format!("ana/{id}")));
    let shown = lines().map(|(seq, key)| Shown { seq, key, at: seq * 10 });
    let rui = Journal {
        who: "rui".into(),
        room: "lobby".into(),
        views: vec![View { since: 0, declared: None, lines: shown.collect() }],
        screen: Screen { sent: lines().collect(), ..Screen::default() },
        ..Journal::default()
    };
    let ana = Journal {
        who: "ana".into(),
        said: ids().map(|id| said(&id)).collect(),
        acknowledged: (1..).zip(ids()).map(|(seq, id)| Acknowledged { id, at: seq * 10 }).collect(),
        places: ids().zip(1..).collect(),
        ..rui.clone()
    };
    [ana, rui]
}

pub(super) fn said(id: &str) -> Said {
    Said { id: id.into(), at: 0 }
}

pub(super) fn breaches(findings: &[Finding]) -> Vec<Breach> {
    findings.iter().map(|finding| finding.breach).collect()
}

/// Damages a room in which all is well, and returns what the checker says.
pub(super) fn damaged(damage: impl FnOnce(&mut History, &mut Journal, &mut Journal)) -> Vec<Finding> {
    examined(Loss::None, damage)
}

pub(super) fn examined(loss: Loss, damage: impl FnOnce(&mut History, &mut Journal, &mut Journal)) -> Vec<Finding> {
    let (mut history, [mut ana, mut rui]) = (history("abcd"), journals("abcd"));
    damage(&mut history, &mut ana, &mut rui);
    examine(&history, &[ana, rui], loss)
}

#[test]
fn nothing_is_found_where_all_is_well() {
    assert_eq!(damaged(|_, _, _| {}), []);
    assert_eq!(examined(Loss::Declared, |_, _, _| {}), []);
}
