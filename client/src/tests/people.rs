use protocol::{ServerFrame, User};

use super::desk::{Desk, LOBBY, ana, event, recovered, rui};
use crate::Input;

fn people(joined: Vec<User>, left: &[&str], count: u64) -> ServerFrame {
    let left = left.iter().map(|id| (*id).to_owned()).collect();
    ServerFrame::People { room: LOBBY.into(), joined, left, count, people: None }
}

fn typing(user: User) -> ServerFrame {
    ServerFrame::Typing { room: LOBBY.into(), user }
}

#[test]
fn people_come_and_go() {
    let mut desk = Desk::in_lobby(vec![]);
    assert_eq!(desk.hear(&people(vec![rui()], &[], 2)), "*people");
    assert_eq!((desk.room().people(), desk.room().count()), ([ana(), rui()].as_slice(), 2));
    assert_eq!(desk.hear(&people(vec![rui()], &[], 2)), "", "nothing new");
    assert_eq!(desk.hear(&people(vec![], &["u_rui"], 1)), "*people");
    assert_eq!(desk.room().people(), [ana()]);
    let list = Some(vec![rui()]);
    desk.hear(&ServerFrame::People { room: LOBBY.into(), joined: vec![], left: vec![], count: 9, people: list });
    assert_eq!((desk.room().people(), desk.room().count()), ([rui()].as_slice(), 9), "the whole list anew");
}

#[test]
fn the_list_does_not_flicker_over_a_reconnect() {
    let mut desk = Desk::in_lobby(vec![]);
    assert_eq!(desk.come_back(), "join lobby after e1, *link");
    assert_eq!(desk.room().people(), [ana()]);
    assert_eq!(desk.hear(&recovered(vec![], protocol::Head::default())), "");
}

#[test]
fn others_write_for_six_seconds() {
    let mut desk = Desk::in_lobby(vec![]);
    assert_eq!(desk.hear(&typing(ana())), "", "this is me in another tab");
    assert_eq!(desk.hear(&typing(rui())), "*typing");
    assert_eq!(desk.room().typing(desk.now), [rui()]);
    desk.now = 2_000;
    assert_eq!(desk.hear(&typing(rui())), "", "known");
    assert_eq!((desk.due(), desk.now), ("*typing".into(), 8_000));
    assert!(desk.room().typing(desk.now).is_empty());
}

#[test]
fn writing_ends_with_the_message_or_the_leave() {
    for end in [ServerFrame::Event(event(1)), people(vec![], &["u_rui"], 1)] {
        let mut desk = Desk::in_lobby(vec![]);
        desk.hear(&typing(rui()));
        assert!(desk.hear(&end).ends_with("*typing"), "{end:?}");
        assert!(desk.room().typing(desk.now).is_empty(), "{end:?}");
    }
}

#[test]
fn writing_ends_without_a_connection_too() {
    let mut desk = Desk::in_lobby(vec![]);
    desk.hear(&typing(rui()));
    desk.lose(4101);
    desk.now = 6_000;
    assert_eq!(desk.tell(Input::Due), "connect, *link, *typing");
}

#[test]
fn we_tell_that_we_write_now_and_then_and_only_where_we_are() {
    let mut desk = Desk::new(vec![]);
    desk.open(None);
    assert_eq!(desk.tell(Input::Writing { room: LOBBY }), "");
    let mut desk = Desk::in_lobby(vec![]);
    for (now, effects) in [(0, "typing"), (2_999, ""), (3_000, "typing"), (3_001, "")] {
        desk.now = now;
        assert_eq!(desk.tell(Input::Writing { room: LOBBY }), effects, "{now}");
    }
    desk.send("x");
    assert_eq!(desk.tell(Input::Writing { room: LOBBY }), "typing", "something new");
    assert_eq!(desk.tell(Input::Writing { room: "elsewhere" }), "");
}
