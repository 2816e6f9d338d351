use protocol::{Command, Event, Kind, ServerFrame};

use super::{answer, edit, react, sent};
use crate::Input;
use crate::tests::harness::{ClientHarness, LOBBY, ana, event, events, message, refused, replaced, rui};
use protocol::Reason::{Epoch, Fork};

#[test]
fn change_that_is_lost_on_a_fork_fails() {
    let before = vec![message(1, "a", &ana(), "x"), event(2), edit(3, &ana(), 1), react(4, &ana(), 2, "👍", true)];
    for (page, kept, shown) in [
        (before[..3].to_vec(), "store r4, ", ["edit 3, edited", "text of m2, r4!"]),
        (before[..2].to_vec(), "store e3, store r4, ", ["text of x, e3!", "text of m2, r4!"]),
        (before.clone(), "", ["edit 3, edited", "text of m2, 👍 Ana"]),
    ] {
        let mut harness = ClientHarness::in_lobby(before.clone());
        harness.reconnect();
        let heard = harness.receive(&replaced(Fork, page.clone()));
        let rendered = if page.len() == before.len() { "" } else { "*timeline" };
        assert_eq!(heard, format!("{kept}{rendered}"), "{page:?}");
        assert_eq!([harness.shows(1), harness.shows(2)], shown, "{page:?}");
    }
}

#[test]
fn changes_to_a_lost_message_are_dropped() {
    let mut harness = ClientHarness::in_lobby(vec![event(1), message(2, "a", &ana(), "x"), edit(3, &ana(), 2)]);
    harness.reconnect();
    assert_eq!(harness.receive(&replaced(Fork, events(1..=1))), "store x, *timeline");
    let item = harness.room().timeline().last().unwrap();
    assert_eq!(super::describe(item), "edit 3", "the item has the latest text");
    assert_eq!(harness.items(), "1 x!");
}

#[test]
fn deleted_message_is_not_restored_after_a_fork() {
    let mut harness =
        ClientHarness::in_lobby(vec![event(1), message(2, "a", &ana(), "x"), super::delete(3, &ana(), 2)]);
    harness.reconnect();
    assert_eq!(harness.receive(&replaced(Fork, events(1..=1))), "*timeline");
    assert_eq!(harness.items(), "1");
}

#[test]
fn lost_message_is_restored_without_pending_changes() {
    let mut harness = ClientHarness::in_lobby(vec![event(1), message(2, "a", &ana(), "x")]);
    harness.close(1006);
    harness.delete("d", 2);
    harness.time_out();
    harness.receive(&crate::tests::harness::welcome(ana()));
    harness.receive(&replaced(Fork, events(1..=1)));
    assert_eq!(super::describe(harness.room().timeline().last().unwrap()), "text of x");
}

#[test]
fn lost_reply_to_a_lost_message_is_no_longer_a_reply() {
    let mut harness = ClientHarness::in_lobby(vec![event(1), event(2), answer(3, &ana(), (2, &rui()), "text of m2")]);
    harness.reconnect();
    harness.receive(&replaced(Fork, events(1..=1)));
    assert_eq!(super::describe(harness.room().timeline().last().unwrap()), "text of m3");
}

/// After a loss, the `seq` of the message soon belongs to another message, possibly of the same person.
#[test]
fn change_is_not_applied_to_another_message_with_the_same_seq() {
    let mut harness = ClientHarness::in_lobby(vec![event(1), message(2, "a", &ana(), "x")]);
    harness.close(1006);
    harness.delete("d", 2);
    harness.time_out();
    harness.receive(&crate::tests::harness::welcome(ana()));
    let other = Event { prev: "a1".into(), ..message(2, "b", &ana(), "other") };
    harness.receive(&replaced(Fork, vec![event(1), other]));
    assert_eq!(harness.shows(2), "text of other");
    assert_eq!(harness.receive(&refused("delete", Some("d"), "forbidden", None)), "remove d");
}

#[test]
fn change_contains_the_uid_of_its_message() {
    let mut harness = ClientHarness::in_lobby(vec![message(1, "a", &ana(), "x")]);
    let commands = [
        Command::Edit { target: 1.into(), text: "y".into() },
        Command::Delete { target: 1.into() },
        Command::React { target: 1.into(), emoji: "👍".into(), on: true },
        Command::Send { text: "y".into(), reply_to: Some(1.into()) },
    ];
    let context = crate::Context { now: 0, random: 0.5 };
    let mut frames = vec![];
    for (seq, command) in (2..).zip(commands) {
        let id = (seq - 1).to_string();
        let input = Input::Command { room: LOBBY, id, command, key: Some("u_ana/x") };
        frames.extend(harness.client.handle(input, context));
        harness.receive(&sent(&(seq - 1).to_string(), seq));
    }
    let texts = frames.iter().filter_map(|effect| match effect {
        crate::Effect::Transmit { text, .. } => Some(text.as_str()),
        _ => None,
    });
    let texts: Vec<_> = texts.collect();
    assert_eq!(texts.len(), 4, "{texts:?}");
    assert!(texts.iter().all(|text| text.contains(r#""uid":"a1""#)), "{texts:?}");
}

#[test]
fn acknowledged_change_that_is_lost_fails() {
    for (reason, shown) in [(Fork, "text of x, r!"), (Epoch, "text of x")] {
        let mut harness = ClientHarness::in_lobby(vec![message(1, "a", &ana(), "x")]);
        harness.react("r", 1, "👍", true);
        harness.receive(&sent("r", 2));
        harness.reconnect();
        let page = if reason == Fork {
            vec![message(1, "a", &ana(), "x")]
        } else {
            vec![Event {
                kind: Kind::Message { id: "x".into(), text: "text of x".into(), reply: None },
                ..message(1, "b", &ana(), "x")
            }]
        };
        let head = crate::tests::harness::head_of(&page);
        let epoch = if reason == Fork { "e1" } else { "e2" };
        let heard = harness.receive(&crate::tests::harness::joined(false, Some(reason), epoch, page, head));
        assert!(heard.starts_with("store r, "), "{reason:?}: {heard}");
        assert_eq!(harness.shows(1), shown, "{reason:?}");
    }
}

#[test]
fn reset_keeps_pending_changes() {
    let mut harness = ClientHarness::in_lobby(vec![message(1, "a", &ana(), "x"), event(2)]);
    harness.edit("e", 1);
    let page = vec![message(1, "a", &ana(), "x"), Event { prev: "a1".into(), ..message(2, "b", &rui(), "other") }];
    let head = crate::tests::harness::head_of(&page);
    let reset = ServerFrame::Reset { room: LOBBY.into(), reason: Fork, epoch: "e1".into(), head, events: page };
    harness.receive(&reset);
    assert_eq!(harness.shows(1), "text of e, edited, e?");
}
