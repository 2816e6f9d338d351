//! A small room made by hand, for the tests: Ana says `a`, `b`, `c` …, and the journals are as they should be until a test
//! damages them.

use super::{AllowedLoss, HistoryEntry, RoomHistory, Violation, ViolationKind, check_room};
use crate::clients::{AcknowledgedMessage, DisplayedEvent, Journal, Screen, SentMessage, TimelineView};

pub(super) fn history(messages: &str) -> RoomHistory {
    let numbers = 1_u64..;
    let entries = numbers.zip(messages.chars()).map(|(seq, message)| HistoryEntry {
        seq,
        uid: format!("u{seq}"),
        prev: if seq == 1 { String::new() } else { format!("u{}", seq - 1) },
        key: format!("ana/{message}"),
    });
    RoomHistory { room: "lobby".into(), entries: entries.collect(), head: messages.len() as u64 }
}

/// The journals of Ana, who said it all, and of Rui, who read it.
pub(super) fn journals(messages: &str) -> [Journal; 2] {
    let ids = || messages.chars().map(String::from);
    let lines = || (1..).zip(ids()).map(|(seq, id)| (seq, format!("ana/{id}")));
    let shown = lines().map(|(seq, key)| DisplayedEvent { seq, key, at: seq * 10 });
    let rui = Journal {
        who: "rui".into(),
        room: "lobby".into(),
        views: vec![TimelineView { since: 0, declared: None, lines: shown.collect() }],
        screen: Screen { sent: lines().collect(), ..Screen::default() },
        ..Journal::default()
    };
    let ana = Journal {
        who: "ana".into(),
        said: ids().map(|id| said(&id)).collect(),
        acknowledged: (1..).zip(ids()).map(|(seq, id)| AcknowledgedMessage { id, at: seq * 10 }).collect(),
        acknowledged_seqs: ids().zip(1..).collect(),
        ..rui.clone()
    };
    [ana, rui]
}

pub(super) fn said(id: &str) -> SentMessage {
    SentMessage { id: id.into(), at: 0 }
}

pub(super) fn kinds(violations: &[Violation]) -> Vec<ViolationKind> {
    violations.iter().map(|violation| violation.kind).collect()
}

/// Damages a room in which all is well, and returns what the checker says.
pub(super) fn damaged(damage: impl FnOnce(&mut RoomHistory, &mut Journal, &mut Journal)) -> Vec<Violation> {
    examined(AllowedLoss::None, damage)
}

pub(super) fn examined(
    loss: AllowedLoss,
    damage: impl FnOnce(&mut RoomHistory, &mut Journal, &mut Journal),
) -> Vec<Violation> {
    let (mut history, [mut ana, mut rui]) = (history("abcd"), journals("abcd"));
    damage(&mut history, &mut ana, &mut rui);
    check_room(&history, &[ana, rui], loss)
}

#[test]
fn nothing_is_found_where_all_is_well() {
    assert_eq!(damaged(|_, _, _| {}), []);
    assert_eq!(examined(AllowedLoss::Declared, |_, _, _| {}), []);
}
