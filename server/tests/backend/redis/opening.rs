use std::time::Duration;

use server::{backend::redis, config::RedisConfig};
use testkit::RedisServer;
use tokio::time::timeout;

use super::run;

#[tokio::test(start_paused = true)]
async fn an_unreachable_redis_is_named_without_its_password() {
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = redis::open(RedisConfig::new(&format!("redis://:hunter2@127.0.0.1:{port}"), 100)).await.err().unwrap();
    let error = format!("{error:#}");
    assert!(error.contains("REDIS_URL") && error.contains(&format!("127.0.0.1:{port}")), "{error}");
    assert!(!error.contains("hunter2"), "{error}");
}

#[tokio::test]
async fn refusals_and_invalid_addresses_fail_at_once_without_the_password() {
    let server = RedisServer::start().await.unwrap();
    let _: () = run(&server, &["CONFIG", "SET", "requirepass", "other"]).await;
    let address = server.url().replace("redis://", "");
    for url in [format!("redis://:hunter2@{address}"), format!("redis://{address}"), "hunter2@nowhere".into()] {
        let opening = timeout(Duration::from_secs(5), redis::open(RedisConfig::new(&url, 100))).await;
        let error = format!("{:#}", opening.expect("no waiting").err().unwrap());
        assert!(error.contains("REDIS_URL") && !error.contains("hunter2"), "{error}");
    }
}
