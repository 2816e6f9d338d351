//! A small correct room: Ana sends `a`, `b`, `c` …, Rui reads. Tests corrupt it.

use super::{AllowedLoss, HistoryEntry, RoomHistory, Violation, ViolationKind, check_room};
use crate::clients::{DisplayedEvent, Journal, MessageTime, Screen, TimelineView};

pub(super) fn history(messages: &str) -> RoomHistory {
    let entries = (1..).zip(messages.chars()).map(|(seq, message)| HistoryEntry {
        seq,
        uid: format!("u{seq}"),
        prev: if seq == 1 { String::new() } else { format!("u{}", seq - 1) },
        key: format!("ana/{message}"),
    });
    RoomHistory { room: "lobby".into(), entries: entries.collect(), head: messages.len() as u64 }
}

/// The journals of Ana, who sent everything, and of Rui.
pub(super) fn journals(messages: &str) -> [Journal; 2] {
    let ids = || messages.chars().map(String::from);
    let displayed = || (1..).zip(ids()).map(|(seq, id)| (seq, format!("ana/{id}")));
    let events = displayed().map(|(seq, key)| DisplayedEvent { seq, key, at: seq * 10 });
    let rui = Journal {
        user: "rui".into(),
        room: "lobby".into(),
        views: vec![TimelineView { since: 0, declared: None, events: events.collect() }],
        screen: Screen { sent: displayed().collect(), ..Screen::default() },
        ..Journal::default()
    };
    let ana = Journal {
        user: "ana".into(),
        sent: ids().map(|id| message(&id, 0)).collect(),
        acknowledged: (1..).zip(ids()).map(|(seq, id)| message(&id, seq * 10)).collect(),
        acknowledged_seqs: ids().zip(1..).collect(),
        ..rui.clone()
    };
    [ana, rui]
}

pub(super) fn message(id: &str, at: u64) -> MessageTime {
    MessageTime { id: id.into(), at }
}

pub(super) fn kinds(violations: &[Violation]) -> Vec<ViolationKind> {
    violations.iter().map(|violation| violation.kind).collect()
}

/// Corrupts the correct room and returns what the checker finds.
pub(super) fn check_corrupted(corrupt: impl FnOnce(&mut RoomHistory, &mut Journal, &mut Journal)) -> Vec<Violation> {
    check_corrupted_with(AllowedLoss::None, corrupt)
}

pub(super) fn check_corrupted_with(
    loss: AllowedLoss,
    corrupt: impl FnOnce(&mut RoomHistory, &mut Journal, &mut Journal),
) -> Vec<Violation> {
    let (mut history, [mut ana, mut rui]) = (history("abcd"), journals("abcd"));
    corrupt(&mut history, &mut ana, &mut rui);
    check_room(&history, &[ana, rui], loss)
}

#[test]
fn a_correct_room_has_no_violations() {
    assert_eq!(check_corrupted(|_, _, _| {}), []);
    assert_eq!(check_corrupted_with(AllowedLoss::Declared, |_, _, _| {}), []);
}
