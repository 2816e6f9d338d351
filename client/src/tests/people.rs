use protocol::{ServerFrame, User};

use super::harness::{ClientHarness, LOBBY, ana, event, recovered, rui};
use crate::Input;

fn people(joined: Vec<User>, left: &[&str], count: u64) -> ServerFrame {
    let left = left.iter().map(|id| (*id).to_owned()).collect();
    ServerFrame::People { room: LOBBY.into(), joined, left, count, people: None }
}

fn typing(user: User) -> ServerFrame {
    ServerFrame::Typing { room: LOBBY.into(), user }
}

#[test]
fn people_join_and_leave() {
    let mut harness = ClientHarness::in_lobby(vec![]);
    assert_eq!(harness.receive(&people(vec![rui()], &[], 2)), "*people");
    assert_eq!((harness.room().people(), harness.room().count()), ([ana(), rui()].as_slice(), 2));
    assert_eq!(harness.receive(&people(vec![rui()], &[], 2)), "", "the list is unchanged");
    assert_eq!(harness.receive(&people(vec![], &["u_rui"], 1)), "*people");
    assert_eq!(harness.room().people(), [ana()]);
    let list = Some(vec![rui()]);
    harness.receive(&ServerFrame::People { room: LOBBY.into(), joined: vec![], left: vec![], count: 9, people: list });
    assert_eq!(
        (harness.room().people(), harness.room().count()),
        ([rui()].as_slice(), 9),
        "the whole list is replaced"
    );
}

#[test]
fn list_stays_during_a_reconnect() {
    let mut harness = ClientHarness::in_lobby(vec![]);
    assert_eq!(harness.reconnect(), "join lobby after e1, *connection");
    assert_eq!(harness.room().people(), [ana()]);
    assert_eq!(harness.receive(&recovered(vec![], protocol::Head::default())), "");
}

#[test]
fn typing_is_shown_for_six_seconds() {
    let mut harness = ClientHarness::in_lobby(vec![]);
    assert_eq!(harness.receive(&typing(ana())), "", "own typing in another tab");
    assert_eq!(harness.receive(&typing(rui())), "*typing");
    assert_eq!(harness.room().typing(harness.now), [rui()]);
    harness.now = 2_000;
    assert_eq!(harness.receive(&typing(rui())), "", "already shown");
    assert_eq!((harness.time_out(), harness.now), ("*typing".into(), 8_000));
    assert!(harness.room().typing(harness.now).is_empty());
}

#[test]
fn typing_ends_with_a_message_or_when_the_person_leaves() {
    for end in [ServerFrame::Event(event(1)), people(vec![], &["u_rui"], 1)] {
        let mut harness = ClientHarness::in_lobby(vec![]);
        harness.receive(&typing(rui()));
        assert!(harness.receive(&end).ends_with("*typing"), "{end:?}");
        assert!(harness.room().typing(harness.now).is_empty(), "{end:?}");
    }
}

#[test]
fn typing_ends_without_a_connection() {
    let mut harness = ClientHarness::in_lobby(vec![]);
    harness.receive(&typing(rui()));
    harness.close(4101);
    harness.now = 6_000;
    assert_eq!(harness.handle(Input::Timeout), "connect, *connection, *typing");
}

#[test]
fn own_typing_is_throttled_and_sent_to_joined_rooms_only() {
    let mut harness = ClientHarness::new(vec![]);
    harness.open(None);
    assert_eq!(harness.handle(Input::Typing { room: LOBBY }), "");
    let mut harness = ClientHarness::in_lobby(vec![]);
    for (now, effects) in [(0, "typing"), (2_999, ""), (3_000, "typing"), (3_001, "")] {
        harness.now = now;
        assert_eq!(harness.handle(Input::Typing { room: LOBBY }), effects, "{now}");
    }
    harness.send("x");
    assert_eq!(harness.handle(Input::Typing { room: LOBBY }), "typing", "after sending, typing starts again");
    assert_eq!(harness.handle(Input::Typing { room: "elsewhere" }), "");
}
