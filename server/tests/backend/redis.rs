use std::process::Command;
use std::time::Duration;

use protocol::{Cursor, RoomName};
use server::backend::{Broker, Whisper, redis};
use tokio::time::{sleep, timeout};

use crate::proxy::Proxy;
use crate::redis_server::RedisServer;
use crate::site::{Instance, PATIENCE, Site, assert_unavailable, draft, room, user};

async fn two_instances() -> (RedisServer, Instance, Instance) {
    let server = RedisServer::start();
    let first = Instance(redis::open(&server.url(), 1_000).await.unwrap());
    let second = Instance(redis::open(&server.url(), 1_000).await.unwrap());
    (server, first, second)
}

async fn one_instance() -> (RedisServer, Instance) {
    let server = RedisServer::start();
    let instance = Instance(redis::open(&server.url(), 1_000).await.unwrap());
    (server, instance)
}

/// Runs a command as an operator, or a disaster, would.
async fn run<T: ::redis::FromRedisValue>(server: &RedisServer, command: &[&str]) -> T {
    // As long as it takes: WAIT waits.
    let patient = ::redis::AsyncConnectionConfig::new().set_response_timeout(Some(PATIENCE));
    let client = ::redis::Client::open(server.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection_with_config(&patient).await.unwrap();
    ::redis::cmd(command[0]).arg(&command[1..]).query_async(&mut connection).await.unwrap()
}

/// How many connections are subscribed to a room.
async fn listeners(server: &RedisServer, room: &str) -> u64 {
    let (_, count): (String, _) = run(server, &["PUBSUB", "NUMSUB", &format!("sala:{{{room}}}:events")]).await;
    count
}

/// Looks again and again: nothing tells when it changes.
async fn until_hearing(broker: &dyn Broker, expected: bool) {
    let waiting = async {
        while broker.is_hearing() != expected {
            sleep(Duration::from_millis(2)).await;
        }
    };
    timeout(PATIENCE, waiting).await.unwrap_or_else(|_| panic!("is_hearing becomes {expected}"));
}

#[tokio::test]
async fn instances_hear_each_other() {
    let (_server, first, mut second) = two_instances().await;
    let room = room("lobby");
    second.subscribe(&room).await;
    let draft = draft("u_ana", "1");
    first.append(&room, &draft).await;
    let (_, epoch, entry) = second.appended().await;
    assert_eq!((epoch, entry.uid, entry.body), (draft.epoch.clone(), draft.uid.clone(), draft.body.clone()));
    let whisper = Whisper::Typing { user: user("Ana") };
    first.0.broker.whisper(&room, &whisper).await.unwrap();
    assert_eq!(second.whispered().await, whisper);
    // A retry on another instance is a retry.
    assert_eq!(second.append(&room, &draft).await.seq, 1);
    second.hears_nothing_more().await;
}

#[tokio::test]
async fn instances_share_who_is_here_and_each_change_is_told_once() {
    let (_server, mut first, mut second) = two_instances().await;
    let (room, ana) = (room("lobby"), user("Ana"));
    for instance in [&first, &second] {
        instance.subscribe(&room).await;
    }
    first.0.presence.enter(&room, "c1", &ana).await.unwrap();
    second.0.presence.enter(&room, "c2", &ana).await.unwrap();
    first.0.presence.leave(&room, "c1").await.unwrap();
    let (one, two) = tokio::join!(first.0.presence.leave(&room, "c2"), second.0.presence.leave(&room, "c2"));
    one.and(two).unwrap();
    for instance in [&mut first, &mut second] {
        let expected = Whisper::People { joined: vec![ana.clone()], left: vec![], count: 1 };
        assert_eq!(instance.whispered().await, expected);
        let expected = Whisper::People { joined: vec![], left: vec![ana.id.clone()], count: 0 };
        assert_eq!(instance.whispered().await, expected);
        instance.hears_nothing_more().await;
    }
}

#[tokio::test]
async fn an_instance_has_two_connections() {
    let (server, instance) = one_instance().await;
    for number in 0..50 {
        instance.subscribe(&room(&format!("{number}"))).await;
        instance.say(&room(&format!("{number}"))).await;
    }
    let clients: String = run(&server, &["CLIENT", "LIST"]).await;
    // The third is the one that asks.
    assert_eq!(clients.lines().count(), 3, "{clients}");
}

#[tokio::test]
async fn an_unsubscription_reaches_redis() {
    let (server, instance) = one_instance().await;
    instance.subscribe(&room("lobby")).await;
    assert_eq!(listeners(&server, "lobby").await, 1);
    instance.0.broker.unsubscribe(&room("lobby"));
    // Wishes are carried out in their order.
    instance.subscribe(&room("other")).await;
    assert_eq!((listeners(&server, "lobby").await, listeners(&server, "other").await), (0, 1));
}

#[tokio::test]
async fn a_cut_connection_is_replaced_and_what_was_missed_is_in_doubt() {
    let (server, mut instance) = one_instance().await;
    let rooms: Vec<RoomName> = (0..1_100).map(|number| room(&format!("{number}"))).collect();
    futures_util::future::join_all(rooms.iter().map(|room| instance.subscribe(room))).await;
    for _ in 0..3 {
        let killed: u64 = run(&server, &["CLIENT", "KILL", "TYPE", "pubsub"]).await;
        assert_eq!(killed, 1);
        instance.doubts().await;
        assert!(instance.0.broker.is_hearing());
        for room in [&rooms[0], &rooms[1_099]] {
            instance.say(room).await;
            assert_eq!(instance.appended().await.0, *room);
        }
    }
    instance.hears_nothing_more().await;
}

#[tokio::test]
async fn a_subscription_during_an_outage_of_the_listening_connection_is_kept() {
    let (server, mut instance) = one_instance().await;
    let (old, new) = (room("old"), room("new"));
    instance.subscribe(&old).await;
    let _: u64 = run(&server, &["CLIENT", "KILL", "TYPE", "pubsub"]).await;
    until_hearing(&*instance.0.broker, false).await;
    instance.0.broker.unsubscribe(&old);
    instance.subscribe(&new).await;
    instance.doubts().await;
    instance.say(&old).await;
    instance.say(&new).await;
    assert_eq!(instance.appended().await.0, new);
}

#[tokio::test]
async fn a_connection_that_is_open_but_deaf_is_replaced() {
    let server = RedisServer::start();
    let proxy = Proxy::start(&server.url()).await;
    let mut instance = Instance(redis::open(&proxy.url(), 1_000).await.unwrap());
    let room = room("lobby");
    instance.subscribe(&room).await;
    proxy.deafen();
    instance.say(&room).await;
    until_hearing(&*instance.0.broker, false).await;
    instance.doubts().await;
    instance.say(&room).await;
    assert_eq!(instance.appended().await.2.seq, 2);
}

#[tokio::test]
async fn a_master_that_became_a_replica_is_left_for_the_new_one() {
    let (old, new) = (RedisServer::start(), RedisServer::start());
    let port = |server: &RedisServer| server.url().rsplit(':').next().unwrap().to_owned();
    let proxy = Proxy::start(&old.url()).await;
    let (instance, room) = (Instance(redis::open(&proxy.url(), 1_000).await.unwrap()), room("lobby"));
    instance.subscribe(&room).await;
    instance.say(&room).await;
    let _: () = run(&old, &["CONFIG", "SET", "repl-diskless-sync-delay", "0"]).await;
    let _: () = run(&new, &["REPLICAOF", "127.0.0.1", &port(&old)]).await;
    assert_eq!(run::<u64>(&old, &["WAIT", "1", "15000"]).await, 1);

    let _: () = run(&new, &["REPLICAOF", "NO", "ONE"]).await;
    let _: () = run(&old, &["REPLICAOF", "127.0.0.1", &port(&new)]).await;
    proxy.lead_to(&new.url());
    let draft = draft("u_ana", "1");
    let appending = async {
        loop {
            if let Ok(receipt) = instance.0.broker.append(&room, &draft).await {
                break receipt;
            }
        }
    };
    assert_eq!(timeout(PATIENCE, appending).await.expect("it finds the new master").seq, 2);
    assert_eq!(instance.history(&room).await.len(), 2);
}

#[tokio::test]
async fn a_stopped_redis_is_unavailable_and_a_retry_is_no_second_event() {
    let (server, mut instance) = one_instance().await;
    let (room, draft) = (room("lobby"), draft("u_ana", "1"));
    instance.subscribe(&room).await;
    let signal = |name: &str| {
        let pid = server.pid().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
    };
    signal("-STOP");
    let stopped = timeout(Duration::from_secs(6), instance.0.broker.append(&room, &draft)).await;
    assert_unavailable(stopped.expect("it is said within seconds"));
    let other = timeout(Duration::from_secs(6), instance.0.broker.subscribe(&crate::site::room("other"))).await;
    assert_unavailable(other.expect("it is said within seconds"));
    assert!(!instance.0.broker.is_hearing());
    signal("-CONT");
    let again = async {
        loop {
            if let Ok(receipt) = instance.0.broker.append(&room, &draft).await {
                break receipt;
            }
        }
    };
    assert_eq!(timeout(PATIENCE, again).await.expect("it recovers").seq, 1);
    assert_eq!(instance.history(&room).await.len(), 1);
    until_hearing(&*instance.0.broker, true).await;
    assert_eq!((listeners(&server, "lobby").await, listeners(&server, "other").await), (1, 0));
    instance.say(&room).await;
    while instance.appended_or_doubt().await != Some(2) {}
}

impl Instance {
    async fn appended_or_doubt(&mut self) -> Option<u64> {
        match self.signal().await {
            server::backend::Signal::Appended { entry, .. } => Some(entry.seq),
            _ => None,
        }
    }
}

#[tokio::test]
async fn a_room_that_lost_something_begins_a_new_life() {
    for disaster in [&["FLUSHALL"][..], &["DEL", "sala:{lobby}:meta"], &["DEL", "sala:{lobby}:stream"]] {
        let (server, mut instance) = one_instance().await;
        let (room, first) = (room("lobby"), draft("u_ana", "1"));
        instance.append(&room, &first).await;
        instance.say(&room).await;
        let _: ::redis::Value = run(&server, disaster).await;
        assert_eq!(instance.0.history.heads(std::slice::from_ref(&room)).await.unwrap(), [Cursor::default()]);
        let slice = instance.0.history.after(&room, 0, 10).await.unwrap();
        assert_ne!(slice.epoch, first.epoch, "{disaster:?}");
        assert_eq!((slice.head.seq, slice.entries.len()), (0, 0), "{disaster:?}");

        instance.subscribe(&room).await;
        assert_eq!(instance.append(&room, &first).await.seq, 1);
        let (_, epoch, entry) = instance.appended().await;
        assert_eq!((epoch, entry.prev.as_str()), (slice.epoch, ""));
    }
}

#[tokio::test]
async fn an_event_after_a_loss_begins_the_new_life_itself() {
    let (server, mut instance) = one_instance().await;
    let room = room("lobby");
    instance.subscribe(&room).await;
    instance.say(&room).await;
    let _: u64 = run(&server, &["DEL", "sala:{lobby}:stream"]).await;
    let draft = draft("u_ana", "1");
    assert_eq!(instance.append(&room, &draft).await.seq, 1);
    instance.appended().await;
    assert_eq!(instance.appended().await.1, draft.epoch);
    assert_eq!(instance.history(&room).await.len(), 1);
}

#[tokio::test]
async fn only_a_room_where_something_was_said_stays() {
    let (server, instance) = one_instance().await;
    let room = room("lobby");
    instance.0.history.after(&room, 0, 1).await.unwrap();
    let left: i64 = run(&server, &["TTL", "sala:{lobby}:meta"]).await;
    assert!((86_000..=86_400).contains(&left), "{left}");
    instance.say(&room).await;
    assert_eq!(run::<i64>(&server, &["TTL", "sala:{lobby}:meta"]).await, -1);
    instance.0.presence.enter(&room, "c1", &user("Ana")).await.unwrap();
    for key in ["live", "who", "count", "names"] {
        let left: i64 = run(&server, &["TTL", &format!("sala:{{lobby}}:{key}")]).await;
        assert!((3_500..=3_600).contains(&left), "{key}: {left}");
    }
}

#[tokio::test]
async fn scripts_that_redis_forgot_are_loaded_again() {
    let (server, instance) = one_instance().await;
    instance.say(&room("lobby")).await;
    let _: () = run(&server, &["SCRIPT", "FLUSH"]).await;
    assert_eq!(instance.say(&room("lobby")).await.seq, 2);
}

#[tokio::test]
async fn a_command_after_a_cut_connection_is_tried_again() {
    let (server, instance) = one_instance().await;
    for seq in 1..=5 {
        let _: u64 = run(&server, &["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]).await;
        assert_eq!(instance.say(&room("lobby")).await.seq, seq);
    }
}

#[tokio::test]
async fn a_damaged_message_is_dropped_and_the_next_is_heard() {
    let (server, mut instance) = one_instance().await;
    let room = room("lobby");
    instance.subscribe(&room).await;
    for damaged in ["", "?", "+a b c", "~{}"] {
        let _: u64 = run(&server, &["PUBLISH", "sala:{lobby}:events", damaged]).await;
    }
    instance.say(&room).await;
    assert_eq!(instance.appended().await.2.seq, 1);
}

#[tokio::test]
async fn a_full_queue_of_signals_ends_in_doubt() {
    let (_server, mut instance) = one_instance().await;
    let room = room("lobby");
    instance.subscribe(&room).await;
    let capacity = server::backend::SIGNALS as u64;
    let broker = std::sync::Arc::clone(&instance.0.broker);
    for _ in 0..=capacity / 500 {
        let all = (0..500).map(|_| {
            let (broker, room) = (&broker, &room);
            async move { broker.append(room, &draft("u_ana", &crate::site::fresh("id"))).await.unwrap() }
        });
        futures_util::future::join_all(all).await;
    }
    let mut heard = 0;
    while instance.appended_or_doubt().await.is_some() {
        heard += 1;
    }
    assert!(heard >= capacity, "{heard}");
    // What was still on its way follows, and what comes then is heard again.
    let last = instance.say(&room).await.seq;
    while instance.appended_or_doubt().await != Some(last) {}
}

#[tokio::test(start_paused = true)]
async fn a_redis_that_never_appears_is_named_without_its_password() {
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = redis::open(&format!("redis://:hunter2@127.0.0.1:{port}"), 100).await.err().unwrap();
    let error = format!("{error:#}");
    assert!(error.contains("REDIS_URL") && error.contains(&format!("127.0.0.1:{port}")), "{error}");
    assert!(!error.contains("hunter2"), "{error}");
}

#[tokio::test]
async fn a_refusal_and_a_wrong_address_are_said_at_once_and_without_the_password() {
    let Site::Redis(server) = Site::redis() else { unreachable!("it is one") };
    let _: () = run(&server, &["CONFIG", "SET", "requirepass", "other"]).await;
    let address = server.url().replace("redis://", "");
    for url in [format!("redis://:hunter2@{address}"), format!("redis://{address}"), "hunter2@nowhere".into()] {
        let opening = timeout(Duration::from_secs(5), redis::open(&url, 100)).await;
        let error = format!("{:#}", opening.expect("no waiting").err().unwrap());
        assert!(error.contains("REDIS_URL") && !error.contains("hunter2"), "{error}");
    }
}
