use protocol::ServerFrame;

use super::harness::{ClientHarness, HEARTBEAT, ana, event, events, head_of, recovered, rui, welcome};
use crate::{ConnectionStatus, Input, StopReason};

fn live() -> ClientHarness {
    let mut harness = ClientHarness::new(vec![]);
    harness.connect();
    harness
}

#[test]
fn nothing_is_sent_before_welcome() {
    let mut harness = ClientHarness::new(vec![]);
    assert_eq!(harness.open(None), "*rooms, *timeline, *people");
    assert_eq!(harness.handle(Input::Start), "connect");
    assert_eq!(harness.handle(Input::Start), "", "only one socket is opened");
    assert_eq!(harness.send("x"), "store x, *timeline");
    assert_eq!(harness.client.connection_status(), ConnectionStatus::Starting);
    assert_eq!(harness.receive(&welcome(ana())), "join lobby, *connection");
    assert_eq!(harness.client.connection_status(), ConnectionStatus::Live);
}

#[test]
fn close_code_decides_the_next_status() {
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
        assert_eq!(harness.close(code), "*connection", "{code}");
        assert_eq!(harness.retry_delay(), wait, "{code}");
        assert_eq!(
            stop.map(ConnectionStatus::Stopped),
            Some(harness.client.connection_status()).filter(|_| wait.is_none()),
            "{code}"
        );
    }
}

#[test]
fn stopped_client_stays_stopped() {
    let mut harness = live();
    harness.close(4001);
    assert_eq!(harness.client.deadline(), None);
    harness.now = 1_000_000;
    for input in [Input::Timeout, Input::Online, Input::Visible, Input::Start, Input::Closed { socket: 1, code: 1006 }]
    {
        assert_eq!(harness.handle(input.clone()), "", "{input:?}");
    }
    assert_eq!(harness.receive(&welcome(ana())), "");
}

#[test]
fn backoff_doubles_until_a_connection_lives_for_five_seconds() {
    let mut harness = live();
    let mut waits = Vec::new();
    for lived in [0, 0, 4_999, 5_000, 0] {
        harness.now += lived;
        harness.close(1006);
        waits.push(harness.retry_delay().unwrap());
        assert_eq!(harness.time_out(), "connect", "the status is unchanged");
        harness.receive(&welcome(ana()));
    }
    assert_eq!(waits, [250, 500, 1_000, 250, 500]);
}

#[test]
fn status_tells_when_the_connection_was_lost() {
    let mut harness = live();
    harness.now = 9_000;
    harness.close(1006);
    assert_eq!(harness.client.connection_status(), ConnectionStatus::Away { retry_at: 9_250, since: 9_000 });
    harness.time_out();
    assert_eq!(
        harness.client.connection_status(),
        ConnectionStatus::Away { retry_at: 9_250, since: 9_000 },
        "connecting"
    );
    harness.now = 9_300;
    harness.close(1006);
    assert_eq!(harness.client.connection_status(), ConnectionStatus::Away { retry_at: 9_800, since: 9_000 });
}

#[test]
fn status_is_away_after_the_first_attempt_fails() {
    let mut harness = ClientHarness::new(vec![]);
    harness.handle(Input::Start);
    harness.now = 30;
    assert_eq!(harness.close(1006), "*connection");
    assert_eq!(harness.client.connection_status(), ConnectionStatus::Away { retry_at: 280, since: 30 });
}

#[test]
fn attempt_without_welcome_fails_after_ten_seconds() {
    let mut harness = ClientHarness::new(vec![]);
    harness.handle(Input::Start);
    assert_eq!(harness.time_out_at(9_999), "");
    assert_eq!(harness.time_out_at(10_000), "close 1000, *connection");
    assert_eq!(harness.retry_delay(), Some(250));
    assert_eq!(harness.receive(&welcome(ana())), "", "a late frame on the closed socket");
    assert_eq!(harness.time_out(), "connect");
}

#[test]
fn retry_frame_sets_the_delay() {
    for code in [1006, 4101, 4200] {
        let mut harness = live();
        assert_eq!(harness.receive(&ServerFrame::Retry { after_ms: 1_840 }), "");
        harness.close(code);
        assert_eq!(harness.retry_delay(), Some(1_840), "{code}");
        harness.time_out();
        harness.close(1006);
        assert!(harness.retry_delay().unwrap() <= 1_000, "the delay applies once");
    }
}

#[test]
fn retry_frame_before_welcome_sets_the_delay() {
    let mut harness = ClientHarness::new(vec![]);
    harness.handle(Input::Start);
    harness.receive(&ServerFrame::Retry { after_ms: u64::MAX });
    harness.close(4101);
    assert_eq!(harness.retry_delay(), Some(300_000), "the delay is capped");
}

#[test]
fn second_shutdown_in_short_succession_backs_off() {
    let mut harness = live();
    harness.random = 0.96;
    let mut waits = Vec::new();
    for lived in [0, 0, 10, 6_000] {
        harness.now += lived;
        harness.close(4200);
        waits.push(harness.retry_delay().unwrap());
        harness.time_out();
        harness.receive(&welcome(ana()));
    }
    assert_eq!(waits, [240, 480, 960, 240]);
}

#[test]
fn silent_connection_is_closed() {
    let mut harness = live();
    assert_eq!(harness.time_out_at(HEARTBEAT), "");
    assert_eq!(harness.time_out(), "ping");
    assert_eq!(harness.now, HEARTBEAT * 3 / 2);
    assert_eq!(harness.time_out_at(2 * HEARTBEAT - 1), "");
    assert_eq!(harness.time_out(), "close 1000, *connection");
    assert_eq!((harness.now, harness.retry_delay()), (2 * HEARTBEAT, Some(250)));
}

#[test]
fn any_frame_keeps_the_connection_alive() {
    for text in [r#"{"type":"pong"}"#, r#"{"type":"news"}"#, "what?"] {
        let mut harness = live();
        harness.now = 49_000;
        assert_eq!(harness.receive_text(text), "", "{text}");
        assert_eq!(harness.time_out_at(2 * HEARTBEAT), "", "{text}");
        assert_eq!(harness.client.deadline(), Some(49_000 + HEARTBEAT * 3 / 2), "{text}");
    }
}

#[test]
fn tick_is_answered() {
    assert_eq!(live().receive(&ServerFrame::Tick), "ping");
}

#[test]
fn online_or_visible_reconnects_at_once() {
    for input in [Input::Online, Input::Visible] {
        let mut harness = live();
        harness.close(4101);
        assert_eq!(harness.handle(input.clone()), "connect, *connection", "{input:?}");
    }
}

#[test]
fn probe_times_out_after_five_seconds() {
    for input in [Input::Online, Input::Offline, Input::Visible] {
        let mut harness = live();
        harness.now = 5_000;
        assert_eq!(harness.handle(input.clone()), "", "{input:?}: a frame has just arrived");
        harness.now = 6_000;
        assert_eq!(harness.handle(input.clone()), "ping", "{input:?}");
        assert_eq!(harness.handle(input.clone()), "", "{input:?}: the probe is in flight");
        assert_eq!(harness.client.deadline(), Some(11_000), "{input:?}");

        let mut answered = ClientHarness { client: harness.client.clone(), ..harness };
        answered.receive(&ServerFrame::Pong);
        assert_eq!(answered.time_out_at(11_000), "", "{input:?}");

        assert_eq!(harness.time_out_at(11_000), "close 1000, *connection", "{input:?}");
    }
}

#[test]
fn client_reconnects_at_once_after_a_long_sleep() {
    let mut harness = live();
    harness.open(None);
    harness.now = 3_600_000;
    assert_eq!(harness.handle(Input::Visible), "close 1000, connect, *connection");
    assert_eq!(harness.receive(&welcome(ana())), "join lobby, *connection");
}

#[test]
fn session_of_another_person_stops_the_client() {
    let mut harness = ClientHarness::new(vec![]);
    harness.open(None);
    harness.send("x");
    harness.handle(Input::Start);
    assert_eq!(harness.receive(&welcome(rui())), "close 1000, *connection");
    assert_eq!(harness.client.connection_status(), ConnectionStatus::Stopped(StopReason::SignIn));
}

#[test]
fn new_name_is_shown_after_the_next_welcome() {
    let mut harness = ClientHarness::new(vec![]);
    harness.open(None);
    harness.send("x");
    harness.handle(Input::Start);
    let annie = protocol::User { name: "Annie".into(), ..ana() };
    assert_eq!(harness.receive(&welcome(annie.clone())), "join lobby, *connection, *timeline");
    assert_eq!((harness.client.me(), &harness.room().timeline()[0].author), (&annie, &annie));
}

/// A client in the lobby with events 1 and 2 that was asked to rotate.
fn rotating() -> ClientHarness {
    let mut harness = ClientHarness::in_lobby(events(1..=2));
    assert_eq!(harness.receive(&ROTATE), "connect");
    assert_eq!(harness.receive_on_previous(&ROTATE), "", "a rotation is in progress");
    harness
}

const ROTATE: ServerFrame = ServerFrame::Rotate { within_ms: 60_000 };

#[test]
fn rotation_does_not_change_the_status() {
    let mut harness = rotating();
    assert_eq!(
        harness.receive_on_previous(&ServerFrame::Event(event(3))),
        "*rooms, *timeline",
        "the current socket still delivers"
    );
    assert_eq!(harness.receive(&welcome(ana())), "join lobby after e1a3");
    assert_eq!(
        harness.receive_on_previous(&ServerFrame::Event(event(4))),
        "*rooms, *timeline",
        "the previous socket still delivers"
    );
    assert_eq!(harness.client.connection_status(), ConnectionStatus::Live);
    assert_eq!(harness.receive(&recovered(vec![event(4)], head_of(&events(4..=4)))), "close 1000");
    assert_eq!(harness.items(), "1 2 3 4");
    assert_eq!(harness.receive_on_previous(&ServerFrame::Event(event(5))), "", "the previous socket is closed");
    assert_eq!(harness.receive(&ServerFrame::Event(event(5))), "*rooms, *timeline");
}

#[test]
fn command_in_flight_during_a_rotation_is_answered_or_sent_again() {
    let mut harness = rotating();
    harness.send("x");
    harness.receive(&welcome(ana()));
    let sent = ServerFrame::Sent { room: "lobby".into(), id: "x".into(), seq: 3, at: 0 };
    let mut answered = ClientHarness { client: harness.client.clone(), ..harness };
    assert_eq!(answered.receive_on_previous(&sent), "remove x");
    assert_eq!(harness.receive(&recovered(vec![], head_of(&events(2..=2)))), "send x, close 1000");
}

#[test]
fn failed_rotation_is_tried_again() {
    let mut harness = rotating();
    assert_eq!(harness.close(1006), "");
    assert_eq!((harness.time_out(), harness.now), ("connect".into(), 3_000));
    assert_eq!(harness.time_out_at(13_000), "close 1000", "no welcome within ten seconds");
    assert_eq!((harness.time_out(), harness.now), ("connect".into(), 16_000));
    assert_eq!(harness.client.connection_status(), ConnectionStatus::Live);
}

#[test]
fn next_socket_replaces_a_lost_one() {
    let mut harness = rotating();
    assert_eq!(harness.handle(Input::Closed { socket: 1, code: 1006 }), "*connection");
    assert_eq!(harness.receive(&welcome(ana())), "join lobby after e1a2, *connection");
    assert_eq!(harness.receive(&recovered(vec![], head_of(&events(2..=2)))), "");
}

#[test]
fn previous_socket_is_closed_after_a_timeout() {
    let mut harness = rotating();
    harness.receive(&welcome(ana()));
    assert_eq!(harness.time_out_at(14_999), "");
    assert_eq!(harness.time_out_at(15_000), "close 1000, join lobby after e1a2");
    let mut harness = rotating();
    harness.receive(&welcome(ana()));
    assert_eq!(harness.close(1006), "close 1000, *connection", "both sockets are lost");
}

#[test]
fn spurious_due_has_no_effect() {
    let mut harness = ClientHarness::in_lobby(vec![]);
    for now in [0, 1, 100, 10_000, 30_000] {
        assert_eq!(harness.time_out_at(now), "", "{now}");
    }
    assert_eq!(ClientHarness::new(vec![]).handle(Input::Timeout), "");
}
