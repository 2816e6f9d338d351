use protocol::{Event, Kind, ServerFrame};

use super::harness::{
    ClientHarness, LOBBY, ana, event, events, head_of, joined, message, recovered, replaced, rui, snapshot,
};
use crate::{Input, Notice};
use protocol::Reason::{Epoch, Fork, New, Trimmed};

fn frame(event: Event) -> ServerFrame {
    ServerFrame::Event(event)
}

#[test]
fn join_starts_at_the_rendered_page() {
    let mut harness = ClientHarness::new(vec![]);
    assert_eq!(harness.open(Some(snapshot(events(1..=3)))), "*rooms, *timeline, *people");
    assert_eq!((harness.items(), harness.history().is_loaded, harness.room().unread()), ("1 2 3".into(), true, 0));
    assert_eq!(harness.connect(), "join lobby after e1a3, *connection");
    assert_eq!(harness.receive(&recovered(events(4..=5), head_of(&events(5..=5)))), "*rooms, *timeline");
    assert_eq!((harness.items(), harness.room().unread()), ("1 2 3 4 5".into(), 2));
}

#[test]
fn room_without_a_page_loads_one() {
    let mut harness = ClientHarness::new(vec![]);
    harness.open(None);
    assert!(!harness.history().is_loaded && !harness.history().has_older);
    assert_eq!(harness.connect(), "join lobby, *connection");
    assert_eq!(harness.receive(&replaced(New, events(7..=9))), "*timeline, *people");
    assert_eq!((harness.items(), harness.history().notice, harness.room().unread()), ("7 8 9".into(), None, 0));
    assert!(harness.history().has_older);
}

#[test]
fn room_is_joined_at_once_on_a_live_connection() {
    let mut harness = ClientHarness::new(vec![]);
    harness.connect();
    assert_eq!(harness.open(None), "join lobby, *rooms, *timeline, *people");
    assert_eq!(harness.open(None), "", "only one join is sent");
}

#[test]
fn empty_room_has_a_cursor() {
    let mut harness = ClientHarness::new(vec![]);
    harness.open(None);
    harness.connect();
    harness.receive(&replaced(New, vec![]));
    assert!(harness.history().is_loaded && !harness.history().has_older);
    assert_eq!(harness.reconnect(), "join lobby after e1, *connection");
    harness.receive(&recovered(vec![], head_of(&[])));
    assert_eq!(harness.receive(&frame(event(1))), "*rooms, *timeline");
    assert_eq!(harness.items(), "1");
}

#[test]
fn next_event_is_shown_and_seen_event_is_dropped() {
    let mut harness = ClientHarness::in_lobby(events(5..=6));
    assert_eq!(harness.receive(&frame(event(7))), "*rooms, *timeline");
    for seen in [7, 6, 5] {
        assert_eq!(harness.receive(&frame(event(seen))), "", "{seen}");
    }
    assert_eq!(harness.items(), "5 6 7");
}

#[test]
fn own_message_from_another_tab_is_not_unread() {
    let mut harness = ClientHarness::in_lobby(vec![]);
    assert_eq!(harness.receive(&frame(message(1, "a", &ana(), "x"))), "*timeline");
    assert_eq!(harness.receive(&frame(event(2))), "*rooms, *timeline");
    assert_eq!(harness.room().unread(), 1);
    assert_eq!(harness.handle(Input::Read { room: LOBBY }), "read 2 a2, *rooms");
    assert_eq!(harness.handle(Input::Read { room: LOBBY }), "");
    assert_eq!(harness.room().unread(), 0);
}

#[test]
fn first_unread_is_a_message_of_another_person() {
    let mut harness = ClientHarness::in_lobby(events(1..=2));
    assert_eq!((harness.room().first_unread(), harness.room().news_after(2)), (None, 0));
    for event in [message(3, "a", &ana(), "x"), event(4), message(5, "a", &ana(), "y"), event(6)] {
        harness.receive(&frame(event));
    }
    harness.send("z");
    assert_eq!(
        (harness.room().first_unread(), harness.room().news_after(2), harness.room().news_after(4)),
        (Some(4), 2, 1)
    );
    harness.handle(Input::Read { room: LOBBY });
    assert_eq!(harness.room().first_unread(), None);
}

#[test]
fn unknown_kind_is_not_shown_and_keeps_its_position() {
    let mut harness = ClientHarness::in_lobby(events(1..=1));
    assert_eq!(harness.receive(&frame(Event { kind: Kind::Unknown, ..event(2) })), "");
    assert_eq!(harness.receive(&frame(event(3))), "*rooms, *timeline");
    assert_eq!(harness.items(), "1 3");
}

#[test]
fn answer_to_a_join_replaces_the_view_with_a_reason() {
    for (reason, epoch, page, items, notice, unread) in [
        (Trimmed, "e1", events(8..=9), "8 9", Some(Notice::Trimmed), 2),
        (Epoch, "e2", events(1..=2), "1 2", Some(Notice::Reset), 0),
        (Fork, "e1", vec![event(1), message(2, "a", &rui(), "other")], "1 2", Some(Notice::Reset), 0),
        (Fork, "e1", vec![], "", Some(Notice::Reset), 0),
        (New, "e1", events(8..=9), "8 9", None, 2),
    ] {
        let mut harness = ClientHarness::in_lobby(events(1..=3));
        harness.reconnect();
        harness.receive(&joined(false, Some(reason), epoch, page.clone(), head_of(&page)));
        assert_eq!(
            (harness.items().as_str(), harness.history().notice, harness.room().unread()),
            (items, notice, unread),
            "{reason:?}"
        );
        let cursor = head_of(&page).uid;
        assert_eq!(harness.reconnect(), format!("join lobby after {epoch}{cursor}, *connection"), "{reason:?}");
    }
}

#[test]
fn page_that_removes_events_is_a_reset() {
    for (what, reason, epoch, page, items) in [
        ("an earlier end", Some(New), "e1", events(1..=2), "1 2"),
        ("an earlier end, called trimmed", Some(Trimmed), "e1", events(1..=2), "1 2"),
        ("an earlier end, without a reason", None, "e1", events(1..=2), "1 2"),
        ("another event at the last number", Some(New), "e1", vec![message(5, "b", &rui(), "other")], "5"),
        ("another life that is further", Some(New), "e2", events(8..=9), "8 9"),
    ] {
        let mut harness = ClientHarness::in_lobby(events(4..=5));
        harness.send("x");
        harness.receive(&ServerFrame::Sent { room: LOBBY.into(), id: "x".into(), seq: 6, at: 0 });
        harness.receive(&joined(false, reason, epoch, page.clone(), head_of(&page)));
        assert_eq!((harness.items(), harness.history().notice), (format!("{items} x!"), Some(Notice::Reset)), "{what}");
    }
}

#[test]
fn largest_seq_is_shown_once() {
    let largest = |uid: &str, prev: &str| Event {
        seq: u64::MAX,
        uid: uid.into(),
        prev: prev.into(),
        ..message(1, "a", &rui(), uid)
    };
    let mut harness = ClientHarness::new(vec![]);
    harness.open(None);
    harness.connect();
    harness.receive(&replaced(New, vec![largest("x", "w"), largest("y", "x")]));
    assert_eq!(harness.items(), u64::MAX.to_string());
    let older = harness.handle(Input::LoadOlder { room: LOBBY });
    assert_eq!(older, format!("history before {}, *timeline", u64::MAX), "the request ends before the first event");
}

#[test]
fn reset_replaces_the_view() {
    let mut harness = ClientHarness::in_lobby(events(1..=3));
    harness.send("x");
    let page = vec![event(1), Event { prev: "a1".into(), ..message(2, "b", &rui(), "other") }];
    let reset =
        ServerFrame::Reset { room: LOBBY.into(), reason: Fork, epoch: "e1".into(), head: head_of(&page), events: page };
    assert_eq!(harness.receive(&reset), "*timeline");
    assert_eq!((harness.items(), harness.history().notice), ("1 2 x?".into(), Some(Notice::Reset)));
    assert_eq!(harness.receive(&frame(message(3, "b", &rui(), "n"))), "*rooms, *timeline");
}

#[test]
fn lost_tail_is_removed_without_a_replacement() {
    let mut harness = ClientHarness::in_lobby(events(1..=5));
    harness.reconnect();
    harness.receive(&replaced(Fork, events(1..=3)));
    assert_eq!((harness.items(), harness.history().notice), ("1 2 3".into(), Some(Notice::Reset)));
}

#[test]
fn page_that_is_shown_already_replaces_nothing() {
    let mut harness = ClientHarness::in_lobby(events(1..=9));
    for reason in [New, Trimmed] {
        assert_eq!(harness.receive(&replaced(reason, events(6..=8))), "", "{reason:?}: an answer to an older join");
    }
    assert_eq!((harness.items(), harness.history().notice), ("1 2 3 4 5 6 7 8 9".into(), None));
}

#[test]
fn only_the_end_of_a_page_with_a_gap_is_shown() {
    let mut harness = ClientHarness::new(vec![]);
    harness.open(None);
    harness.connect();
    harness.receive(&replaced(New, vec![event(1), event(2), event(5), event(6)]));
    assert_eq!(harness.items(), "5 6");
    assert_eq!(harness.handle(Input::LoadOlder { room: LOBBY }), "history before 5, *timeline");
}

#[test]
fn message_with_two_positions_is_shown_once() {
    let mut harness = ClientHarness::in_lobby(vec![message(1, "a", &rui(), "same")]);
    harness.receive(&frame(message(2, "a", &rui(), "same")));
    harness.receive(&frame(event(3)));
    assert_eq!(harness.items(), "1 3");
}

#[test]
fn events_of_a_left_room_are_ignored() {
    let mut harness = ClientHarness::in_lobby(events(1..=1));
    assert_eq!(harness.handle(Input::Leave { room: LOBBY }), "leave lobby, *rooms");
    assert_eq!(harness.receive(&frame(event(2))), "");
    assert_eq!(harness.receive(&recovered(events(2..=2), head_of(&events(2..=2)))), "");
    assert_eq!(harness.handle(Input::Leave { room: LOBBY }), "");
    assert!(harness.client.room(LOBBY).is_none());
}

#[test]
fn timeline_is_bounded_and_removed_events_can_be_loaded_again() {
    let mut harness = ClientHarness::in_lobby(vec![]);
    for seq in 1..=12_000 {
        harness.receive(&frame(event(seq)));
    }
    assert_eq!((harness.room().timeline().len(), harness.history().has_older), (12_000, false));
    harness.receive(&frame(event(12_001)));
    assert_eq!((harness.room().timeline().len(), harness.history().has_older), (10_000, true));
    assert_eq!(harness.handle(Input::LoadOlder { room: LOBBY }), "history before 2002, *timeline");
    let page = ServerFrame::History {
        room: LOBBY.into(),
        before: Some(2_002),
        events: events(1_952..=2_001),
        start: false,
        trimmed: false,
    };
    harness.receive(&page);
    assert_eq!(harness.room().timeline().len(), 10_050);
}
