//! Corrupts a small correct room: Ana sends `a`, `b`, `c`, `d`, Rui reads.

use AllowedLoss::{Declared, None as Nothing};
use ViolationKind::{Duplicated, Lost, OutOfOrder, Unsettled};
use protocol::Reason;

use super::*;
use crate::clients::{DisplayedEvent, Screen, Timed, TimelineView};

type Corruption = fn(&mut RoomHistory, &mut Journal, &mut Journal);
type HistoryCorruption = fn(&mut RoomHistory);

fn history() -> RoomHistory {
    let entries = (1..).zip("abcd".chars()).map(|(seq, message)| HistoryEntry {
        seq,
        uid: format!("u{seq}"),
        prev: if seq == 1 { String::new() } else { format!("u{}", seq - 1) },
        key: format!("ana/{message}"),
    });
    RoomHistory { room: "lobby".into(), entries: entries.collect(), head: 4 }
}

fn journals() -> [Journal; 2] {
    let ids = || "abcd".chars().map(String::from);
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

fn message(id: &str, at: u64) -> Timed {
    Timed { id: id.into(), at }
}

/// Acknowledges a message at 50 ms that is not stored.
fn lose_message(ana: &mut Journal) {
    ana.sent.push(message("x", 0));
    ana.acknowledged.push(message("x", 50));
}

fn reset_view(journal: &mut Journal, since: u64) {
    let events = journal.views[0].events.clone();
    journal.views.push(TimelineView { since, declared: Some(Reason::Fork), events });
}

fn replace_view(journal: &mut Journal, declared: Option<Reason>) {
    let events = journal.views[0].events.split_off(2);
    journal.views.push(TimelineView { since: 30, declared, events });
}

fn fail_message(ana: &mut Journal) {
    ana.sent.push(message("x", 0));
    ana.screen.failed.push("ana/x".into());
}

#[test]
fn only_broken_promises_are_violations() {
    let cases: [(&str, AllowedLoss, Corruption, &[ViolationKind]); 31] = [
        ("a correct room", Nothing, |_, _, _| {}, &[]),
        ("a correct room, where losses are allowed", Declared, |_, _, _| {}, &[]),
        ("an acknowledged message is not stored", Nothing, |_, ana, _| lose_message(ana), &[Lost]),
        ("and a later reset declares that", Declared, |_, ana, _| (lose_message(ana), reset_view(ana, 60)).1, &[]),
        ("and an earlier reset", Declared, |_, ana, _| (lose_message(ana), reset_view(ana, 40)).1, &[Lost]),
        ("and losses are not allowed", Nothing, |_, ana, _| (lose_message(ana), reset_view(ana, 60)).1, &[Lost]),
        ("old messages are trimmed", Nothing, |history, _, _| drop(history.entries.drain(..2)), &[]),
        ("a message disappeared", Nothing, |_, ana, _| ana.sent.push(message("x", 0)), &[Lost]),
        ("another seq was acknowledged", Nothing, |_, ana, _| ana.acknowledged_seqs[1].1 = 3, &[Duplicated]),
        ("a message was overtaken", Nothing, |_, ana, _| ana.sent.swap(1, 2), &[OutOfOrder]),
        ("the screen lacks the last message", Nothing, |_, _, rui| drop(rui.screen.sent.pop()), &[Lost]),
        ("the screen is empty", Nothing, |_, _, rui| rui.screen.sent.clear(), &[Lost]),
        ("the screen begins later", Nothing, |_, _, rui| drop(rui.screen.sent.drain(..2)), &[]),
        ("the screen has a gap", Nothing, |_, _, rui| drop(rui.screen.sent.remove(1)), &[Lost]),
        ("the screen has another message", Nothing, |_, _, rui| rui.screen.sent[1].1 = "ana/x".into(), &[OutOfOrder]),
        (
            "a client that vanished lacks the end",
            Nothing,
            |_, _, rui| {
                rui.screen.sent.pop();
                rui.vanished = Some(30);
            },
            &[],
        ),
        ("a message is pending", Nothing, |_, ana, _| ana.screen.pending.push("ana/x".into()), &[Unsettled]),
        ("a message failed", Declared, |_, ana, _| fail_message(ana), &[Unsettled]),
        ("and is known as lost", Declared, |_, ana, _| (fail_message(ana), ana.lost.push("x".into())).1, &[]),
        (
            "and losses are not allowed",
            Nothing,
            |_, ana, _| (fail_message(ana), ana.lost.push("x".into())).1,
            &[Unsettled],
        ),
        ("a silent gap", Nothing, |_, _, rui| drop(rui.views[0].events.remove(1)), &[Lost]),
        ("a view is replaced without a reason", Nothing, |_, _, rui| replace_view(rui, None), &[Lost]),
        ("as if it were the first", Nothing, |_, _, rui| replace_view(rui, Some(Reason::New)), &[Lost]),
        ("because history was trimmed", Nothing, |_, _, rui| replace_view(rui, Some(Reason::Trimmed)), &[]),
        ("because of a fork", Nothing, |_, _, rui| replace_view(rui, Some(Reason::Fork)), &[]),
        (
            "two orders",
            Nothing,
            |_, _, rui| {
                let events = &mut rui.views[0].events;
                (events[1].key, events[2].key) = ("ana/c".into(), "ana/b".into());
            },
            &[OutOfOrder, OutOfOrder],
        ),
        ("a disorder", Nothing, |_, _, rui| rui.views[0].events.swap(1, 2), &[Lost, OutOfOrder, Lost]),
        ("a duplicate", Nothing, |_, _, rui| rui.views[0].events[3].key = "ana/c".into(), &[Duplicated, OutOfOrder]),
        (
            "an event that was never stored",
            Nothing,
            |_, _, rui| rui.views[0].events.push(DisplayedEvent { seq: 5, key: "ana/e".into(), at: 50 }),
            &[OutOfOrder],
        ),
        ("a history that was lost is displayed before the reset", Declared, display_lost_history, &[]),
        ("and without a loss", Nothing, display_lost_history, &[OutOfOrder]),
    ];
    for (name, loss, corrupt, kinds) in cases {
        let (mut history, [mut ana, mut rui]) = (history(), journals());
        corrupt(&mut history, &mut ana, &mut rui);
        let violations = check_room(&history, &[ana, rui], loss);
        let found: Vec<ViolationKind> = violations.iter().map(|violation| violation.kind).collect();
        assert_eq!(found, kinds, "{name}: {violations:?}");
    }
}

fn display_lost_history(_: &mut RoomHistory, _: &mut Journal, rui: &mut Journal) {
    let events = vec![DisplayedEvent { seq: 1, key: "ana/before".into(), at: 5 }];
    rui.views.insert(0, TimelineView { since: 0, declared: None, events });
    rui.views[1].declared = Some(Reason::Epoch);
}

#[test]
fn missing_messages_are_counted() {
    let mut history = history();
    history.entries.truncate(2);
    assert_eq!(count_missing(&history, &journals()), 2);
}

#[test]
fn a_correct_or_trimmed_history_has_no_violations() {
    assert!(history().violations().is_empty());
    assert!(RoomHistory::default().violations().is_empty());
    let mut trimmed = history();
    trimmed.entries.drain(..2);
    assert!(trimmed.violations().is_empty());
    assert_eq!((trimmed.first(), trimmed.at(3).unwrap().key.as_str()), (3, "ana/c"));
    assert_eq!((trimmed.at(2), trimmed.at(5)), (None, None));
}

#[test]
fn every_corruption_of_a_history_is_found() {
    let corruptions: [(&str, HistoryCorruption, ViolationKind); 6] = [
        ("a gap", |history| drop(history.entries.remove(1)), Lost),
        ("no end", |history| drop(history.entries.pop()), Lost),
        ("another order", |history| history.entries.swap(1, 2), OutOfOrder),
        ("a broken chain", |history| history.entries[2].prev = "x".into(), OutOfOrder),
        ("a uid twice", |history| history.entries[3].uid = "u1".into(), Duplicated),
        ("a message twice", |history| history.entries[3].key = "ana/a".into(), Duplicated),
    ];
    for (name, corrupt, kind) in corruptions {
        let mut history = history();
        corrupt(&mut history);
        let violations = history.violations();
        assert!(violations.iter().any(|violation| violation.kind == kind), "{name}: {violations:?}");
    }
}
