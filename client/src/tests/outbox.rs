use protocol::{Command, Event, RefusalCode, ServerFrame, limits};

use super::harness::{
    ClientHarness, LOBBY, ana, event, events, head_of, message, pending, recovered, refused, replaced, rui, snapshot,
};
use crate::{DeliveryStatus, FailureReason, Input, PendingCommand};
use protocol::Reason::{Epoch, Fork, New, Trimmed};

fn sent(id: &str, seq: u64) -> ServerFrame {
    ServerFrame::Sent { room: LOBBY.into(), id: id.into(), seq, at: 0 }
}

fn own(seq: u64, id: &str) -> ServerFrame {
    ServerFrame::Event(message(seq, "a", &ana(), id))
}

#[test]
fn message_is_shown_at_once_and_confirmed_by_event_or_ack() {
    let mut harness = ClientHarness::in_lobby(events(1..=1));
    assert_eq!(harness.send("x"), "store x, send x, *timeline");
    assert_eq!(harness.items(), "1 x?");
    let key = harness.room().timeline()[1].key.clone();

    let mut event_first = ClientHarness { client: harness.client.clone(), ..harness };
    assert_eq!(event_first.receive(&own(2, "x")), "remove x, *timeline");
    assert_eq!(event_first.items(), "1 2");
    assert_eq!(event_first.receive(&sent("x", 2)), "");
    assert_eq!(event_first.room().timeline()[1].key, key, "the key stays the same");

    assert_eq!(harness.receive(&sent("x", 2)), "remove x");
    assert_eq!(harness.items(), "1 x?", "the event has not arrived");
    assert_eq!(harness.receive(&own(2, "x")), "*timeline");
    assert_eq!(harness.items(), "1 2");
}

#[test]
fn pending_messages_are_sent_again_in_order_after_every_join() {
    let mut harness = ClientHarness::in_lobby(vec![]);
    for id in ["c", "a", "b"] {
        harness.send(id);
    }
    harness.receive(&sent("a", 7));
    assert_eq!(harness.reconnect(), "join lobby after e1, *connection");
    assert_eq!(
        harness.receive(&recovered(vec![], head_of(&[]))),
        "send c",
        "the acknowledged message is not sent again"
    );
    assert_eq!(harness.receive(&recovered(vec![], head_of(&[]))), "send c");
    assert_eq!(harness.receive(&sent("c", 8)), "remove c, send b");
}

#[test]
fn outbox_survives_a_reload() {
    let mut harness = ClientHarness::new(vec![pending("x"), pending("y"), pending("x")]);
    harness.open(Some(snapshot(vec![event(1), message(2, "a", &ana(), "x")])));
    assert_eq!(harness.items(), "1 2 y?");
    harness.connect();
    assert_eq!(harness.receive(&recovered(vec![], head_of(&[message(2, "a", &ana(), "x")]))), "send y");
}

#[test]
fn pending_message_in_the_snapshot_is_forgotten_at_once() {
    let mut harness = ClientHarness::new(vec![pending("x")]);
    let opened = harness.open(Some(snapshot(vec![message(1, "a", &ana(), "x")])));
    assert_eq!(opened, "remove x, *rooms, *timeline, *people");
    assert_eq!(harness.send("x"), "", "the same id means the same message");
}

#[test]
fn ack_before_the_page_removes_the_item() {
    let mut harness = ClientHarness::new(vec![pending("x")]);
    harness.open(Some(snapshot(events(8..=9))));
    harness.connect();
    harness.receive(&recovered(vec![], head_of(&events(9..=9))));
    assert_eq!(harness.receive(&sent("x", 3)), "remove x, *timeline");
    assert_eq!(harness.items(), "8 9");
}

#[test]
fn pending_messages_stay_unless_a_new_page_contains_them() {
    for reason in [New, Trimmed, Fork, Epoch] {
        let mut harness = ClientHarness::in_lobby(events(1..=2));
        harness.send("x");
        harness.send("y");
        harness.reconnect();
        let answer = harness.receive(&replaced(reason, vec![event(8), message(9, "a", &ana(), "x")]));
        assert!(answer.starts_with("remove x, send y"), "{reason:?}: {answer}");
        assert_eq!(harness.items(), "8 9 y?", "{reason:?}");
    }
}

#[test]
fn acknowledged_message_before_the_page_is_removed() {
    let mut harness = ClientHarness::in_lobby(events(1..=2));
    harness.send("x");
    harness.receive(&sent("x", 3));
    harness.reconnect();
    harness.receive(&replaced(Trimmed, events(8..=9)));
    assert_eq!(harness.items(), "8 9");
}

#[test]
fn acknowledged_message_that_is_lost_fails() {
    for reason in [Fork, Epoch] {
        let mut harness = ClientHarness::in_lobby(events(1..=2));
        harness.send("x");
        harness.receive(&sent("x", 3));
        harness.reconnect();
        let kept = harness.receive(&replaced(reason, events(1..=1)));
        assert!(kept.starts_with("store x, "), "{reason:?}: {kept}");
        assert_eq!(harness.items(), "1 x!", "{reason:?}");
    }
}

#[test]
fn shown_message_that_is_lost_on_a_fork_fails() {
    let before =
        vec![event(1), message(2, "a", &ana(), "kept"), message(3, "a", &ana(), "x"), message(4, "a", &rui(), "y")];
    let after_kept = |event: Event| Event { prev: "a2".into(), ..event };
    for (page, kept, items) in [
        (vec![event(1), message(2, "a", &ana(), "kept")], "store x, ", "1 2 x!"),
        (vec![message(2, "a", &ana(), "kept"), after_kept(message(3, "b", &rui(), "z"))], "store x, ", "2 3 x!"),
        // Another tab has sent the message again.
        (vec![message(2, "a", &ana(), "kept"), after_kept(message(3, "b", &ana(), "x"))], "", "2 3"),
        // The page begins after the message, so nothing is known of it.
        (vec![message(8, "b", &rui(), "z")], "", "8"),
        (vec![], "store kept, store x, ", "kept! x!"),
    ] {
        let mut harness = ClientHarness::in_lobby(before.clone());
        harness.reconnect();
        let heard = harness.receive(&replaced(Fork, page.clone()));
        assert_eq!(heard, format!("{kept}*timeline"), "{page:?}");
        assert_eq!(harness.items(), items, "{page:?}");
    }
}

#[test]
fn message_lost_on_a_fork_is_sent_again_with_its_id() {
    let mut harness = ClientHarness::in_lobby(vec![event(1), message(2, "a", &ana(), "x")]);
    harness.reconnect();
    harness.receive(&replaced(Fork, events(1..=1)));
    assert_eq!(harness.handle(Input::Retry { room: LOBBY, id: "x" }), "store x, send x, *timeline");
}

#[test]
fn acknowledged_message_without_event_counts_as_lost() {
    let mut harness = ClientHarness::in_lobby(events(1..=2));
    harness.send("x");
    harness.receive(&sent("x", 3));
    let mut kept = String::new();
    for _ in 0..20 {
        if kept.contains("store") {
            break;
        }
        if harness.time_out().contains("join") {
            kept = harness.receive(&recovered(vec![], head_of(&events(2..=2))));
        }
    }
    assert_eq!(harness.items(), "1 2 x!");
    assert!((20_000..25_000).contains(&harness.now), "{}", harness.now);
    harness.receive(&own(3, "x"));
    assert_eq!(harness.items(), "1 2 3", "the late event confirms the message");
}

#[test]
fn acknowledged_message_is_not_lost_without_answered_joins() {
    let mut harness = ClientHarness::in_lobby(events(1..=2));
    harness.send("x");
    harness.receive(&sent("x", 3));
    for _ in 0..40 {
        if harness.time_out().contains("join") {
            harness.receive(&refused("join", None, "unavailable", Some(1_000)));
        }
    }
    assert!(harness.now > 30_000, "{}", harness.now);
    assert_eq!(harness.items(), "1 2 x?");
}

#[test]
fn overdue_event_of_an_acknowledged_message_causes_a_join() {
    let mut harness = ClientHarness::in_lobby(events(1..=2));
    harness.send("x");
    harness.receive(&sent("x", 3));
    assert_eq!((harness.time_out(), harness.now), ("join lobby after e1a2".into(), 5_000));
    let event = message(3, "a", &ana(), "x");
    assert_eq!(harness.receive(&recovered(vec![event.clone()], head_of(&[event]))), "*timeline");
    assert_eq!(harness.items(), "1 2 3");
}

#[test]
fn refusals_are_temporary_or_final() {
    for (code, retry_after, items, again_at) in [
        ("rate_limited", Some(500), "x?", Some(750)),
        ("unavailable", Some(2_000), "x?", Some(3_000)),
        ("unavailable", None, "x?", Some(1_500)),
        ("bad_id", None, "x!", None),
        ("text_empty", None, "x!", None),
        ("text_too_long", None, "x!", None),
        ("forbidden", Some(500), "x!", None),
        ("bad_frame", None, "x!", None),
        ("unheard_of", None, "x!", None),
    ] {
        let mut harness = ClientHarness::in_lobby(vec![]);
        harness.send("x");
        let rendered = if again_at.is_some() { "" } else { "store x, *timeline" };
        assert_eq!(harness.receive(&refused("send", Some("x"), code, retry_after)), rendered, "{code}");
        assert_eq!(harness.items(), items, "{code}");
        if let Some(at) = again_at {
            assert_eq!((harness.time_out(), harness.now), ("send x".into(), at), "{code}");
        } else {
            assert_eq!(
                harness.room().timeline()[0].state,
                DeliveryStatus::Failed(FailureReason::of(RefusalCode::named(code), format!("No: {code}.")))
            );
            harness.reconnect();
            assert_eq!(harness.receive(&recovered(vec![], head_of(&[]))), "", "{code}: not sent again automatically");
        }
    }
}

#[test]
fn pause_applies_to_all_messages_and_keeps_their_order() {
    let mut harness = ClientHarness::in_lobby(vec![]);
    for id in ["a", "b", "c"] {
        harness.send(id);
    }
    harness.receive(&refused("send", Some("a"), "rate_limited", Some(500)));
    assert_eq!(harness.send("d"), "store d, *timeline");
    assert_eq!((harness.time_out(), harness.now), ("send a".into(), 750));
    assert_eq!(harness.receive(&sent("a", 1)), "remove a, send b");
    assert_eq!(harness.receive(&own(1, "a")), "*timeline");
    assert_eq!(harness.receive(&sent("b", 2)), "remove b, send c");
}

#[test]
fn only_one_message_is_in_flight() {
    let mut harness = ClientHarness::in_lobby(vec![]);
    assert_eq!(harness.send("a"), "store a, send a, *timeline");
    assert_eq!(harness.send("b"), "store b, *timeline");
    assert_eq!(harness.send("c"), "store c, *timeline");
    assert_eq!(harness.receive(&own(1, "a")), "remove a, send b, *timeline", "the event also counts as an answer");
    assert_eq!(harness.receive(&refused("send", Some("b"), "forbidden", None)), "store b, send c, *timeline");
}

#[test]
fn failed_message_is_not_sent_after_a_reload() {
    let mut harness = ClientHarness::in_lobby(vec![]);
    harness.send("x");
    harness.receive(&refused("send", Some("x"), "forbidden", None));
    let failed = PendingCommand { failed: Some(FailureReason::Refused(RefusalCode::Forbidden)), ..pending("x") };
    let mut harness = ClientHarness::new(vec![failed]);
    harness.open(None);
    assert_eq!(harness.items(), "x!");
    harness.connect();
    assert!(!harness.receive(&replaced(New, vec![])).contains("send"));
    assert_eq!(harness.handle(Input::Retry { room: LOBBY, id: "x" }), "store x, send x, *timeline");
}

#[test]
fn message_without_an_answer_is_sent_again() {
    let mut harness = ClientHarness::in_lobby(vec![]);
    harness.send("x");
    assert_eq!((harness.time_out(), harness.now), ("send x".into(), 15_000));
}

#[test]
fn refusal_as_not_joined_causes_a_join() {
    let mut harness = ClientHarness::in_lobby(vec![]);
    harness.send("x");
    assert_eq!(harness.receive(&refused("send", Some("x"), "not_joined", None)), "join lobby after e1");
    assert_eq!(harness.send("y"), "store y, *timeline");
    assert_eq!(harness.receive(&recovered(vec![], head_of(&[]))), "send x");
    assert_eq!(harness.receive(&refused("send", Some("x"), "not_joined", None)), "", "not in a loop");
    assert_eq!((harness.time_out(), harness.now), ("join lobby after e1".into(), 250));
}

#[test]
fn failed_message_can_be_retried_or_discarded() {
    let mut harness = ClientHarness::in_lobby(vec![]);
    harness.send("x");
    assert_eq!(harness.handle(Input::Discard { room: LOBBY, id: "x" }), "", "it has not failed");
    assert_eq!(harness.handle(Input::Retry { room: LOBBY, id: "x" }), "", "it has not failed");
    harness.receive(&refused("send", Some("x"), "forbidden", None));
    assert_eq!(harness.handle(Input::Retry { room: LOBBY, id: "x" }), "store x, send x, *timeline");
    assert_eq!(harness.items(), "x?");
    harness.receive(&refused("send", Some("x"), "forbidden", None));
    assert_eq!(harness.handle(Input::Discard { room: LOBBY, id: "x" }), "remove x, *timeline");
    assert_eq!(harness.items(), "");
}

#[test]
fn invalid_message_fails_at_once() {
    let long = "x".repeat(limits::TEXT + 1);
    for (id, text) in [("x", " "), ("x", long.as_str()), ("no id", "hello")] {
        let mut harness = ClientHarness::in_lobby(vec![]);
        harness.command(id, Command::send(text));
        assert!(matches!(harness.room().timeline()[0].state, DeliveryStatus::Failed(_)), "{id} {text:.9}");
    }
}

#[test]
fn message_over_the_frame_limit_is_not_sent() {
    let mut harness = ClientHarness::in_lobby(vec![]);
    // JSON encodes each of these characters in six bytes.
    let text = "\u{1}".repeat(limits::TEXT - 1) + "x";
    assert_eq!(harness.command("x", Command::send(text)), "store x, store x, *timeline");
    assert_eq!(harness.items(), "x!");
    assert_eq!(harness.send("y"), "store y, send y, *timeline");
}

#[test]
fn outbox_is_bounded() {
    let mut harness = ClientHarness::new(vec![]);
    harness.open(None);
    for n in 0..1_000 {
        assert_eq!(harness.send(&n.to_string()), format!("store {n}, *timeline"));
    }
    for n in 1_000..1_200 {
        assert_eq!(harness.send(&n.to_string()), "*timeline", "not persisted");
    }
    let items = harness.room().timeline();
    assert_eq!(items.len(), 1_100);
    assert!(matches!(&items[1_000].state, DeliveryStatus::Failed(FailureReason::OutboxFull)), "{:?}", items[1_000]);
    assert_eq!(items[1_000].key, "u_ana/1100", "the oldest overflow was removed");
    let retry = Input::Retry { room: LOBBY, id: "1199" };
    assert_eq!(harness.handle(retry.clone()), "", "there is still no space");
    harness.connect();
    harness.receive(&replaced(New, vec![]));
    harness.receive(&sent("0", 1));
    assert_eq!(harness.handle(retry), "store 1199, *timeline");
}

#[test]
fn pending_messages_of_a_left_room_wait_for_the_next_visit() {
    let mut harness = ClientHarness::in_lobby(vec![]);
    harness.send("x");
    harness.send("y");
    harness.handle(Input::Leave { room: LOBBY });
    assert_eq!(harness.send("z"), "store z");
    assert_eq!(harness.send("z"), "");
    assert_eq!(harness.receive(&sent("x", 1)), "remove x");
    harness.open(None);
    assert_eq!(harness.items(), "y? z?");
    assert_eq!(harness.receive(&replaced(New, events(1..=1))), "send y, *timeline, *people");
    assert_eq!(harness.receive(&sent("y", 2)), "remove y, send z");
}
