//! Shutdown of an instance.

use std::time::{Duration, Instant};

use protocol::ServerFrame;
use tokio::time::timeout;

use crate::support::{TestServer, TestSocket};

#[tokio::test]
async fn shutdown_sends_retry_and_closes_every_socket_with_a_code() {
    let mut server = TestServer::start().await;
    let mut ana = server.enter("Ana", "lobby").await;
    let mut rui = server.connect("Rui").await;
    let (_, ana_retry, rui_retry) = tokio::join!(server.stop(), retry(&mut ana), retry(&mut rui));
    assert!(ana_retry < 10_000 && rui_retry < 10_000);
}

async fn retry(socket: &mut TestSocket) -> u64 {
    let ServerFrame::Retry { after_ms } = socket.answer().await else { panic!("retry") };
    assert_eq!(socket.closed().await, 4200);
    after_ms
}

#[tokio::test]
async fn rotation_is_requested_before_the_request_timeout() {
    let server = TestServer::with(&[("REQUEST_TIMEOUT", "10")]).await;
    let started = Instant::now();
    let mut ana = server.enter("Ana", "lobby").await;
    let ServerFrame::Rotate { within_ms } = ana.answer().await else { panic!("rotate") };
    let cut = started.elapsed() + Duration::from_millis(within_ms);
    assert!((500..=2_500).contains(&within_ms), "{within_ms}");
    assert!((Duration::from_secs(10)..Duration::from_secs(11)).contains(&cut), "{cut:?}");
    ana.say("lobby", "1", "and lives on until then").await;
}

#[tokio::test]
async fn acknowledged_messages_survive_a_shutdown() {
    let server = TestServer::start().await;
    let mut ana = server.enter("Ana", "lobby").await;
    for n in 1..=20 {
        ana.say("lobby", &n.to_string(), "x").await;
    }
    let server = server.restart().await;
    assert_eq!(server.connect("Rui").await.join("lobby").await.head.seq, 20);
}

#[tokio::test]
async fn a_silent_reader_does_not_delay_shutdown() {
    let mut server = TestServer::start().await;
    let silent = server.upgrade_raw("Eva").await;
    timeout(Duration::from_secs(6), server.stop()).await.expect("well before everything is cut off");
    drop(silent);
}
