//! Two instances on one real Redis, and what its history can do to them.

use std::collections::BTreeSet;

use protocol::{Reason, ServerFrame};

use crate::support::{RedisServer, Server, Socket, text};

struct Site {
    redis: RedisServer,
    one: Server,
    two: Server,
}

impl Site {
    async fn start() -> Self {
        let redis = RedisServer::start();
        let (one, two) = (instance(&redis).await, instance(&redis).await);
        Self { redis, one, two }
    }

    /// Does something to Redis that Sala did not ask for.
    fn redis(&self, command: &str) -> String {
        let mut words = command.split(' ');
        let mut redis = redis::Client::open(self.redis.url()).unwrap().get_connection().unwrap();
        let answer = redis::cmd(words.next().unwrap()).arg(words.collect::<Vec<_>>()).query::<redis::Value>(&mut redis);
        format!("{:?}", answer.unwrap())
    }
}

async fn instance(redis: &RedisServer) -> Server {
    Server::with(&[("REDIS_URL", &redis.url()), ("SENDS_BURST", "1000"), ("SENDS_PER_SECOND", "1000")]).await
}

async fn reset(socket: &mut Socket) -> (Reason, Vec<String>) {
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
async fn people_on_two_instances_are_in_one_room() {
    let site = Site::start().await;
    let mut ana = site.one.enter("Ana", "lobby").await;
    ana.say("lobby", "1", "from one").await;
    let mut rui = site.two.connect("Rui").await;
    let joined = rui.join("lobby").await;
    assert_eq!(joined.events.iter().map(text).collect::<Vec<_>>(), ["from one"]);
    assert_eq!(joined.count, 2);
    rui.say("lobby", "1", "from two").await;
    assert_eq!(text(&ana.event().await), "from two");
    let page = site.two.get("/r/lobby").cookie(&site.two.sign_in("Eva").await).send().await;
    assert!(page.body.contains("from one") && page.body.contains("from two"));
}

#[tokio::test]
async fn one_who_moves_to_another_instance_gets_what_was_missed_and_says_nothing_twice() {
    let site = Site::start().await;
    let cookie = site.one.sign_in("Ana").await;
    let mut ana = Socket::open(&site.one.address, &cookie).await;
    ana.join("lobby").await;
    ana.say("lobby", "1", "said on one").await;
    let cursor = ana.join("lobby").await.cursor();
    drop(ana);
    site.two.enter("Rui", "lobby").await.say("lobby", "1", "missed").await;
    let mut ana = Socket::open(&site.two.address, &cookie).await;
    let joined = ana.rejoin("lobby", Some(cursor)).await;
    assert!(joined.recovered);
    assert_eq!(joined.events.iter().map(text).collect::<Vec<_>>(), ["missed"]);
    assert_eq!(ana.repeat("lobby", "1", "said on one").await, 1);
}

#[tokio::test]
async fn everybody_sees_one_order() {
    let site = Site::start().await;
    let mut people = Vec::new();
    for n in 0..6 {
        let server = if n % 2 == 0 { &site.one } else { &site.two };
        people.push(server.enter(&format!("P{n}"), "lobby").await);
    }
    let heard = people.into_iter().map(|mut person| async move {
        for n in 0..10 {
            let (room, id) = ("lobby".into(), n.to_string());
            person.send(protocol::ClientFrame::Send { room, id, text: "x".into() }).await;
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
async fn what_was_published_while_the_subscription_was_cut_is_repaired() {
    let site = Site::start().await;
    let mut ana = site.one.enter("Ana", "lobby").await;
    let mut rui = site.two.enter("Rui", "lobby").await;
    for n in 1..=50 {
        site.redis("CLIENT KILL TYPE pubsub");
        rui.send(protocol::ClientFrame::Send { room: "lobby".into(), id: n.to_string(), text: "x".into() }).await;
    }
    for n in 1..=50 {
        assert_eq!(ana.event().await.seq, n);
    }
}

#[tokio::test]
async fn an_event_that_was_stored_and_never_heard_is_repaired_by_the_next_one() {
    let site = Site::start().await;
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
async fn a_history_that_lost_its_tail_resets_everybody() {
    let site = Site::start().await;
    let mut ana = site.one.enter("Ana", "lobby").await;
    let mut rui = site.two.enter("Rui", "lobby").await;
    ana.say("lobby", "1", "kept").await;
    let kept = rui.event().await.uid;
    ana.say("lobby", "2", "lost by a failover").await;
    rui.event().await;
    // What a replica that lagged behind becomes when it is promoted: the same epoch, one event less.
    site.redis("XTRIM sala:{lobby}:stream MAXLEN 1");
    site.redis("DEL sala:{lobby}:stream");
    let body = r#"{"at":1,"author":{"id":"u_x","name":"Ana"},"kind":"message","id":"1","text":"kept"}"#;
    site.redis(&format!("XADD sala:{{lobby}}:stream 1-0 uid {kept} prev  body {body}"));
    site.redis(&format!("HSET sala:{{lobby}}:meta seq 1 uid {kept}"));
    // Its number is known, so only its name shows that the history went another way.
    site.one.enter("Eva", "lobby").await.send_text(r#"{"type":"send","room":"lobby","id":"1","text":"after"}"#).await;
    for person in [&mut ana, &mut rui] {
        assert_eq!(reset(person).await, (Reason::Fork, vec!["kept".into(), "after".into()]));
    }
    ana.say("lobby", "3", "on we go").await;
    assert_eq!(text(&rui.event().await), "on we go");
}

#[tokio::test]
async fn a_history_that_was_lost_resets_everybody() {
    let site = Site::start().await;
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

#[tokio::test]
async fn a_redis_that_stands_still_refuses_nothing_falsely() {
    let site = Site::start().await;
    let mut ana = site.one.enter("Ana", "lobby").await;
    let signal = |name: &str| {
        let status = std::process::Command::new("kill").args([name, &site.redis.pid().to_string()]).status();
        assert!(status.unwrap().success());
    };
    signal("-STOP");
    ana.send_text(r#"{"type":"send","room":"lobby","id":"1","text":"x"}"#).await;
    assert_eq!(ana.refused().await, protocol::RefusalCode::Unavailable);
    signal("-CONT");
    // Whether the first try was taken or not, the second one gets the only answer there is.
    ana.say_until_taken("lobby", "1", "x").await;
    assert_eq!(site.redis("XLEN sala:{lobby}:stream"), "int(1)");
}
