use std::time::Duration;

use axum::body::Bytes;
use protocol::{ClientFrame, RefusalCode, ServerFrame};
use testkit::{Message, WebSocket};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{interval, timeout},
};

use crate::{
    support::{PATIENCE, TestServer, TestSocket},
    upgrade,
};

#[tokio::test]
async fn too_many_messages_are_refused_with_retry_after() {
    let server = TestServer::with(&[("SENDS_PER_SECOND", "1"), ("SENDS_BURST", "3")]).await;
    let mut bystander = server.enter("Rui", "lobby").await;
    let mut ana = server.enter("Ana", "lobby").await;
    for n in 1..=3 {
        ana.say("lobby", &n.to_string(), "x").await;
    }
    ana.send_message("lobby", "4", "x").await;
    let refused = ana.answer().await;
    let ServerFrame::Refused { code, retry_after_ms, id, .. } = refused else { panic!("{refused:?}") };
    assert_eq!((code, id.as_deref()), (RefusalCode::RateLimited, Some("4")));
    assert!((1..=1_000).contains(&retry_after_ms.unwrap()));
    bystander.say("lobby", "1", "unharmed").await;
}

#[tokio::test]
async fn the_send_rate_is_limited_per_user() {
    let server = TestServer::with(&[("SENDS_PER_SECOND", "1"), ("SENDS_BURST", "1")]).await;
    let cookie = server.sign_in("Ana").await;
    let mut first = TestSocket::open(server.address, &cookie).await;
    let mut second = TestSocket::open(server.address, &cookie).await;
    first.join("lobby").await;
    first.say("lobby", "1", "x").await;
    second.join("lobby").await;
    second.send_message("lobby", "2", "x").await;
    assert_eq!(second.refused().await, RefusalCode::RateLimited);
}

#[tokio::test]
async fn too_many_frames_are_refused() {
    let server = TestServer::with(&[("FRAMES_PER_SECOND", "1"), ("FRAMES_BURST", "5")]).await;
    let mut ana = server.connect("Ana").await;
    for _ in 0..5 {
        ana.assert_open().await;
    }
    ana.send(ClientFrame::Ping).await;
    assert_eq!(ana.refused().await, RefusalCode::RateLimited);
}

#[tokio::test]
async fn the_number_of_rooms_per_socket_is_limited() {
    let server = TestServer::with(&[("MAX_ROOMS", "2")]).await;
    let mut ana = server.enter("Ana", "one").await;
    ana.join("two").await;
    ana.join("two").await;
    ana.send(ClientFrame::Join { room: "three".into(), after: None }).await;
    assert_eq!(ana.refused().await, RefusalCode::TooManyRooms);
    ana.send(ClientFrame::Leave { room: "one".into() }).await;
    ana.join("three").await;
}

#[tokio::test]
async fn a_slow_reader_is_closed_and_others_miss_nothing() {
    let server =
        TestServer::with(&[("SENDS_BURST", "5000"), ("SENDS_PER_SECOND", "5000"), ("FRAMES_BURST", "9000")]).await;
    let mut slow = server.enter("Eva", "lobby").await;
    let mut ana = server.enter("Ana", "lobby").await;
    let text = "😀".repeat(4_000);
    // The kernel buffers some megabytes for the slow reader before the send queue grows.
    let messages = 1_000;
    for n in 1..=messages {
        ana.say("lobby", &n.to_string(), &text).await;
    }
    let (mut heard, mut code) = (0, None);
    while let Some(message) = slow.next_raw().await {
        match message {
            Message::Text(_) => heard += 1,
            Message::Close(Some(frame)) => code = Some(u16::from(frame.code)),
            _ => {}
        }
    }
    assert!(heard < messages, "it was not slow: {heard}");
    // The close frame reaches a reader only if the kernel still accepts it.
    assert!(code.is_none_or(|code| code == 4100), "{code:?}");
    let mut back = server.connect("Eva").await;
    assert_eq!(back.join("lobby").await.head.seq, messages);
}

#[tokio::test]
async fn a_passive_reader_in_a_busy_room_is_not_closed() {
    let server = TestServer::with(&[("HEARTBEAT_MS", "600"), ("SENDS_BURST", "1000")]).await;
    let mut reader = server.enter("Rui", "lobby").await;
    let mut ana = server.enter("Ana", "lobby").await;
    // Three times as long as a silent socket is kept.
    let mut pace = interval(Duration::from_millis(50));
    let talk = async {
        for n in 1..=72 {
            pace.tick().await;
            ana.say("lobby", &n.to_string(), "x").await;
        }
    };
    let read = async { while reader.event().await.seq < 72 {} };
    tokio::join!(talk, read);
}

#[tokio::test]
async fn a_peer_that_never_reads_is_closed() {
    let server = TestServer::with(&[("HEARTBEAT_MS", "500")]).await;
    let mut ana = server.enter("Ana", "lobby").await;
    let text = "😀".repeat(4_000);
    for n in 1..=5 {
        ana.say("lobby", &n.to_string(), &text).await;
    }
    let raw = server.upgrade_raw("Eva").await;
    let mut eva = WebSocket::from_upgraded(raw).await;
    eva.send(&ClientFrame::Join { room: "lobby".into(), after: None }).await.unwrap();
    // About 12 MB of replies: more than the kernel buffers for a peer that does not read.
    let older = ClientFrame::History { room: "lobby".into(), before: None, limit: None };
    for _ in 0..250 {
        eva.send(&older).await.unwrap();
    }
    let given_up = async {
        let mut pace = interval(Duration::from_millis(50));
        while eva.send_message(Message::Ping(Bytes::new())).await.is_ok() {
            pace.tick().await;
        }
    };
    timeout(PATIENCE, given_up).await.expect("the connection is ended");
    server.enter("Rui", "lobby").await.say("lobby", "1", "the others are well").await;
}

#[tokio::test]
async fn too_many_joins_are_refused_and_pages_count_as_joins() {
    let server = TestServer::with(&[("JOINS_PER_SECOND", "0.1"), ("JOINS_BURST", "2")]).await;
    let mut ana = server.enter("Ana", "one").await;
    ana.join("two").await;
    ana.send(ClientFrame::Join { room: "three".into(), after: None }).await;
    assert_eq!(ana.refused().await, RefusalCode::RateLimited);
    ana.say("one", "1", "where she is already she can speak").await;

    let cookie = server.sign_in("Eva").await;
    for (room, status) in [("four", 200), ("five", 200), ("six", 429)] {
        let answer = server.get(&format!("/r/{room}")).cookie(&cookie).send().await;
        assert_eq!((answer.status, answer.header("retry-after").is_empty()), (status, status == 200), "{room}");
    }
}

#[tokio::test]
async fn a_full_instance_answers_503() {
    let server = TestServer::with(&[("MAX_CONNECTIONS", "1")]).await;
    let _first = server.connect("Ana").await;
    let cookie = server.sign_in("Rui").await;
    let answer = upgrade::ask(&server, &[("cookie", &cookie)]).await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, "1"));
}

#[tokio::test]
async fn one_user_cannot_occupy_all_sockets() {
    let server = TestServer::start().await;
    let cookie = server.sign_in("Ana").await;
    let mut sockets = Vec::new();
    for _ in 0..32 {
        sockets.push(TestSocket::open(server.address, &cookie).await);
    }
    let ask = || async { upgrade::ask(&server, &[("cookie", &cookie)]).await.status };
    assert_eq!(ask().await, 503);
    server.connect("Rui").await.assert_open().await;
    sockets.pop();
    let freed = async {
        let mut pace = interval(Duration::from_millis(20));
        while ask().await != 101 {
            pace.tick().await;
        }
    };
    timeout(PATIENCE, freed).await.expect("a place is free again");
}

#[tokio::test]
async fn the_accept_rate_is_limited() {
    let server = TestServer::with(&[("ACCEPTS_PER_SECOND", "0.1"), ("ACCEPTS_BURST", "2")]).await;
    let cookie = server.sign_in("Ana").await;
    for status in [101, 101, 503] {
        let answer = upgrade::ask(&server, &[("cookie", &cookie)]).await;
        assert_eq!((answer.status, answer.header("retry-after").is_empty()), (status, status == 101));
    }
}

#[tokio::test]
async fn an_idle_socket_ticks_and_a_silent_one_is_closed() {
    let server = TestServer::with(&[("HEARTBEAT_MS", "1500")]).await;
    let mut ana = server.connect("Ana").await;
    // Reading answers the server's pings, so the socket stays open.
    for _ in 0..3 {
        assert_eq!(ana.answer().await, ServerFrame::Tick);
    }
    let mut silent = server.upgrade_raw("Rui").await;
    let mut heard = Vec::new();
    silent.read_to_end(&mut heard).await.unwrap();
    // A close frame: opcode 8, two bytes, the code.
    assert_eq!(heard[heard.len() - 4..], [0x88, 2, (4102_u16 >> 8) as u8, 4102_u16 as u8]);
}

#[tokio::test]
async fn an_unfinished_request_times_out() {
    let server = TestServer::with(&[("REQUEST_PATIENCE_MS", "500")]).await;
    let address = &server.address;
    let form = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\nname=A";
    for start in [
        String::new(),
        format!("GET / HTTP/1.1\r\nHost: {address}\r\n"),
        format!("GET /health/live HTTP/1.1\r\nHost: {address}\r\n\r\n"),
        format!("POST /api/sign_in HTTP/1.1\r\nHost: {address}\r\nOrigin: http://{address}\r\n{form}"),
    ] {
        let mut connection = TcpStream::connect(address).await.unwrap();
        connection.write_all(start.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let closed = timeout(PATIENCE, connection.read_to_end(&mut answer)).await;
        assert!(closed.is_ok(), "{start:?} is waited for");
    }
}

#[tokio::test]
async fn the_request_timeout_does_not_apply_to_sockets() {
    let server = TestServer::with(&[("REQUEST_PATIENCE_MS", "500"), ("HEARTBEAT_MS", "1000")]).await;
    let mut ana = server.enter("Ana", "lobby").await;
    assert!(matches!(ana.answer().await, ServerFrame::Tick));
    ana.assert_open().await;
}
