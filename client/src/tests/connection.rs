use protocol::ServerFrame;

use super::harness::{HEARTBEAT, Harness, ana, event, events, head_of, recovered, rui, welcome};
use crate::{ConnectionStatus, Input, StopReason};

fn live() -> Harness {
    let mut harness = Harness::new(vec![]);
    harness.go_live();
    harness
}

#[test]
fn nothing_is_sent_before_the_welcome() {
    let mut harness = Harness::new(vec![]);
    assert_eq!(harness.open(None), "*rooms, *timeline, *people");
    assert_eq!(harness.tell(Input::Start), "connect");
    assert_eq!(harness.tell(Input::Start), "", "one socket is enough");
    assert_eq!(harness.send("x"), "keep x, *timeline");
    assert_eq!(harness.client.link(), ConnectionStatus::Starting);
    assert_eq!(harness.hear(&welcome(ana())), "join lobby, *link");
    assert_eq!(harness.client.link(), ConnectionStatus::Live);
}

#[test]
fn a_close_code_decides_what_comes_next() {
    for (code, stop, wait) in [
        (4000, Some(StopReason::Reload), None),
        (4001, Some(StopReason::SignIn), None),
        (4002, Some(StopReason::Broken), None),
        (4003, Some(StopReason::Forbidden), None),
        (4099, Some(StopReason::Forbidden), None),
        (4100, None, Some(250)),
        (4101, None, Some(250)),
        (1000, None, Some(250)),
        (1006, None, Some(250)),
        (4200, None, Some(125)),
        (4299, None, Some(125)),
        (4300, None, Some(250)),
    ] {
        let mut harness = live();
        assert_eq!(harness.lose(code), "*link", "{code}");
        assert_eq!(harness.wait(), wait, "{code}");
        assert_eq!(
            stop.map(ConnectionStatus::Stopped),
            Some(harness.client.link()).filter(|_| wait.is_none()),
            "{code}"
        );
    }
}

#[test]
fn who_stopped_stays_stopped() {
    let mut harness = live();
    harness.lose(4001);
    assert_eq!(harness.client.deadline(), None);
    harness.now = 1_000_000;
    for input in [Input::Due, Input::Online, Input::Visible, Input::Start, Input::Closed { socket: 1, code: 1006 }] {
        assert_eq!(harness.tell(input.clone()), "", "{input:?}");
    }
    assert_eq!(harness.hear(&welcome(ana())), "");
}

#[test]
fn waits_double_until_a_connection_lives_for_five_seconds() {
    let mut harness = live();
    let mut waits = Vec::new();
    for lived in [0, 0, 4_999, 5_000, 0] {
        harness.now += lived;
        harness.lose(1006);
        waits.push(harness.wait().unwrap());
        assert_eq!(harness.due(), "connect", "the link is as it was");
        harness.hear(&welcome(ana()));
    }
    assert_eq!(waits, [250, 500, 1_000, 250, 500]);
}

#[test]
fn the_banner_knows_since_when() {
    let mut harness = live();
    harness.now = 9_000;
    harness.lose(1006);
    assert_eq!(harness.client.link(), ConnectionStatus::Away { retry_at: 9_250, since: 9_000 });
    harness.due();
    assert_eq!(harness.client.link(), ConnectionStatus::Away { retry_at: 9_250, since: 9_000 }, "connecting");
    harness.now = 9_300;
    harness.lose(1006);
    assert_eq!(harness.client.link(), ConnectionStatus::Away { retry_at: 9_800, since: 9_000 });
}

#[test]
fn a_first_connection_that_fails_is_away() {
    let mut harness = Harness::new(vec![]);
    harness.tell(Input::Start);
    harness.now = 30;
    assert_eq!(harness.lose(1006), "*link");
    assert_eq!(harness.client.link(), ConnectionStatus::Away { retry_at: 280, since: 30 });
}

#[test]
fn an_attempt_without_a_welcome_ends_after_ten_seconds() {
    let mut harness = Harness::new(vec![]);
    harness.tell(Input::Start);
    assert_eq!(harness.due_at(9_999), "");
    assert_eq!(harness.due_at(10_000), "close 1000, *link");
    assert_eq!(harness.wait(), Some(250));
    assert_eq!(harness.hear(&welcome(ana())), "", "a late word of the old socket");
    assert_eq!(harness.due(), "connect");
}

#[test]
fn the_server_says_how_long_to_wait() {
    for code in [1006, 4101, 4200] {
        let mut harness = live();
        assert_eq!(harness.hear(&ServerFrame::Retry { after_ms: 1_840 }), "");
        harness.lose(code);
        assert_eq!(harness.wait(), Some(1_840), "{code}");
        harness.due();
        harness.lose(1006);
        assert!(harness.wait().unwrap() <= 1_000, "only once");
    }
}

#[test]
fn a_full_instance_says_how_long_to_wait_before_any_welcome() {
    let mut harness = Harness::new(vec![]);
    harness.tell(Input::Start);
    harness.hear(&ServerFrame::Retry { after_ms: u64::MAX });
    harness.lose(4101);
    assert_eq!(harness.wait(), Some(300_000), "within reason");
}

#[test]
fn two_instances_that_go_away_at_once_are_a_reason_to_back_off() {
    let mut harness = live();
    harness.random = 0.96;
    let mut waits = Vec::new();
    for lived in [0, 0, 10, 6_000] {
        harness.now += lived;
        harness.lose(4200);
        waits.push(harness.wait().unwrap());
        harness.due();
        harness.hear(&welcome(ana()));
    }
    assert_eq!(waits, [240, 480, 960, 240]);
}

#[test]
fn silence_is_a_dead_link() {
    let mut harness = live();
    assert_eq!(harness.due_at(HEARTBEAT), "");
    assert_eq!(harness.due(), "ping");
    assert_eq!(harness.now, HEARTBEAT * 3 / 2);
    assert_eq!(harness.due_at(2 * HEARTBEAT - 1), "");
    assert_eq!(harness.due(), "close 1000, *link");
    assert_eq!((harness.now, harness.wait()), (2 * HEARTBEAT, Some(250)));
}

#[test]
fn any_frame_is_a_sign_of_life() {
    for text in [r#"{"type":"pong"}"#, r#"{"type":"news"}"#, "what?"] {
        let mut harness = live();
        harness.now = 49_000;
        assert_eq!(harness.hear_text(text), "", "{text}");
        assert_eq!(harness.due_at(2 * HEARTBEAT), "", "{text}");
        assert_eq!(harness.client.deadline(), Some(49_000 + HEARTBEAT * 3 / 2), "{text}");
    }
}

#[test]
fn an_idle_server_gets_an_answer() {
    assert_eq!(live().hear(&ServerFrame::Tick), "ping");
}

#[test]
fn who_looks_again_or_is_online_again_waits_no_longer() {
    for input in [Input::Online, Input::Visible] {
        let mut harness = live();
        harness.lose(4101);
        assert_eq!(harness.tell(input.clone()), "connect, *link", "{input:?}");
    }
}

#[test]
fn a_link_in_doubt_has_five_seconds() {
    for input in [Input::Online, Input::Offline, Input::Visible] {
        let mut harness = live();
        harness.now = 5_000;
        assert_eq!(harness.tell(input.clone()), "", "{input:?}: heard of just now");
        harness.now = 6_000;
        assert_eq!(harness.tell(input.clone()), "ping", "{input:?}");
        assert_eq!(harness.tell(input.clone()), "", "{input:?}: asked already");
        assert_eq!(harness.client.deadline(), Some(11_000), "{input:?}");

        let mut answered = Harness { client: harness.client.clone(), ..harness };
        answered.hear(&ServerFrame::Pong);
        assert_eq!(answered.due_at(11_000), "", "{input:?}");

        assert_eq!(harness.due_at(11_000), "close 1000, *link", "{input:?}");
    }
}

#[test]
fn who_wakes_up_after_a_long_sleep_connects_at_once() {
    let mut harness = live();
    harness.open(None);
    harness.now = 3_600_000;
    assert_eq!(harness.tell(Input::Visible), "close 1000, connect, *link");
    assert_eq!(harness.hear(&welcome(ana())), "join lobby, *link");
}

#[test]
fn another_persons_session_stops_this_client() {
    let mut harness = Harness::new(vec![]);
    harness.open(None);
    harness.send("x");
    harness.tell(Input::Start);
    assert_eq!(harness.hear(&welcome(rui())), "close 1000, *link");
    assert_eq!(harness.client.link(), ConnectionStatus::Stopped(StopReason::SignIn));
}

#[test]
fn a_new_name_shows_at_the_next_welcome() {
    let mut harness = Harness::new(vec![]);
    harness.open(None);
    harness.send("x");
    harness.tell(Input::Start);
    let annie = protocol::User { name: "Annie".into(), ..ana() };
    assert_eq!(harness.hear(&welcome(annie.clone())), "join lobby, *link, *timeline");
    assert_eq!((harness.client.me(), &harness.room().lines()[0].author), (&annie, &annie));
}

/// In the lobby with events 1 and 2, and asked to change sockets.
fn rotating() -> Harness {
    let mut harness = Harness::in_lobby(events(1..=2));
    assert_eq!(harness.hear(&ROTATE), "connect");
    assert_eq!(harness.hear_before(&ROTATE), "", "once is enough");
    harness
}

const ROTATE: ServerFrame = ServerFrame::Rotate { within_ms: 60_000 };

#[test]
fn a_planned_change_of_sockets_is_invisible() {
    let mut harness = rotating();
    assert_eq!(harness.hear_before(&ServerFrame::Event(event(3))), "*rooms, *timeline", "the present one goes on");
    assert_eq!(harness.hear(&welcome(ana())), "join lobby after e1a3");
    assert_eq!(
        harness.hear_before(&ServerFrame::Event(event(4))),
        "*rooms, *timeline",
        "the last one brings what it can"
    );
    assert_eq!(harness.client.link(), ConnectionStatus::Live);
    assert_eq!(harness.hear(&recovered(vec![event(4)], head_of(&events(4..=4)))), "close 1000");
    assert_eq!(harness.lines(), "1 2 3 4");
    assert_eq!(harness.hear_before(&ServerFrame::Event(event(5))), "", "it is closed");
    assert_eq!(harness.hear(&ServerFrame::Event(event(5))), "*rooms, *timeline");
}

#[test]
fn what_was_sent_before_a_change_of_sockets_is_answered_on_the_last_one_or_sent_again() {
    let mut harness = rotating();
    harness.send("x");
    harness.hear(&welcome(ana()));
    let sent = ServerFrame::Sent { room: "lobby".into(), id: "x".into(), seq: 3, at: 0 };
    let mut answered = Harness { client: harness.client.clone(), ..harness };
    assert_eq!(answered.hear_before(&sent), "forget x");
    assert_eq!(harness.hear(&recovered(vec![], head_of(&events(2..=2)))), "say x, close 1000");
}

#[test]
fn a_next_socket_that_fails_is_tried_again_while_the_present_one_lives() {
    let mut harness = rotating();
    assert_eq!(harness.lose(1006), "");
    assert_eq!((harness.due(), harness.now), ("connect".into(), 3_000));
    assert_eq!(harness.due_at(13_000), "close 1000", "no welcome in ten seconds");
    assert_eq!((harness.due(), harness.now), ("connect".into(), 16_000));
    assert_eq!(harness.client.link(), ConnectionStatus::Live);
}

#[test]
fn a_present_socket_that_is_cut_leaves_its_place_to_the_next() {
    let mut harness = rotating();
    assert_eq!(harness.tell(Input::Closed { socket: 1, code: 1006 }), "*link");
    assert_eq!(harness.hear(&welcome(ana())), "join lobby after e1a2, *link");
    assert_eq!(harness.hear(&recovered(vec![], head_of(&events(2..=2)))), "");
}

#[test]
fn a_last_socket_does_not_stay_for_ever() {
    let mut harness = rotating();
    harness.hear(&welcome(ana()));
    assert_eq!(harness.due_at(14_999), "");
    assert_eq!(harness.due_at(15_000), "close 1000, join lobby after e1a2");
    let mut harness = rotating();
    harness.hear(&welcome(ana()));
    assert_eq!(harness.lose(1006), "close 1000, *link", "both are lost");
}

#[test]
fn a_spurious_due_does_no_harm() {
    let mut harness = Harness::in_lobby(vec![]);
    for now in [0, 1, 100, 10_000, 30_000] {
        assert_eq!(harness.due_at(now), "", "{now}");
    }
    assert_eq!(Harness::new(vec![]).tell(Input::Due), "");
}
