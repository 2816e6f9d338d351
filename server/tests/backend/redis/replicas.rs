use std::time::Duration;

use server::{backend::redis, config::RedisConfig};
use testkit::RedisServer;
use tokio::time::{sleep, timeout};

use super::run;
use crate::site::{BackendInstance, PATIENCE, assert_unavailable, draft, room};

#[tokio::test]
async fn appends_wait_for_replicas() {
    let (master, replica) = (RedisServer::start().await.unwrap(), RedisServer::start().await.unwrap());
    let _: () = run(&master, &["CONFIG", "SET", "repl-diskless-sync-delay", "0"]).await;
    let replicas = Some((1, Duration::from_millis(300)));
    let settings = RedisConfig { replicas, ..RedisConfig::new(&master.url(), 1_000) };
    let instance = BackendInstance(redis::open(settings).await.unwrap());
    let (room, draft) = (room("lobby"), draft("u_ana", "1"));
    assert_unavailable(instance.0.broker.append(&room, &draft).await);
    assert_unavailable(instance.0.broker.append(&room, &draft).await);

    let _: () = run(&replica, &["REPLICAOF", "127.0.0.1", &master.port().to_string()]).await;
    let taken = async {
        loop {
            match instance.0.broker.append(&room, &draft).await {
                Ok(receipt) => break receipt,
                Err(_) => sleep(Duration::from_millis(20)).await,
            }
        }
    };
    assert_eq!(timeout(PATIENCE, taken).await.expect("the replica gets it").seq, 1);
    let there: u64 = run(&replica, &["XLEN", "sala:{lobby}:stream"]).await;
    assert_eq!((there, instance.history(&room).await.len()), (1, 1));
}
