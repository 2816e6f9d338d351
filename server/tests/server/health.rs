//! Health and metrics.

use testkit::{Request, free_port};

use crate::support::TestServer;

#[tokio::test]
async fn a_server_is_live_and_ready() {
    let server = TestServer::start().await;
    for path in ["/health/live", "/health/ready"] {
        assert_eq!(server.get(path).send().await.status, 200);
    }
}

#[tokio::test]
async fn metrics_need_a_token_or_their_own_port() {
    let server = TestServer::start().await;
    assert_eq!(server.get("/metrics").send().await.status, 404);
    let server = TestServer::with(&[("METRICS_TOKEN", "a-secret-of-enough-bytes")]).await;
    for header in ["", "Bearer", "Bearer a-secret-of-enough-bytez", "a-secret-of-enough-bytes"] {
        assert_eq!(server.get("/metrics").header("authorization", header).send().await.status, 401);
    }
    let request = server.get("/metrics").header("authorization", "Bearer a-secret-of-enough-bytes");
    assert_eq!(request.send().await.status, 200);
}

#[tokio::test]
async fn metrics_count_events() {
    let free = free_port().unwrap();
    let server = TestServer::with(&[("METRICS_PORT", &free.to_string())]).await;
    let mut ana = server.enter("Ana", "lobby").await;
    ana.say("lobby", "1", "x").await;
    ana.send_text(r#"{"type":"dance"}"#).await;
    ana.refused().await;
    let metrics = Request::get("/metrics").send(([127, 0, 0, 1], free).into()).await.unwrap();
    assert_eq!(metrics.status, 200);
    for name in [
        "sala_connections",
        "sala_deliveries_total",
        "sala_append_seconds_bucket",
        "sala_refusals_total{code=\"bad_frame\"}",
    ] {
        assert!(metrics.text().contains(name), "{name}: {}", metrics.text());
    }
}
