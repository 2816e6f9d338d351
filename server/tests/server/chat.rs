use protocol::{ClientFrame, Reason, ServerFrame};

use crate::support::{TestServer, TestSocket, text};

#[tokio::test]
async fn a_message_reaches_all_members_and_its_sender() {
    let server = TestServer::start().await;
    let mut ana = server.enter("Ana", "lobby").await;
    let mut rui = server.enter("Rui", "lobby").await;
    assert_eq!(ana.say("lobby", "m1", "hello").await, 1);
    let heard = rui.event().await;
    assert_eq!((heard.seq, text(&heard), &heard.author), (1, "hello", &ana.me));
    assert_eq!(heard.prev, "");
    rui.say("lobby", "m1", "hi").await;
    let heard_by_ana = ana.event().await;
    assert_eq!((heard_by_ana.seq, &heard_by_ana.prev), (2, &heard.uid));
}

#[tokio::test]
async fn rooms_are_separate() {
    let server = TestServer::start().await;
    let mut ana = server.enter("Ana", "one").await;
    let mut rui = server.enter("Rui", "two").await;
    ana.say("one", "a", "for one").await;
    rui.say("two", "b", "for two").await;
    rui.assert_open().await;
}

#[tokio::test]
async fn one_socket_carries_many_rooms() {
    let server = TestServer::start().await;
    let mut ana = server.enter("Ana", "one").await;
    ana.join("two").await;
    server.enter("Rui", "one").await.say("one", "a", "in one").await;
    server.enter("Eva", "two").await.say("two", "a", "in two").await;
    let heard = [ana.event().await, ana.event().await].map(|event| event.room);
    assert_eq!(heard, ["one", "two"]);
    ana.send(ClientFrame::Leave { room: "one".into() }).await;
    ana.assert_open().await;
    server.enter("Ida", "one").await.say("one", "a", "unheard").await;
    ana.assert_open().await;
}

#[tokio::test]
async fn a_repeated_send_gets_the_first_ack_and_is_delivered_once() {
    let server = TestServer::start().await;
    let mut ana = server.enter("Ana", "lobby").await;
    assert_eq!(ana.say("lobby", "same", "once").await, 1);
    assert_eq!(ana.repeat("lobby", "same", "once").await, 1);
    assert_eq!(ana.say("lobby", "next", "twice").await, 2);
    assert_eq!(server.enter("Rui", "lobby").await.say("lobby", "same", "another author").await, 3);
    let joined = server.connect("Eva").await.join("lobby").await;
    assert_eq!(joined.events.iter().map(text).collect::<Vec<_>>(), ["once", "twice", "another author"]);
}

#[tokio::test]
async fn a_join_without_cursor_gets_the_latest_page() {
    let server = TestServer::with(&[("SENDS_BURST", "1000")]).await;
    let mut ana = server.enter("Ana", "lobby").await;
    for n in 1..=60 {
        ana.say("lobby", &n.to_string(), &n.to_string()).await;
    }
    let joined = server.connect("Rui").await.join("lobby").await;
    assert!(!joined.recovered);
    assert_eq!(joined.reason, Some(Reason::New));
    assert_eq!(joined.events.iter().map(|event| event.seq).collect::<Vec<_>>(), (11..=60).collect::<Vec<_>>());
    assert_eq!((joined.head.seq, &joined.head.uid), (60, &joined.events[49].uid));
}

#[tokio::test]
async fn a_join_with_cursor_recovers_missed_events() {
    let server =
        TestServer::with(&[("SENDS_BURST", "1000"), ("SENDS_PER_SECOND", "1000"), ("FRAMES_BURST", "2000")]).await;
    let mut ana = server.enter("Ana", "lobby").await;
    let cursor = server.connect("Rui").await.join("lobby").await.cursor();
    // More than an instance's ring holds.
    for n in 1..=400 {
        ana.say("lobby", &n.to_string(), "x").await;
    }
    let mut rui = server.connect("Rui").await;
    let joined = rui.rejoin("lobby", Some(cursor)).await;
    assert!(joined.recovered, "{:?}", joined.reason);
    assert_eq!(joined.events.iter().map(|event| event.seq).collect::<Vec<_>>(), (1..=400).collect::<Vec<_>>());
    assert!(joined.events.windows(2).all(|pair| pair[1].prev == pair[0].uid));
    let again = rui.rejoin("lobby", Some(joined.cursor())).await;
    assert!(again.recovered && again.events.is_empty());
    ana.say("lobby", "live", "live").await;
    assert_eq!(rui.event().await.seq, 401);
}

#[tokio::test]
async fn an_unusable_cursor_gets_the_reason() {
    let server = TestServer::start().await;
    let mut ana = server.enter("Ana", "lobby").await;
    ana.say("lobby", "1", "x").await;
    ana.say("lobby", "2", "x").await;
    let cursor = ana.join("lobby").await.cursor();
    for (cursor, reason) in [
        (protocol::Cursor { epoch: "other".into(), ..cursor.clone() }, Reason::Epoch),
        (protocol::Cursor { uid: "other".into(), ..cursor.clone() }, Reason::Fork),
        (protocol::Cursor { seq: 1, ..cursor.clone() }, Reason::Fork),
        (protocol::Cursor { seq: 9, ..cursor.clone() }, Reason::Fork),
        (protocol::Cursor { seq: u64::MAX, ..cursor.clone() }, Reason::Fork),
    ] {
        let joined = ana.rejoin("lobby", Some(cursor)).await;
        assert_eq!((joined.recovered, joined.reason, joined.events.len()), (false, Some(reason), 2));
    }
}

#[tokio::test]
async fn a_restart_keeps_history_and_cursors() {
    let server = TestServer::start().await;
    let cookie = server.sign_in("Ana").await;
    let mut ana = TestSocket::open(server.address, &cookie).await;
    let cursor = ana.join("lobby").await.cursor();
    ana.say("lobby", "1", "before").await;
    let server = server.restart().await;
    let mut ana = TestSocket::open(server.address, &cookie).await;
    let joined = ana.rejoin("lobby", Some(cursor)).await;
    assert!(joined.recovered);
    assert_eq!(joined.events.iter().map(text).collect::<Vec<_>>(), ["before"]);
    assert_eq!(ana.repeat("lobby", "1", "before").await, 1);
}

#[tokio::test]
async fn presence_changes_are_broadcast() {
    let server = TestServer::start().await;
    let mut ana = server.connect("Ana").await;
    let joined = ana.join("lobby").await;
    assert_eq!((joined.people, joined.count), (vec![ana.me.clone()], 1));
    let mut rui = server.connect("Rui").await;
    assert_eq!(rui.join("lobby").await.count, 2);
    let came = loop {
        match ana.next().await {
            ServerFrame::People { joined, count: 2, .. } => break joined,
            ServerFrame::People { .. } => {}
            other => panic!("people, not {other:?}"),
        }
    };
    assert_eq!(came, [rui.me.clone()]);
    rui.send(ClientFrame::Leave { room: "lobby".into() }).await;
    let ServerFrame::People { left, count, .. } = ana.next().await else { panic!("people") };
    assert_eq!((left, count), (vec![rui.me.id.clone()], 1));
}

#[tokio::test]
async fn typing_is_broadcast_to_others() {
    let server = TestServer::start().await;
    let mut ana = server.enter("Ana", "lobby").await;
    let mut rui = server.enter("Rui", "lobby").await;
    ana.send(ClientFrame::Typing { room: "lobby".into() }).await;
    assert_eq!(rui.answer().await, ServerFrame::Typing { room: "lobby".into(), user: ana.me.clone() });
    ana.assert_open().await;
}
