//! Read markers of this screen and of others.

use protocol::{Event, Head, ServerFrame};

use super::harness::{
    ClientHarness, LOBBY, ana, event, events, head_of, joined, message, recovered, replaced, rui, snapshot,
};
use crate::{Input, Snapshot};
use protocol::Reason::{Epoch, Fork, New};

fn frame(event: Event) -> ServerFrame {
    ServerFrame::Event(event)
}

fn read(seq: u64) -> ServerFrame {
    ServerFrame::Read { room: LOBBY.into(), seq }
}

/// The answer to a join, with the read marker that the server knows.
fn with_read(mut answer: ServerFrame, position: u64) -> ServerFrame {
    if let ServerFrame::Joined { read, .. } = &mut answer {
        *read = Some(position);
    }
    answer
}

#[test]
fn events_before_the_first_visit_count_as_read() {
    let mut harness = ClientHarness::new(vec![]);
    harness.open(None);
    assert_eq!((harness.room().read_to(), harness.room().unread()), (0, 0));
    harness.connect();
    harness.receive(&replaced(New, events(7..=9)));
    assert_eq!((harness.room().read_to(), harness.room().unread()), (9, 0));
}

#[test]
fn unread_messages_are_restored_from_the_read_marker() {
    let page = vec![event(5), message(6, "a", &ana(), "x"), event(7), event(8)];
    let mut harness = ClientHarness::new(vec![]);
    harness.open(None);
    harness.connect();
    assert_eq!(harness.receive(&with_read(replaced(New, page.clone()), 5)), "*rooms, *timeline, *people");
    assert_eq!((harness.room().read_to(), harness.room().unread()), (5, 2), "own messages are not unread");

    let mut harness = ClientHarness::new(vec![]);
    harness.open(Some(Snapshot { read: Some(7), ..snapshot(page) }));
    assert_eq!((harness.room().read_to(), harness.room().unread()), (7, 1));
    assert!(!harness.room().has_more_unread());

    let mut harness = ClientHarness::new(vec![]);
    harness.open(Some(Snapshot { read: Some(7), ..snapshot(events(10..=12)) }));
    assert_eq!(
        (harness.room().unread(), harness.room().has_more_unread()),
        (3, true),
        "more unread messages precede the page"
    );
}

#[test]
fn first_messages_of_a_room_seen_empty_are_unread() {
    let mut harness = ClientHarness::in_lobby(vec![]);
    assert_eq!(harness.handle(Input::Read { room: LOBBY }), "read 0 ");
    assert_eq!(harness.handle(Input::Read { room: LOBBY }), "");
    let mut harness = ClientHarness::new(vec![]);
    harness.open(None);
    harness.connect();
    harness.receive(&with_read(replaced(New, events(1..=2)), 0));
    assert_eq!((harness.room().read_to(), harness.room().unread()), (0, 2));
}

#[test]
fn latest_read_marker_is_sent_once_a_second() {
    let mut harness = ClientHarness::in_lobby(events(1..=2));
    assert_eq!(harness.handle(Input::Read { room: LOBBY }), "read 2 a2");
    assert_eq!(harness.handle(Input::Read { room: LOBBY }), "", "the server knows it");
    for seq in 3..=5 {
        harness.receive(&frame(event(seq)));
        assert_eq!(harness.handle(Input::Read { room: LOBBY }), "*rooms", "{seq}");
    }
    let before = harness.now;
    assert_eq!(harness.time_out(), "read 5 a5");
    assert_eq!(harness.now - before, 1_000);
    assert_ne!(harness.client.deadline(), Some(harness.now + 1_000), "nothing is left to send");
}

#[test]
fn read_marker_is_sent_after_a_reconnect() {
    let mut harness = ClientHarness::new(vec![]);
    harness.open(Some(snapshot(events(1..=3))));
    assert_eq!(harness.handle(Input::Read { room: LOBBY }), "");
    harness.connect();
    assert_eq!(harness.receive(&with_read(recovered(vec![], head_of(&events(3..=3))), 2)), "read 3 a3");
    harness.now += 1_000;
    harness.reconnect();
    assert_eq!(harness.receive(&with_read(recovered(vec![], head_of(&events(3..=3))), 3)), "", "the server knows it");
    harness.reconnect();
    harness.now += 1_000;
    assert_eq!(harness.receive(&recovered(vec![], head_of(&events(3..=3)))), "read 3 a3", "the server lost it");
}

#[test]
fn messages_read_elsewhere_are_not_unread() {
    let mut harness = ClientHarness::in_lobby(events(1..=1));
    for seq in 2..=4 {
        harness.receive(&frame(event(seq)));
    }
    assert_eq!(harness.receive(&read(3)), "*rooms");
    assert_eq!((harness.room().read_to(), harness.room().unread()), (3, 1));
    assert_eq!(harness.receive(&read(2)), "", "the read marker does not move back");
    harness.receive(&read(5));
    assert_eq!(harness.receive(&frame(event(5))), "*timeline", "read on the other screen already");
    assert_eq!(harness.receive(&frame(event(6))), "*rooms, *timeline");
    assert_eq!((harness.room().read_to(), harness.room().unread()), (5, 1));
    assert_eq!(harness.handle(Input::Read { room: LOBBY }), "read 6 a6, *rooms");

    harness.reconnect();
    let missed = recovered(events(7..=9), head_of(&events(9..=9)));
    harness.receive(&with_read(missed, 8));
    assert_eq!((harness.room().read_to(), harness.room().unread()), (8, 1));
}

#[test]
fn room_in_the_background_is_not_marked_as_read() {
    let mut harness = ClientHarness::in_lobby(events(1..=1));
    harness.receive(&frame(event(2)));
    assert_eq!(harness.room().unread_messages().map(|item| item.seq).collect::<Vec<_>>(), [Some(2)]);
    harness.now += 1_000;
    assert_eq!(harness.handle(Input::Timeout), "", "no read marker is sent");
    assert_eq!(harness.room().read_to(), 1);
}

#[test]
fn read_marker_of_another_epoch_is_reset() {
    for (reason, epoch, page, position, unread) in [
        (Epoch, "e2", vec![message(1, "b", &rui(), "x"), message(2, "b", &rui(), "y")], 0, 2),
        (Fork, "e1", events(1..=3), 1, 2),
    ] {
        let mut harness = ClientHarness::in_lobby(events(1..=3));
        harness.handle(Input::Read { room: LOBBY });
        harness.receive(&frame(event(4)));
        harness.receive(&frame(event(5)));
        harness.reconnect();
        harness.receive(&joined(false, Some(reason), epoch, page.clone(), head_of(&page)));
        assert_eq!((harness.room().read_to(), harness.room().unread()), (position, unread), "{reason:?}");
        let Head { seq, uid } = head_of(&page);
        harness.now += 1_000;
        assert_eq!(harness.handle(Input::Read { room: LOBBY }), format!("read {seq} {uid}, *rooms"), "{reason:?}");
    }
}

#[test]
fn refused_read_marker_causes_a_join_if_not_joined() {
    let mut harness = ClientHarness::in_lobby(events(1..=2));
    harness.handle(Input::Read { room: LOBBY });
    assert_eq!(harness.receive(&super::harness::refused("read", None, "rate_limited", Some(10))), "");
    assert_eq!(harness.receive(&super::harness::refused("read", None, "not_joined", None)), "join lobby after e1a2");
}

#[test]
fn mention_notifies_once_when_it_arrives() {
    let mention = |seq, by: &protocol::User| {
        let kind = protocol::Kind::Message { id: format!("m{seq}"), text: "well, @ana?".into(), reply: None };
        Event { kind, author: by.clone(), ..event(seq) }
    };
    let mut harness = ClientHarness::new(vec![]);
    harness.open(None);
    harness.connect();
    let page = vec![event(1), mention(2, &rui())];
    let first = harness.receive(&with_read(replaced(New, page), 1));
    assert_eq!(
        (first.as_str(), harness.room().mentions_unread()),
        ("*rooms, *timeline, *people", 1),
        "old messages do not notify"
    );
    assert_eq!(harness.receive(&frame(mention(3, &rui()))), "Rui mentions in lobby, *rooms, *timeline");
    assert_eq!(harness.receive(&frame(mention(4, &ana()))), "*timeline", "own mentions do not notify");
    assert_eq!(harness.receive(&frame(event(5))), "*rooms, *timeline");
    harness.receive(&read(6));
    assert_eq!(harness.receive(&frame(mention(6, &rui()))), "*timeline", "already read elsewhere");
    harness.reconnect();
    assert!(harness.receive(&recovered(vec![mention(7, &rui())], head_of(&events(7..=7)))).contains("mentions"));
}
