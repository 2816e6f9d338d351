use std::sync::Arc;
use std::time::Duration;

use protocol::RoomName;
use server::backend::{UPDATE_QUEUE, redis};
use server::config::RedisConfig;
use testkit::{RedisServer, SubscriberProxy};
use tokio::time::timeout;

use super::{listeners, one_instance, run, wait_until_subscribed};
use crate::site::{BackendInstance, assert_unavailable, draft, fresh, room};

#[tokio::test]
async fn a_cut_connection_is_replaced_and_a_gap_is_reported() {
    let (server, mut instance) = one_instance().await;
    let rooms: Vec<RoomName> = (0..1_100).map(|number| room(&format!("{number}"))).collect();
    futures_util::future::join_all(rooms.iter().map(|room| instance.subscribe(room))).await;
    for _ in 0..3 {
        let killed: u64 = run(&server, &["CLIENT", "KILL", "TYPE", "pubsub"]).await;
        assert_eq!(killed, 1);
        instance.wait_for_gap().await;
        assert!(instance.0.broker.is_subscribed());
        for room in [&rooms[0], &rooms[1_099]] {
            instance.say(room).await;
            assert_eq!(instance.appended().await.0, *room);
        }
    }
    instance.receives_nothing_more().await;
}

#[tokio::test]
async fn a_subscription_requested_during_an_outage_is_confirmed_later() {
    let (server, mut instance) = one_instance().await;
    let (old, new) = (room("old"), room("new"));
    instance.subscribe(&old).await;
    let _: u64 = run(&server, &["CLIENT", "KILL", "TYPE", "pubsub"]).await;
    wait_until_subscribed(&*instance.0.broker, false).await;
    instance.0.broker.unsubscribe(&old);
    instance.subscribe(&new).await;
    instance.wait_for_gap().await;
    instance.say(&old).await;
    instance.say(&new).await;
    assert_eq!(instance.appended().await.0, new);
}

#[tokio::test]
async fn a_silent_connection_is_replaced() {
    let server = RedisServer::start().await.unwrap();
    let proxy = SubscriberProxy::start(server.port()).await.unwrap();
    let mut instance = BackendInstance(redis::open(RedisConfig::new(&proxy.url(), 1_000)).await.unwrap());
    let room = room("lobby");
    instance.subscribe(&room).await;
    proxy.silence_subscribers();
    instance.say(&room).await;
    wait_until_subscribed(&*instance.0.broker, false).await;
    instance.wait_for_gap().await;
    instance.say(&room).await;
    assert_eq!(instance.appended().await.2.seq, 2);
}

#[tokio::test]
async fn a_command_on_a_cut_connection_is_retried() {
    let (server, instance) = one_instance().await;
    for seq in 1..=5 {
        let _: u64 = run(&server, &["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]).await;
        assert_eq!(instance.say(&room("lobby")).await.seq, seq);
    }
}

#[tokio::test]
async fn a_demoted_master_is_replaced_by_the_new_one() {
    let (old, new) = (RedisServer::start().await.unwrap(), RedisServer::start().await.unwrap());
    let port = |server: &RedisServer| server.url().rsplit(':').next().unwrap().to_owned();
    let proxy = SubscriberProxy::start(old.port()).await.unwrap();
    let (instance, room) =
        (BackendInstance(redis::open(RedisConfig::new(&proxy.url(), 1_000)).await.unwrap()), room("lobby"));
    instance.subscribe(&room).await;
    instance.say(&room).await;
    let _: () = run(&old, &["CONFIG", "SET", "repl-diskless-sync-delay", "0"]).await;
    let _: () = run(&new, &["REPLICAOF", "127.0.0.1", &port(&old)]).await;
    assert_eq!(run::<u64>(&old, &["WAIT", "1", "15000"]).await, 1);

    let _: () = run(&new, &["REPLICAOF", "NO", "ONE"]).await;
    let _: () = run(&old, &["REPLICAOF", "127.0.0.1", &port(&new)]).await;
    proxy.redirect(new.port());
    assert_eq!(instance.append_until_stored(&room, &draft("u_ana", "1")).await, 2);
    assert_eq!(instance.history(&room).await.len(), 2);
}

#[tokio::test]
async fn a_stopped_redis_is_unavailable_and_a_retry_adds_no_event() {
    let (server, mut instance) = one_instance().await;
    let (room, draft) = (room("lobby"), draft("u_ana", "1"));
    instance.subscribe(&room).await;
    server.pause().unwrap();
    let stopped = timeout(Duration::from_secs(6), instance.0.broker.append(&room, &draft)).await;
    assert_unavailable(stopped.expect("it is said within seconds"));
    let other = timeout(Duration::from_secs(6), instance.0.broker.subscribe(&crate::site::room("other"))).await;
    assert_unavailable(other.expect("it is said within seconds"));
    assert!(!instance.0.broker.is_subscribed());
    server.resume().unwrap();
    assert_eq!(instance.append_until_stored(&room, &draft).await, 1);
    assert_eq!(instance.history(&room).await.len(), 1);
    wait_until_subscribed(&*instance.0.broker, true).await;
    assert_eq!((listeners(&server, "lobby").await, listeners(&server, "other").await), (1, 0));
    instance.say(&room).await;
    while instance.appended_or_gap().await != Some(2) {}
}

#[tokio::test]
async fn a_full_update_queue_reports_a_gap() {
    let (_server, mut instance) = one_instance().await;
    let room = room("lobby");
    instance.subscribe(&room).await;
    let capacity = UPDATE_QUEUE as u64;
    let broker = Arc::clone(&instance.0.broker);
    for _ in 0..=capacity / 500 {
        let all = (0..500).map(|_| {
            let (broker, room) = (&broker, &room);
            async move { broker.append(room, &draft("u_ana", &fresh("id"))).await.unwrap() }
        });
        futures_util::future::join_all(all).await;
    }
    let mut heard = 0;
    while instance.appended_or_gap().await.is_some() {
        heard += 1;
    }
    assert!(heard >= capacity, "{heard}");
    // Publications in transit follow; later ones are received again.
    let last = instance.say(&room).await.seq;
    while instance.appended_or_gap().await != Some(last) {}
}
