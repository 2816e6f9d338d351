//! Read markers of one user with two sockets.

use std::time::Duration;

use protocol::{ClientFrame, RefusalCode, ServerFrame};
use testkit::RedisServer;
use tokio::time::{interval, timeout};

use crate::support::{PATIENCE, TestServer, TestSocket};

async fn read(socket: &mut TestSocket, seq: u64, uid: Option<&str>) {
    socket.send(ClientFrame::Read { room: "lobby".into(), seq, uid: uid.map(Into::into) }).await;
}

/// The next read marker that is delivered.
async fn told(socket: &mut TestSocket) -> (String, u64) {
    loop {
        match socket.answer().await {
            ServerFrame::Read { room, seq } => return (room, seq),
            ServerFrame::Event(_) | ServerFrame::Sent { .. } | ServerFrame::Tick => {}
            other => panic!("read, not {other:?}"),
        }
    }
}

/// The read position in a new join; polled until it is the expected one, because it is stored a moment later.
async fn comes_in(server: &TestServer, cookie: &str, expected: Option<u64>) {
    let mut socket = TestSocket::open(server.address, cookie).await;
    let mut again = interval(Duration::from_millis(20));
    let comes = async {
        loop {
            again.tick().await;
            socket.send(ClientFrame::Join { room: "lobby".into(), after: None }).await;
            if matches!(socket.answer().await, ServerFrame::Joined { read, .. } if read == expected) {
                return;
            }
        }
    };
    timeout(PATIENCE, comes).await.expect("it is kept");
}

async fn is_told_to_the_other_socket_alone(one: &TestServer, two: &TestServer) {
    let cookie = one.sign_in("Ana").await;
    let (mut first, mut second) =
        (TestSocket::open(one.address, &cookie).await, TestSocket::open(two.address, &cookie).await);
    let mut rui = two.enter("Rui", "lobby").await;
    first.join("lobby").await;
    second.join("lobby").await;
    for text in ["1", "2", "3"] {
        rui.say("lobby", text, text).await;
    }
    let uid = loop {
        let event = first.event().await;
        if event.seq == 3 {
            break event.uid;
        }
    };
    read(&mut first, 2, None).await;
    assert_eq!(told(&mut second).await, ("lobby".into(), 2));
    // Neither backwards, nor to another event's uid, nor past the head.
    read(&mut first, 1, None).await;
    read(&mut first, 3, Some("another")).await;
    read(&mut second, 99, Some(&uid)).await;
    assert_eq!(told(&mut first).await, ("lobby".into(), 3));
    first.assert_open().await;
    rui.assert_open().await;
    comes_in(one, &cookie, Some(3)).await;
    comes_in(two, &cookie, Some(3)).await;
    comes_in(two, &one.sign_in("Eva").await, None).await;
}

#[tokio::test]
async fn a_read_marker_reaches_the_users_other_socket() {
    let server = TestServer::start().await;
    is_told_to_the_other_socket_alone(&server, &server).await;
}

#[tokio::test]
async fn a_read_marker_reaches_other_instances() {
    let redis = RedisServer::start().await.unwrap();
    let settings = [("REDIS_URL", redis.url())];
    let settings = settings.each_ref().map(|(name, value)| (*name, value.as_str()));
    let (one, two) = (TestServer::with(&settings).await, TestServer::with(&settings).await);
    is_told_to_the_other_socket_alone(&one, &two).await;
}

#[tokio::test]
async fn a_read_position_survives_an_immediate_restart() {
    let server = TestServer::start().await;
    let cookie = server.sign_in("Ana").await;
    let mut ana = TestSocket::open(server.address, &cookie).await;
    ana.join("lobby").await;
    read(&mut ana, 0, None).await;
    comes_in(&server, &cookie, Some(0)).await;
    let seq = ana.say("lobby", "1", "hello").await;
    read(&mut ana, seq, None).await;
    ana.assert_open().await;
    let server = server.restart().await;
    comes_in(&server, &cookie, Some(seq)).await;
    let page = server.get("/r/lobby").cookie(&cookie).send().await;
    assert!(page.text().contains(&format!("\\\"read\\\":{seq}")) || page.text().contains(&format!("\"read\":{seq}")));
}

#[tokio::test]
async fn a_read_marker_needs_membership() {
    let server = TestServer::start().await;
    let mut ana = server.connect("Ana").await;
    read(&mut ana, 1, None).await;
    assert_eq!(ana.refused().await, RefusalCode::NotJoined);
    ana.join("lobby").await;
    // Frames that come too fast are ignored silently.
    for seq in 0..100 {
        read(&mut ana, seq, None).await;
    }
    ana.assert_open().await;
}
