use std::time::Duration;

use server::{backend::redis, config::RedisConfig};
use testkit::RedisServer;
use tokio::time::{sleep, timeout};

use super::{listeners, run};
use crate::site::{BackendInstance, PATIENCE, draft, room};

/// A Sentinel that watches a master and considers it down after half a second.
async fn watch(master: &RedisServer) -> RedisServer {
    let sentinel = RedisServer::start_sentinel().await.unwrap();
    let port = master.port().to_string();
    let _: () = run(&sentinel, &["SENTINEL", "MONITOR", "main", "127.0.0.1", &port, "1"]).await;
    for (name, value) in [("down-after-milliseconds", "500"), ("failover-timeout", "3000")] {
        let _: () = run(&sentinel, &["SENTINEL", "SET", "main", name, value]).await;
    }
    sentinel
}

/// Polls until the Sentinel knows the replica, which it can promote only then.
async fn wait_for_replica(sentinel: &RedisServer) {
    loop {
        let replicas: Vec<::redis::Value> = run(sentinel, &["SENTINEL", "REPLICAS", "main"]).await;
        if !replicas.is_empty() {
            return;
        }
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn the_new_master_is_used_after_a_failover() {
    let (master, replica) = (RedisServer::start().await.unwrap(), RedisServer::start().await.unwrap());
    let _: () = run(&master, &["CONFIG", "SET", "repl-diskless-sync-delay", "0"]).await;
    let _: () = run(&replica, &["REPLICAOF", "127.0.0.1", &master.port().to_string()]).await;
    assert_eq!(run::<u64>(&master, &["WAIT", "1", "15000"]).await, 1);
    let sentinel = watch(&master).await;
    timeout(PATIENCE, wait_for_replica(&sentinel)).await.expect("the Sentinel finds the replica");

    let url = format!("redis+sentinel://127.0.0.1:1,127.0.0.1:{}/main", sentinel.port());
    let mut instance = BackendInstance(redis::open(RedisConfig::new(&url, 1_000)).await.unwrap());
    let room = room("lobby");
    instance.subscribe(&room).await;
    instance.say(&room).await;
    assert_eq!(instance.appended().await.2.seq, 1);
    while run::<u64>(&replica, &["XLEN", "sala:{lobby}:stream"]).await == 0 {
        sleep(Duration::from_millis(5)).await;
    }

    drop(master);
    let draft = draft("u_ana", "1");
    let taken = async {
        loop {
            match instance.0.broker.append(&room, &draft).await {
                Ok(receipt) => break receipt,
                Err(_) => sleep(Duration::from_millis(50)).await,
            }
        }
    };
    assert_eq!(timeout(PATIENCE, taken).await.expect("the new master takes it").seq, 2);
    // A gap is reported, and later events arrive from the new master.
    while instance.appended_or_gap().await.is_some() {}
    let last = instance.say(&room).await.seq;
    while instance.appended_or_gap().await != Some(last) {}
    assert!(run::<u64>(&replica, &["XLEN", "sala:{lobby}:stream"]).await >= 2);
}

#[tokio::test]
async fn a_sentinel_that_reports_a_replica_is_ignored() {
    let (master, replica) = (RedisServer::start().await.unwrap(), RedisServer::start().await.unwrap());
    let _: () = run(&master, &["CONFIG", "SET", "repl-diskless-sync-delay", "0"]).await;
    let _: () = run(&replica, &["REPLICAOF", "127.0.0.1", &master.port().to_string()]).await;
    assert_eq!(run::<u64>(&master, &["WAIT", "1", "15000"]).await, 1);
    let (wrong, right) = (watch(&replica).await, watch(&master).await);

    let alone = format!("redis+sentinel://127.0.0.1:{}/main", wrong.port());
    let opening = timeout(Duration::from_secs(2), redis::open(RedisConfig::new(&alone, 1_000))).await;
    assert!(opening.is_err(), "it goes on asking");

    // The first answer most probably comes from the wrong Sentinel.
    let wrong = format!("127.0.0.1:{}", wrong.port());
    let url = format!("redis+sentinel://{wrong},{wrong},{wrong},127.0.0.1:{}/main", right.port());
    let (instance, room) = (BackendInstance(redis::open(RedisConfig::new(&url, 1_000)).await.unwrap()), room("lobby"));
    instance.subscribe(&room).await;
    assert_eq!(instance.say(&room).await.seq, 1);
    assert_eq!(listeners(&master, "lobby").await, 1);
}

#[tokio::test]
async fn sentinels_without_the_master_are_named_in_the_error() {
    let master = RedisServer::start().await.unwrap();
    let sentinel = watch(&master).await;
    let url = format!("redis+sentinel://:hunter2@127.0.0.1:{}/other", sentinel.port());
    // The Sentinels may still learn of the master, so the client keeps asking.
    tokio::time::pause();
    let error = format!("{:#}", redis::open(RedisConfig::new(&url, 1_000)).await.err().unwrap());
    assert!(error.contains("other behind the Sentinels") && !error.contains("hunter2"), "{error}");
}
