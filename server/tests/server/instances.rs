//! Two instances on one real Redis, and faults of its history.

use std::{collections::BTreeSet, time::Duration};

use protocol::{Reason, ServerFrame};
use testkit::{RedisServer, SubscriberProxy};
use tokio::time::{interval, timeout};

use crate::{
    support::{PATIENCE, TestServer, TestSocket, text},
    upgrade,
};

struct TwoInstances {
    redis: RedisServer,
    one: TestServer,
    two: TestServer,
}

impl TwoInstances {
    async fn start() -> Self {
        let redis = RedisServer::start().await.unwrap();
        let (one, two) = (instance(&redis.url()).await, instance(&redis.url()).await);
        Self { redis, one, two }
    }

    /// Changes Redis behind Sala's back.
    fn redis(&self, command: &str) -> String {
        let mut words = command.split(' ');
        let mut redis = redis::Client::open(self.redis.url()).unwrap().get_connection().unwrap();
        let answer = redis::cmd(words.next().unwrap()).arg(words.collect::<Vec<_>>()).query::<redis::Value>(&mut redis);
        format!("{:?}", answer.unwrap())
    }
}

async fn instance(redis: &str) -> TestServer {
    TestServer::with(&[("REDIS_URL", redis), ("SENDS_BURST", "1000"), ("SENDS_PER_SECOND", "1000")]).await
}

async fn reset(socket: &mut TestSocket) -> (Reason, Vec<String>) {
    loop {
        match socket.answer().await {
            ServerFrame::Reset { reason, events, .. } => {
                return (reason, events.iter().map(|event| text(event).to_owned()).collect());
            }
            ServerFrame::Event(_) | ServerFrame::Sent { .. } => {}
            other => panic!("reset, not {other:?}"),
        }
    }
}

#[tokio::test]
async fn members_on_two_instances_share_a_room() {
    let site = TwoInstances::start().await;
    let mut ana = site.one.enter("Ana", "lobby").await;
    ana.say("lobby", "1", "from one").await;
    let mut rui = site.two.connect("Rui").await;
    let joined = rui.join("lobby").await;
    assert_eq!(joined.events.iter().map(text).collect::<Vec<_>>(), ["from one"]);
    assert_eq!(joined.count, 2);
    rui.say("lobby", "1", "from two").await;
    assert_eq!(text(&ana.event().await), "from two");
    let page = site.two.get("/r/lobby").cookie(&site.two.sign_in("Eva").await).send().await;
    assert!(page.text().contains("from one") && page.text().contains("from two"));
}

#[tokio::test]
async fn a_client_that_changes_instances_recovers_and_sends_nothing_twice() {
    let site = TwoInstances::start().await;
    let cookie = site.one.sign_in("Ana").await;
    let mut ana = TestSocket::open(site.one.address, &cookie).await;
    ana.join("lobby").await;
    ana.say("lobby", "1", "said on one").await;
    let cursor = ana.join("lobby").await.cursor();
    drop(ana);
    site.two.enter("Rui", "lobby").await.say("lobby", "1", "missed").await;
    let mut ana = TestSocket::open(site.two.address, &cookie).await;
    let joined = ana.rejoin("lobby", Some(cursor)).await;
    assert!(joined.recovered);
    assert_eq!(joined.events.iter().map(text).collect::<Vec<_>>(), ["missed"]);
    assert_eq!(ana.repeat("lobby", "1", "said on one").await, 1);
}

#[tokio::test]
async fn all_members_see_one_order() {
    let site = TwoInstances::start().await;
    let mut people = Vec::new();
    for n in 0..6 {
        let server = if n % 2 == 0 { &site.one } else { &site.two };
        people.push(server.enter(&format!("P{n}"), "lobby").await);
    }
    let heard = people.into_iter().map(|mut person| async move {
        for n in 0..10 {
            person.send_message("lobby", &n.to_string(), "x").await;
        }
        let mut heard = Vec::new();
        while heard.len() < 60 {
            heard.push(person.event().await.uid);
        }
        heard
    });
    let heard = futures_util::future::join_all(heard).await;
    assert_eq!(heard.iter().collect::<BTreeSet<_>>().len(), 1);
    assert_eq!(heard[0].iter().collect::<BTreeSet<_>>().len(), 60);
}

#[tokio::test]
async fn events_published_during_a_lost_subscription_are_repaired() {
    let site = TwoInstances::start().await;
    let mut ana = site.one.enter("Ana", "lobby").await;
    let mut rui = site.two.enter("Rui", "lobby").await;
    for n in 1..=50 {
        site.redis("CLIENT KILL TYPE pubsub");
        rui.send_message("lobby", &n.to_string(), "x").await;
    }
    for n in 1..=50 {
        assert_eq!(ana.event().await.seq, n);
    }
}

#[tokio::test]
async fn the_next_event_reveals_a_lost_publication() {
    let site = TwoInstances::start().await;
    let mut ana = site.one.enter("Ana", "lobby").await;
    ana.say("lobby", "1", "heard").await;
    let body = r#"{"at":1,"author":{"id":"u_x","name":"Eva"},"kind":"message","id":"x","text":"unheard"}"#;
    let uid = ana.join("lobby").await.head.uid;
    site.redis(&format!("XADD sala:{{lobby}}:stream 2-0 uid lost prev {uid} body {body}"));
    site.redis("HSET sala:{lobby}:meta seq 2 uid lost");
    site.two.enter("Rui", "lobby").await.say("lobby", "1", "next").await;
    let heard = [ana.event().await, ana.event().await];
    assert_eq!(heard.each_ref().map(text), ["unheard", "next"]);
}

#[tokio::test]
async fn maintenance_finds_a_lost_last_publication() {
    let site = TwoInstances::start().await;
    let mut ana = site.one.enter("Ana", "lobby").await;
    ana.say("lobby", "1", "heard").await;
    let uid = ana.join("lobby").await.head.uid;
    let body = r#"{"at":1,"author":{"id":"u_x","name":"Eva"},"kind":"message","id":"x","text":"unheard"}"#;
    site.redis(&format!("XADD sala:{{lobby}}:stream 2-0 uid lost prev {uid} body {body}"));
    site.redis("HSET sala:{lobby}:meta seq 2 uid lost");
    assert_eq!(text(&ana.event().await), "unheard");
}

#[tokio::test]
async fn a_lost_tail_resets_all_members_of_an_idle_room() {
    let site = TwoInstances::start().await;
    let mut ana = site.one.enter("Ana", "lobby").await;
    ana.say("lobby", "1", "kept").await;
    let kept = ana.join("lobby").await.head.uid;
    ana.say("lobby", "2", "lost").await;
    lose_what_came_after(&site, 1, &kept, 2);
    assert_eq!(reset(&mut ana).await, (Reason::Fork, vec!["kept".into()]));
}

#[tokio::test]
async fn a_lost_tail_resets_all_members() {
    let site = TwoInstances::start().await;
    let mut ana = site.one.enter("Ana", "lobby").await;
    let mut rui = site.two.enter("Rui", "lobby").await;
    ana.say("lobby", "1", "kept").await;
    let kept = rui.event().await.uid;
    ana.say("lobby", "2", "lost by a failover").await;
    rui.event().await;
    // The state of a promoted replica that lagged behind: the same epoch, one event less.
    site.redis("XTRIM sala:{lobby}:stream MAXLEN 1");
    site.redis("DEL sala:{lobby}:stream");
    let body = r#"{"at":1,"author":{"id":"u_x","name":"Ana"},"kind":"message","id":"1","text":"kept"}"#;
    site.redis(&format!("XADD sala:{{lobby}}:stream 1-0 uid {kept} prev  body {body}"));
    site.redis(&format!("HSET sala:{{lobby}}:meta seq 1 uid {kept}"));
    // The seq is known, so only the uid reveals the fork.
    site.one.enter("Eva", "lobby").await.send_text(r#"{"type":"send","room":"lobby","id":"1","text":"after"}"#).await;
    for person in [&mut ana, &mut rui] {
        assert_eq!(reset(person).await, (Reason::Fork, vec!["kept".into(), "after".into()]));
    }
    ana.say("lobby", "3", "on we go").await;
    assert_eq!(text(&rui.event().await), "on we go");
}

#[tokio::test]
async fn a_lost_history_resets_all_members() {
    let site = TwoInstances::start().await;
    let mut ana = site.one.enter("Ana", "lobby").await;
    let mut rui = site.two.enter("Rui", "lobby").await;
    ana.say("lobby", "1", "lost").await;
    rui.event().await;
    site.redis("FLUSHALL");
    site.two.enter("Eva", "lobby").await.send_text(r#"{"type":"send","room":"lobby","id":"1","text":"new"}"#).await;
    for person in [&mut ana, &mut rui] {
        assert_eq!(reset(person).await, (Reason::Epoch, vec!["new".into()]));
    }
}

/// The effect of a failover to a replica without the events after `last`.
fn lose_what_came_after(site: &TwoInstances, last: u64, uid: &str, head: u64) {
    let lost: String = (last + 1..=head).map(|seq| format!(" {seq}-0")).collect();
    site.redis(&format!("XDEL sala:{{lobby}}:stream{lost}"));
    site.redis(&format!("XSETID sala:{{lobby}}:stream {last}-0"));
    site.redis(&format!("HSET sala:{{lobby}}:meta seq {last} uid {uid}"));
}

#[tokio::test]
async fn an_old_cursor_is_served_after_a_fork() {
    let site = TwoInstances::start().await;
    let mut ana = site.one.enter("Ana", "lobby").await;
    let cursor = ana.rejoin("lobby", None).await.cursor();
    let mut kept = String::new();
    for n in 1..=300 {
        ana.say("lobby", &n.to_string(), "x").await;
        if n == 290 {
            kept = ana.join("lobby").await.head.uid;
        }
    }
    // Before the ring of 256 events, so the range is cached for the next client.
    let mut rui = site.one.connect("Rui").await;
    assert_eq!(rui.rejoin("lobby", Some(cursor.clone())).await.events.len(), 300);
    let lost = ana.join("lobby").await.cursor();
    lose_what_came_after(&site, 290, &kept, 300);
    site.two.enter("Eva", "lobby").await.send_text(r#"{"type":"send","room":"lobby","id":"1","text":"after"}"#).await;
    // Further back than other pages, so that authors see which of their messages are lost.
    let (reason, page) = reset(&mut rui).await;
    assert_eq!((reason, page.len()), (Reason::Fork, 256));
    let joined = rui.rejoin("lobby", Some(lost)).await;
    assert_eq!((joined.reason, joined.events.len()), (Some(Reason::Fork), 256));
    let joined = rui.rejoin("lobby", Some(cursor)).await;
    assert!(joined.recovered);
    assert_eq!((joined.events.len(), text(joined.events.last().unwrap())), (291, "after"));
}

#[tokio::test]
async fn a_cursor_ahead_of_the_instance_is_kept_and_learns_of_a_fork() {
    let redis = RedisServer::start().await.unwrap();
    let proxy = SubscriberProxy::start(redis.port()).await.unwrap();
    let (one, two) = (instance(&redis.url()).await, instance(&proxy.url()).await);
    let site = TwoInstances { redis, one, two };
    let mut rui = site.two.enter("Rui", "lobby").await;
    // The second instance receives nothing until its head check.
    proxy.silence_subscribers();
    let mut ana = site.one.enter("Ana", "lobby").await;
    ana.say("lobby", "1", "first").await;
    let first = ana.join("lobby").await;
    ana.say("lobby", "2", "second").await;
    let cursor = ana.join("lobby").await.cursor();

    let mut eva = site.two.connect("Eva").await;
    let joined = eva.rejoin("lobby", Some(cursor.clone())).await;
    assert!(joined.recovered && joined.events.is_empty());
    assert_eq!(joined.cursor(), cursor);
    lose_what_came_after(&site, 1, &first.head.uid, 2);
    ana.send_text(r#"{"type":"send","room":"lobby","id":"3","text":"another second"}"#).await;
    assert_eq!(text(&rui.event().await), "first");
    assert_eq!(text(&rui.event().await), "another second");
    assert_eq!(eva.closed().await, 4101);
    let mut eva = site.two.connect("Eva").await;
    assert_eq!(eva.rejoin("lobby", Some(cursor)).await.reason, Some(Reason::Fork));
}

#[tokio::test]
async fn an_instance_stays_ready_during_a_redis_outage() {
    let redis = RedisServer::start().await.unwrap();
    let server = instance(&redis.url()).await;
    let mut ana = server.enter("Ana", "lobby").await;
    drop(redis);
    ana.send_text(r#"{"type":"send","room":"lobby","id":"1","text":"x"}"#).await;
    while ana.refused().await != protocol::RefusalCode::Unavailable {}
    assert_eq!(server.get("/health/ready").send().await.status, 200);
}

#[tokio::test]
async fn an_instance_without_a_subscription_is_not_ready() {
    let redis = RedisServer::start().await.unwrap();
    let proxy = SubscriberProxy::start(redis.port()).await.unwrap();
    let server = instance(&proxy.url()).await;
    proxy.silence_subscribers();
    for status in [503, 200] {
        let becomes = async {
            let mut pace = interval(Duration::from_millis(5));
            while server.get("/health/ready").send().await.status != status {
                pace.tick().await;
            }
        };
        timeout(PATIENCE, becomes).await.unwrap_or_else(|_| panic!("readiness becomes {status}"));
    }
}

#[tokio::test]
async fn a_socket_that_closes_during_a_join_leaves_no_presence() {
    let redis = RedisServer::start().await.unwrap();
    let one = TestServer::with(&[("REDIS_URL", &redis.url()), ("HEARTBEAT_MS", "500"), ("MAX_CONNECTIONS", "1")]).await;
    let two = instance(&redis.url()).await;
    let mut rui = two.enter("Rui", "lobby").await;
    let mut ana = one.connect("Ana").await;
    let id = ana.me.id.clone();
    // The room is open, so her join waits for presence only.
    let cookie = one.sign_in("Eva").await;
    assert_eq!(one.get("/r/lobby").cookie(&cookie).send().await.status, 200);
    redis.pause().unwrap();
    ana.send(protocol::ClientFrame::Join { room: "lobby".into(), after: None }).await;
    drop(ana);
    // Her socket's permit is free again when the socket has ended.
    let freed = async {
        let mut pace = interval(Duration::from_millis(20));
        while upgrade::ask(&one, &[("cookie", &cookie)]).await.status != 101 {
            pace.tick().await;
        }
    };
    timeout(PATIENCE, freed).await.expect("her socket ends");
    redis.resume().unwrap();
    // Redis has received the command to add her connection; the one that removes it follows after the grace period.
    let (mut came, mut went) = (false, false);
    while !went {
        if let ServerFrame::People { joined, left, .. } = rui.next().await {
            came |= joined.iter().any(|user| user.id == id);
            went |= left.contains(&id);
        }
    }
    assert!(came);
}

#[tokio::test]
async fn a_paused_redis_causes_no_false_refusal() {
    let site = TwoInstances::start().await;
    let mut ana = site.one.enter("Ana", "lobby").await;
    site.redis.pause().unwrap();
    ana.send_text(r#"{"type":"send","room":"lobby","id":"1","text":"x"}"#).await;
    assert_eq!(ana.refused().await, protocol::RefusalCode::Unavailable);
    // No instance is better off, so none must be replaced.
    assert_eq!(site.one.get("/health/ready").send().await.status, 200);
    site.redis.resume().unwrap();
    // Whether or not the first attempt was stored, the second one gets the only possible ack.
    ana.say_until_taken("lobby", "1", "x").await;
    assert_eq!(site.redis("XLEN sala:{lobby}:stream"), "int(1)");
}
