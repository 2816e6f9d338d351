use protocol::Reason::{Fork, New};
use protocol::{Event, Head, RefusalCode, ServerFrame};

use super::harness::{ClientHarness, LOBBY, event, events, joined, message, recovered, refused, replaced, rui};
use crate::{FailureReason, Input};

fn frame(event: Event) -> ServerFrame {
    ServerFrame::Event(event)
}

fn head(seq: u64) -> Head {
    Head { seq, uid: format!("a{seq}") }
}

#[test]
fn event_that_does_not_follow_causes_a_join() {
    let strange = message(3, "b", &rui(), "other");
    for (what, event) in [
        ("a gap", event(6)),
        ("another history ahead", Event { prev: "b4".into(), ..event(5) }),
        ("a number from before all that is shown", event(1)),
        ("another event at a seen number", strange),
    ] {
        let mut harness = ClientHarness::in_lobby(events(3..=4));
        assert_eq!(harness.receive(&frame(event.clone())), "join lobby after e1a4", "{what}");
        assert_eq!(harness.items(), "3 4", "{what}: the items stay");
        assert_eq!(harness.receive(&frame(event)), "", "{what}: a join is in flight");
    }
}

#[test]
fn answer_to_a_join_closes_the_gap() {
    let mut harness = ClientHarness::in_lobby(events(1..=3));
    harness.receive(&frame(event(6)));
    assert_eq!(harness.receive(&recovered(events(4..=6), head(6))), "*rooms, *timeline");
    assert_eq!((harness.items(), harness.room().unread()), ("1 2 3 4 5 6".into(), 3));
    assert_eq!(harness.receive(&frame(event(7))), "*rooms, *timeline");
}

#[test]
fn events_before_the_answer_are_not_lost() {
    let mut harness = ClientHarness::in_lobby(events(1..=3));
    harness.receive(&frame(event(5)));
    harness.receive(&frame(event(6)));
    assert_eq!(harness.receive(&recovered(events(4..=5), head(5))), "*rooms, *timeline");
    assert_eq!(harness.items(), "1 2 3 4 5 6");
}

#[test]
fn events_before_the_first_page_are_buffered() {
    let mut harness = ClientHarness::new(vec![]);
    harness.open(None);
    harness.connect();
    assert_eq!(harness.receive(&frame(event(9))), "");
    harness.receive(&replaced(New, events(7..=8)));
    assert_eq!(harness.items(), "7 8 9");
}

#[test]
fn incomplete_answer_causes_joins_with_backoff() {
    let mut harness = ClientHarness::in_lobby(events(1..=3));
    harness.receive(&frame(event(9)));
    let useless = recovered(vec![], head(9));
    for wait in [250, 500, 1_000, 2_000] {
        assert_eq!(harness.receive(&useless), "", "{wait}");
        assert_eq!(harness.client.deadline(), Some(harness.now + wait));
        assert_eq!(harness.time_out(), "join lobby after e1a3", "{wait}");
    }
    assert_eq!(harness.receive(&recovered(events(4..=9), head(9))), "*rooms, *timeline");
    assert_eq!(harness.receive(&frame(event(11))), "join lobby after e1a9", "a new gap causes a join at once");
}

#[test]
fn head_reveals_a_lost_last_message() {
    let mut harness = ClientHarness::in_lobby(events(1..=3));
    harness.reconnect();
    assert_eq!(harness.receive(&recovered(vec![], head(4))), "join lobby after e1a3");
    assert_eq!(harness.receive(&recovered(events(4..=4), head(4))), "*rooms, *timeline");
}

#[test]
fn fork_is_reported() {
    let mut harness = ClientHarness::in_lobby(events(1..=3));
    harness.receive(&frame(message(3, "b", &rui(), "other")));
    let page = vec![event(1), event(2), Event { prev: "a2".into(), ..message(3, "b", &rui(), "other") }];
    assert_eq!(harness.receive(&replaced(Fork, page)), "*timeline");
    assert!(harness.history().notice.is_some());
    assert_eq!(harness.client.deadline(), Some(37_500), "no join is scheduled");
}

#[test]
fn recovery_in_another_epoch_causes_a_join() {
    let mut harness = ClientHarness::in_lobby(events(1..=3));
    harness.reconnect();
    assert_eq!(harness.receive(&joined(true, None, "e2", events(4..=4), head(4))), "join lobby after e1a3");
    assert_eq!(harness.items(), "1 2 3");
}

#[test]
fn answer_to_an_earlier_visit_is_ignored() {
    let mut harness = ClientHarness::in_lobby(events(1..=3));
    harness.receive(&frame(event(5)));
    harness.handle(Input::Leave { room: LOBBY });
    assert_eq!(harness.open(None), "join lobby, *rooms, *timeline, *people");
    assert_eq!(harness.receive(&recovered(events(4..=5), head(5))), "");
    assert!(!harness.history().is_loaded);
    harness.receive(&replaced(New, events(3..=6)));
    assert_eq!(harness.items(), "3 4 5 6");
}

#[test]
fn older_answer_after_a_newer_one_is_ignored() {
    let mut harness = ClientHarness::in_lobby(events(1..=3));
    harness.receive(&frame(event(5)));
    harness.receive(&recovered(events(4..=6), head(6)));
    assert_eq!(harness.receive(&recovered(events(4..=5), head(5))), "");
    assert_eq!(harness.items(), "1 2 3 4 5 6");
}

#[test]
fn join_without_an_answer_is_sent_again() {
    let mut harness = ClientHarness::new(vec![]);
    harness.open(None);
    harness.connect();
    assert_eq!(harness.client.deadline(), Some(15_000));
    assert_eq!(harness.time_out(), "join lobby");
}

#[test]
fn temporarily_refused_join_is_sent_again() {
    for (code, retry_after, wait) in [("unavailable", Some(700), 1_050), ("rate_limited", None, 1_500)] {
        let mut harness = ClientHarness::new(vec![]);
        harness.open(None);
        harness.connect();
        assert_eq!(harness.receive(&refused("join", None, code, retry_after)), "", "{code}");
        assert_eq!(harness.room().refusal(), None, "{code}");
        assert_eq!(harness.time_out(), "join lobby", "{code}");
        assert_eq!(harness.now, wait, "{code}");
    }
}

#[test]
fn refused_join_reports_the_reason() {
    for code in ["bad_room", "too_many_rooms", "forbidden", "unheard_of"] {
        let mut harness = ClientHarness::new(vec![]);
        harness.open(None);
        harness.connect();
        assert_eq!(harness.receive(&refused("join", None, code, None)), "*rooms", "{code}");
        let why = FailureReason::of(RefusalCode::named(code), format!("No: {code}."));
        assert_eq!(harness.room().refusal(), Some(&why));
        assert_eq!(harness.receive(&frame(event(1))), "", "{code}: the room is not joined");
        assert_eq!(harness.open(None), "join lobby", "{code}: opening the room joins again");
        harness.receive(&replaced(New, vec![]));
        assert_eq!(harness.room().refusal(), None, "{code}");
    }
}

#[test]
fn room_with_an_invalid_name_is_not_joined() {
    let mut harness = ClientHarness::new(vec![]);
    let context = crate::Context { now: 0, random: 0.0 };
    harness.client.open("a\u{0}b", None, context);
    assert_eq!(harness.connect(), "*connection");
    assert_eq!(harness.client.room("a\u{0}b").unwrap().refusal(), Some(&FailureReason::Refused(RefusalCode::BadRoom)));
}

#[test]
fn buffer_during_a_join_is_bounded() {
    let mut harness = ClientHarness::in_lobby(events(1..=1));
    for seq in 3..=600 {
        harness.receive(&frame(event(seq)));
    }
    // The oldest buffered events were dropped, so the others do not follow and cause another join.
    assert_eq!(harness.receive(&recovered(events(2..=10), head(10))), "join lobby after e1a10, *rooms, *timeline");
    harness.receive(&recovered(events(11..=600), head(600)));
    assert_eq!(harness.items().split(' ').count(), 600);
    assert_eq!(harness.reconnect(), "join lobby after e1a600, *connection");
}
