use protocol::ServerFrame;

use super::harness::{
    ClientHarness, LOBBY, ana, event, events, message, pending, recovered, refused, replaced, rui, snapshot,
};
use crate::{Input, Notice};
use protocol::Reason::{Fork, Trimmed};

const OLDER: Input<'static> = Input::LoadOlder { room: LOBBY };

fn page(before: u64, seqs: std::ops::RangeInclusive<u64>, start: bool) -> ServerFrame {
    ServerFrame::History { room: LOBBY.into(), before: Some(before), events: events(seqs), start, trimmed: false }
}

fn empty(before: u64, trimmed: bool) -> ServerFrame {
    ServerFrame::History { room: LOBBY.into(), before: Some(before), events: vec![], start: false, trimmed }
}

#[test]
fn older_messages_are_loaded_page_by_page_up_to_the_start() {
    let mut harness = ClientHarness::in_lobby(events(8..=9));
    assert_eq!(harness.handle(OLDER), "history before 8, *timeline");
    assert!(harness.history().is_loading_older);
    assert_eq!(harness.handle(OLDER), "", "only one request is in flight");
    assert_eq!(harness.receive(&page(8, 4..=7, false)), "*timeline");
    assert_eq!((harness.items(), harness.history().is_loading_older), ("4 5 6 7 8 9".into(), false));
    assert_eq!(harness.handle(OLDER), "history before 4, *timeline");
    assert_eq!(harness.receive(&page(4, 1..=3, true)), "*timeline");
    assert_eq!((harness.items(), harness.history().has_older), ("1 2 3 4 5 6 7 8 9".into(), false));
    assert_eq!(harness.handle(OLDER), "", "no request at the start of the room");
    assert_eq!(harness.room().unread(), 0);
}

#[test]
fn trimmed_history_is_reported() {
    for trimmed in [true, false] {
        let mut harness = ClientHarness::in_lobby(events(8..=9));
        harness.handle(OLDER);
        harness.receive(&empty(8, trimmed));
        assert_eq!((harness.history().has_older, harness.history().is_trimmed), (false, trimmed));
    }
}

#[test]
fn unexpected_page_is_dropped() {
    let mut harness = ClientHarness::in_lobby(events(8..=9));
    assert_eq!(harness.receive(&page(8, 4..=7, false)), "", "not requested");
    harness.handle(OLDER);
    assert_eq!(harness.receive(&page(7, 4..=6, false)), "", "answer to another request");
    assert_eq!((harness.items(), harness.history().is_loading_older), ("8 9".into(), true));
}

#[test]
fn page_after_a_reset_is_dropped() {
    let mut harness = ClientHarness::in_lobby(events(8..=9));
    harness.handle(OLDER);
    let events = vec![message(8, "b", &rui(), "other")];
    let head = super::harness::head_of(&events);
    harness.receive(&ServerFrame::Reset { room: LOBBY.into(), reason: Fork, epoch: "e1".into(), events, head });
    assert!(!harness.history().is_loading_older);
    assert_eq!(harness.receive(&page(8, 4..=7, false)), "");
    assert_eq!(harness.items(), "8");
}

#[test]
fn page_that_does_not_fit_causes_a_join() {
    let foreign = vec![message(7, "b", &rui(), "other")];
    let holed = vec![event(5), event(7)];
    let elsewhere = vec![event(5), event(6)];
    for events in [foreign, holed, elsewhere] {
        let mut harness = ClientHarness::in_lobby(self::events(8..=9));
        harness.handle(OLDER);
        let answer = ServerFrame::History { room: LOBBY.into(), before: Some(8), events, start: false, trimmed: false };
        assert_eq!(harness.receive(&answer), "join lobby after e1a9, *timeline");
        assert_eq!((harness.items(), harness.history().is_loading_older), ("8 9".into(), false));
    }
}

#[test]
fn request_is_sent_again_after_a_reconnect() {
    let mut harness = ClientHarness::in_lobby(events(8..=9));
    harness.handle(OLDER);
    assert_eq!(harness.reconnect(), "join lobby after e1a9, *connection");
    assert!(harness.history().is_loading_older);
    let head = super::harness::head_of(&events(9..=9));
    assert_eq!(harness.receive(&recovered(vec![], head)), "history before 8");
}

#[test]
fn a_request_before_the_join_waits_for_it() {
    let mut harness = ClientHarness::new(vec![]);
    harness.open(Some(snapshot(events(8..=9))));
    assert_eq!(harness.handle(OLDER), "*timeline");
    harness.connect();
    assert_eq!(harness.receive(&recovered(vec![], super::harness::head_of(&events(9..=9)))), "history before 8");
}

#[test]
fn a_request_that_is_refused_for_now_or_forgotten_is_made_again() {
    let mut harness = ClientHarness::in_lobby(events(8..=9));
    harness.handle(OLDER);
    assert_eq!(harness.receive(&refused("history", None, "rate_limited", Some(400))), "");
    assert_eq!((harness.time_out(), harness.now), ("history before 8".into(), 600));
    assert_eq!((harness.time_out(), harness.now), ("history before 8".into(), 15_600));
    assert_eq!(harness.receive(&refused("history", None, "forbidden", None)), "*timeline");
    assert!(!harness.history().is_loading_older);
}

#[test]
fn reading_what_was_skipped_ends_the_notice() {
    let mut harness = ClientHarness::in_lobby(events(1..=2));
    harness.reconnect();
    harness.receive(&replaced(Trimmed, events(8..=9)));
    assert_eq!(harness.history().notice, Some(Notice::Trimmed));
    harness.handle(OLDER);
    harness.receive(&page(8, 3..=7, false));
    assert_eq!(harness.history().notice, None);
}

#[test]
fn pending_message_in_an_older_page_is_confirmed() {
    let mut harness = ClientHarness::new(vec![pending("x")]);
    harness.open(Some(snapshot(events(8..=9))));
    harness.connect();
    harness.receive(&recovered(vec![], super::harness::head_of(&events(9..=9))));
    assert_eq!(harness.items(), "8 9 x?");
    harness.handle(OLDER);
    let events = vec![event(6), message(7, "a", &ana(), "x")];
    let answer = ServerFrame::History { room: LOBBY.into(), before: Some(8), events, start: false, trimmed: false };
    assert_eq!(harness.receive(&answer), "remove x, *timeline");
    assert_eq!(harness.items(), "6 7 8 9");
}
