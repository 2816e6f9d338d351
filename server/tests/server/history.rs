use protocol::{ClientFrame, Reason, ServerFrame};

use crate::support::{TestServer, TestSocket};

async fn page(socket: &mut TestSocket, before: Option<u64>, limit: Option<u32>) -> (Vec<u64>, bool, bool) {
    socket.send(ClientFrame::History { room: "lobby".into(), before, limit }).await;
    match socket.answer().await {
        ServerFrame::History { before: asked, events, start, trimmed, .. } => {
            assert_eq!(asked, before);
            (events.iter().map(|event| event.seq).collect(), start, trimmed)
        }
        other => panic!("history, not {other:?}"),
    }
}

async fn filled(messages: u64) -> (TestServer, TestSocket) {
    filled_with(messages, "x").await
}

async fn filled_with(messages: u64, text: &str) -> (TestServer, TestSocket) {
    let server =
        TestServer::with(&[("SENDS_BURST", "1000"), ("SENDS_PER_SECOND", "1000"), ("FRAMES_BURST", "2000")]).await;
    let mut ana = server.enter("Ana", "lobby").await;
    for n in 1..=messages {
        ana.say("lobby", &n.to_string(), text).await;
    }
    (server, ana)
}

/// The longest text, in 16,000 bytes.
fn long() -> String {
    "😀".repeat(4_000)
}

#[tokio::test]
async fn history_pages_reach_the_first_event() {
    // The older pages lie outside of the ring, the newer ones inside.
    let (_server, mut ana) = filled(300).await;
    assert_eq!(page(&mut ana, Some(299), Some(2)).await, (vec![297, 298], false, false));
    assert_eq!(page(&mut ana, Some(20), Some(100)).await, ((1..=19).collect(), true, false));
    assert_eq!(page(&mut ana, Some(11), Some(10)).await, ((1..=10).collect(), true, false));
    assert_eq!(page(&mut ana, Some(1), Some(10)).await, (vec![], true, false));
    assert_eq!(page(&mut ana, Some(0), None).await, (vec![], true, false));
    assert_eq!(page(&mut ana, Some(u64::MAX), Some(1)).await, (vec![300], false, false));
}

#[tokio::test]
async fn the_length_of_a_history_page_is_bounded() {
    let (_server, mut ana) = filled(150).await;
    assert_eq!(page(&mut ana, None, None).await.0, (101..=150).collect::<Vec<_>>());
    assert_eq!(page(&mut ana, None, Some(9_999)).await.0, (51..=150).collect::<Vec<_>>());
    assert_eq!(page(&mut ana, None, Some(0)).await.0, [150]);
}

#[tokio::test]
async fn an_empty_room_has_an_empty_first_page() {
    let server = TestServer::start().await;
    let mut ana = server.enter("Ana", "lobby").await;
    assert_eq!(page(&mut ana, None, None).await, (vec![], true, false));
}

#[tokio::test]
async fn a_page_of_long_messages_is_shorter_and_not_the_last() {
    let (_server, mut ana) = filled_with(20, &long()).await;
    assert_eq!(page(&mut ana, None, None).await, ((17..=20).collect(), false, false));
    assert_eq!(page(&mut ana, Some(5), None).await, ((1..=4).collect(), true, false));
    assert_eq!(ana.join("lobby").await.events.len(), 4);
}

#[tokio::test]
async fn recovery_delivers_256_kib_and_only_the_latest_page_of_more() {
    let (server, mut ana) = filled(1).await;
    let cursor = ana.join("lobby").await.cursor();
    for n in 2..=16 {
        ana.say("lobby", &n.to_string(), &long()).await;
    }
    let mut rui = server.connect("Rui").await;
    let joined = rui.rejoin("lobby", Some(cursor.clone())).await;
    assert!(joined.recovered);
    assert_eq!(joined.events.iter().map(|event| event.seq).collect::<Vec<_>>(), (2..=16).collect::<Vec<_>>());
    for n in 17..=20 {
        ana.say("lobby", &n.to_string(), &long()).await;
    }
    let joined = rui.rejoin("lobby", Some(cursor)).await;
    assert_eq!((joined.recovered, joined.reason, joined.head.seq), (false, Some(Reason::Trimmed), 20));
    assert_eq!(joined.events.iter().map(|event| event.seq).collect::<Vec<_>>(), (17..=20).collect::<Vec<_>>());
}
