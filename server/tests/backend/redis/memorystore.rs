//! Redis as Memorystore offers it and `deploy/up` configures it: with a password, TLS with its own authority, without
//! administrative commands, evicting keys that expire, and at an address that stays when another server takes over.

use std::time::Duration;

use futures_util::future::join_all;
use protocol::RoomName;
use server::backend::{PRESENCE_TTL_MS, ReadMarkerUpdate, ReadPosition, redis};
use server::config::RedisConfig;
use testkit::{RedisServer, SubscriberProxy};
use tokio::time::sleep;

use super::{run, tls::Identity, wait_until_subscribed};
use crate::redis_cluster::{self, until};
use crate::site::{BackendInstance, NOW, assert_chain, assert_unavailable, draft, fresh, room, user};

/// The commands that it blocks, from <https://cloud.google.com/memorystore/docs/redis/supported-commands>, and all of
/// CLIENT and OBJECT, of which it supports a part.
const BLOCKED: [&str; 24] = [
    "ACL",
    "BGREWRITEAOF",
    "BGSAVE",
    "CLIENT",
    "CLUSTER",
    "CONFIG",
    "DEBUG",
    "FAILOVER",
    "LASTSAVE",
    "MIGRATE",
    "MODULE",
    "MONITOR",
    "OBJECT",
    "PFDEBUG",
    "PSYNC",
    "READONLY",
    "READWRITE",
    "REPLICAOF",
    "ROLE",
    "SAVE",
    "SHUTDOWN",
    "SLAVEOF",
    "SWAPDB",
    "SYNC",
];

/// A running server.
pub struct Memorystore {
    pub server: RedisServer,
    identity: Identity,
}

impl Memorystore {
    pub async fn start() -> Self {
        let identity = Identity::new();
        let blocked = BLOCKED.iter().flat_map(|command| ["--rename-command", *command, ""]);
        let more = ["--requirepass", "hunter2", "--maxmemory-policy", "volatile-lru"];
        let server = identity.start_redis(&blocked.chain(more).collect::<Vec<_>>()).await;
        Self { server, identity }
    }

    pub fn settings(&self) -> RedisConfig {
        let url = format!("rediss://{}127.0.0.1:{}", self.server.userinfo(), self.identity.port);
        self.identity.settings(&url)
    }
}

/// An operator's connection, which is reused for every query.
struct Operator(::redis::aio::MultiplexedConnection);

impl Operator {
    async fn of(server: &RedisServer) -> Self {
        let client = ::redis::Client::open(server.url()).unwrap();
        Self(client.get_multiplexed_async_connection().await.unwrap())
    }

    /// Closes all connections of a type except its own.
    async fn cut(&mut self, kind: &str) -> u64 {
        let kill = ["KILL", "TYPE", kind, "SKIPME", "yes"];
        ::redis::cmd("CLIENT").arg(&kill).query_async(&mut self.0).await.unwrap()
    }

    async fn set_password(&mut self, password: &str) {
        let set = ["SET", "requirepass", password];
        ::redis::cmd("CONFIG").arg(&set).exec_async(&mut self.0).await.unwrap();
    }

    /// A number from `INFO`; zero if it is missing.
    async fn info(&mut self, section: &str, name: &str) -> u64 {
        let info: String = ::redis::cmd("INFO").arg(section).query_async(&mut self.0).await.unwrap();
        let line = info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.map_or(0, |number| number.trim_start_matches("count=").parse().unwrap())
    }
}

/// Uses every operation of a room: enter, append, subscribe, read, sweep, leave.
async fn live(instance: &mut BackendInstance, room: &RoomName) {
    let ana = user("Ana");
    let here = [("c1".to_owned(), ana.clone())];
    instance.subscribe(room).await;
    instance.0.presence.enter(room, "c1", &ana).await.unwrap();
    instance.ephemeral().await;
    let seq = instance.say(room).await.seq;
    assert_eq!(instance.appended().await.2.seq, seq);
    instance.0.presence.refresh(room, &here, PRESENCE_TTL_MS).await.unwrap();
    instance.0.presence.sweep(std::slice::from_ref(room)).await.unwrap();
    assert_eq!(instance.0.presence.roster(room).await.unwrap().count, 1);
    let mark = ReadPosition { epoch: instance.heads(std::slice::from_ref(room)).await[0].epoch.clone(), seq };
    instance
        .0
        .read_markers
        .store(&[ReadMarkerUpdate { user: ana.id.clone(), room: room.clone(), position: mark.clone(), at: NOW }])
        .await
        .unwrap();
    assert_eq!(instance.0.read_markers.position(&ana.id, room).await.unwrap(), Some(mark));
    assert_eq!(instance.history(room).await.last().unwrap().seq, seq);
    instance.0.presence.leave(room, "c1").await.unwrap();
    instance.ephemeral().await;
    instance.0.broker.unsubscribe(room);
}

#[tokio::test]
async fn no_command_is_sent_that_memorystore_blocks() {
    let store = Memorystore::start().await;
    let mut operator = Operator::of(&store.server).await;
    let refused = operator.info("errorstats", "errorstat_ERR").await;
    let mut instance = BackendInstance(redis::open(store.settings()).await.unwrap());
    live(&mut instance, &room("lobby")).await;
    assert_eq!(operator.info("errorstats", "errorstat_ERR").await, refused);
    for command in BLOCKED {
        let error = ::redis::cmd(command).exec_async(&mut operator.0).await.unwrap_err().to_string();
        assert!(error.contains("unknown command"), "{command}: {error}");
    }
    assert_eq!(operator.info("errorstats", "errorstat_ERR").await, refused + BLOCKED.len() as u64);
}

/// A third connection would be refused, and Redis counts refusals.
#[tokio::test]
async fn never_more_than_two_connections() {
    let identity = Identity::new();
    let server = identity.start_redis(&["--maxclients", "3"]).await;
    let mut operator = Operator::of(&server).await;
    let url = format!("rediss://127.0.0.1:{}", identity.port);
    let instance = BackendInstance(redis::open(identity.settings(&url)).await.unwrap());
    let rooms: Vec<RoomName> = (0..200).map(|number| room(&format!("{number}"))).collect();
    for kind in ["pubsub", "normal", "pubsub", "normal"] {
        join_all(rooms.iter().map(|room| instance.subscribe(room))).await;
        let drafts: Vec<_> = rooms.iter().map(|_| draft("u_ana", &fresh("id"))).collect();
        let appends = rooms.iter().zip(&drafts).map(|(room, draft)| instance.append_until_stored(room, draft));
        let (_, cut) = tokio::join!(join_all(appends), operator.cut(kind));
        assert_eq!(cut, 1, "{kind}");
        wait_until_subscribed(&*instance.0.broker, true).await;
    }
    assert_eq!(operator.info("clients", "connected_clients").await, 3);
    assert_eq!(operator.info("stats", "rejected_connections").await, 0);
    assert!(::redis::Client::open(server.url()).unwrap().get_connection().is_err());
    assert_eq!(operator.info("stats", "rejected_connections").await, 1);
}

#[tokio::test]
async fn eviction_spares_rooms_with_events() {
    let server = RedisServer::start_with(&["--maxmemory", "12mb", "--maxmemory-policy", "volatile-lru"]).await.unwrap();
    let mut operator = Operator::of(&server).await;
    let instance = BackendInstance(redis::open(RedisConfig::new(&server.url(), 1_000_000)).await.unwrap());
    let (first, busy) = (room("first"), room("busy"));
    instance.say(&first).await;
    for number in 0..500 {
        instance.0.presence.enter(&room(&format!("silent-{number}")), "c1", &user("Ana")).await.unwrap();
    }
    let mut acknowledged = 0;
    let refused = loop {
        let mut draft = draft("u_ana", &fresh("id"));
        draft.body = format!("{{\"text\":\"{}\"}}", "x".repeat(4_000));
        match instance.0.broker.append(&busy, &draft).await {
            Ok(receipt) => acknowledged = receipt.seq,
            Err(_) => break draft,
        }
    };
    assert!(operator.info("stats", "evicted_keys").await >= 500, "nothing was evicted");
    assert_eq!((instance.history(&first).await.len(), instance.history(&busy).await.len() as u64), (1, acknowledged));

    let _: () = run(&server, &["CONFIG", "SET", "maxmemory", "0"]).await;
    assert_eq!(instance.append(&busy, &refused).await.seq, acknowledged + 1);
    let kept = instance.history(&busy).await;
    assert_chain(&kept);
    assert_eq!((kept[0].seq, kept.len() as u64), (1, acknowledged + 1));
}

/// Memorystore's password changes when AUTH is switched off and on again.
#[tokio::test]
async fn a_password_change_affects_new_connections_and_loses_no_message() {
    let server = RedisServer::start_with(&["--requirepass", "old"]).await.unwrap();
    let mut operator = Operator::of(&server).await;
    let open = async |password: &str| {
        let url = format!("redis://:{password}@127.0.0.1:{}", server.port());
        redis::open(RedisConfig::new(&url, 1_000)).await
    };
    let (room, old) = (room("lobby"), BackendInstance(open("old").await.unwrap()));
    operator.set_password("").await;
    operator.set_password("new").await;
    // Existing connections stay authenticated.
    old.subscribe(&room).await;
    assert_eq!(old.say(&room).await.seq, 1);

    for kind in ["pubsub", "normal"] {
        assert_eq!(operator.cut(kind).await, 1);
    }
    let draft = draft("u_ana", "1");
    assert_unavailable(old.0.broker.append(&room, &draft).await);
    wait_until_subscribed(&*old.0.broker, false).await;
    assert!(old.0.broker.subscription_is_down(), "another instance would be better");
    assert!(open("old").await.is_err());
    let mut new = BackendInstance(open("new").await.unwrap());
    new.subscribe(&room).await;
    assert_eq!(new.append(&room, &draft).await.seq, 2);
    assert_eq!(new.appended().await.2.seq, 2);

    operator.set_password("old").await;
    assert_eq!(old.append_until_stored(&room, &draft).await, 2);
    wait_until_subscribed(&*old.0.broker, true).await;
    assert_eq!(old.history(&room).await.len(), 2);
}

#[tokio::test]
async fn a_cluster_accepts_an_instance_when_its_password_is_valid_again() {
    let node = redis_cluster::node(&[]).await;
    let _: () = run(&node, &["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]).await;
    until(&node, &["CLUSTER", "INFO"], |info: &String| info.contains("cluster_state:ok")).await;
    let mut operator = Operator::of(&node).await;
    operator.set_password("old").await;
    let url = format!("redis+cluster://:old@127.0.0.1:{}", node.port());
    let (room, draft) = (room("lobby"), draft("u_ana", "1"));
    let instance = BackendInstance(redis::open(RedisConfig::new(&url, 1_000)).await.unwrap());
    operator.set_password("new").await;
    assert_eq!(operator.cut("normal").await, 1);
    // After this many calls the new connection has been refused as well and no longer retries.
    for _ in 0..20 {
        assert_unavailable(instance.0.broker.append(&room, &draft).await);
        sleep(Duration::from_millis(10)).await;
    }

    operator.set_password("old").await;
    assert_eq!(instance.append_until_stored(&room, &draft).await, 1);
}

/// The address stays. The head reveals what the replica did not have.
#[tokio::test]
async fn a_replica_promoted_at_the_same_address_is_used() {
    let (primary, replica) = (RedisServer::start().await.unwrap(), RedisServer::start().await.unwrap());
    let proxy = SubscriberProxy::start(primary.port()).await.unwrap();
    let mut instance = BackendInstance(redis::open(RedisConfig::new(&proxy.url(), 1_000)).await.unwrap());
    let (whole, short) = (room("whole"), room("short"));
    for room in [&whole, &short] {
        instance.subscribe(room).await;
        instance.say(room).await;
        instance.appended().await;
    }
    let _: () = run(&primary, &["CONFIG", "SET", "repl-diskless-sync-delay", "0"]).await;
    let _: () = run(&replica, &["REPLICAOF", "127.0.0.1", &primary.port().to_string()]).await;
    assert_eq!(run::<u64>(&primary, &["WAIT", "1", "15000"]).await, 1);
    let _: () = run(&replica, &["REPLICAOF", "NO", "ONE"]).await;
    assert_eq!(instance.say(&short).await.seq, 2);
    let rooms = [whole.clone(), short.clone()];
    let before = instance.heads(&rooms).await;

    proxy.redirect(replica.port());
    drop(primary);
    instance.wait_for_gap().await;
    let after = instance.heads(&rooms).await;
    assert_eq!(after[0], before[0]);
    assert_eq!((after[1].epoch.as_str(), after[1].seq), (before[1].epoch.as_str(), 1));
    assert_eq!(instance.append_until_stored(&whole, &draft("u_ana", "1")).await, 2);
    assert_eq!(instance.appended().await.0, whole);
}
