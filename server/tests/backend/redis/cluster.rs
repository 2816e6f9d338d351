use std::time::Duration;

use protocol::RoomName;
use server::{backend::redis, config::RedisConfig};
use testkit::SubscriberProxy;
use tokio::time::{sleep, timeout};

use super::{run, wait_until_subscribed};
use crate::redis_cluster::{ROOMS, RedisCluster, id_of, node, shared, three_nodes, until};
use crate::site::{BackendInstance, assert_unavailable, draft, fresh, room};

async fn open(cluster: &RedisCluster) -> BackendInstance {
    BackendInstance(redis::open(RedisConfig::new(&cluster.url(), 1_000)).await.unwrap())
}

/// An instance that is subscribed to a room on each master.
async fn in_all_rooms(instance: &BackendInstance) -> [RoomName; 3] {
    let rooms = ROOMS.map(room);
    for room in &rooms {
        instance.subscribe(room).await;
    }
    rooms
}

impl BackendInstance {
    async fn receives_its_own_events_in(&mut self, rooms: &[RoomName]) {
        for room in rooms {
            let seq = self.say(room).await.seq;
            loop {
                let (heard, _, event) = self.appended().await;
                if (&heard, event.seq) == (room, seq) {
                    break;
                }
            }
        }
    }
}

#[tokio::test]
async fn instances_receive_each_others_events_on_every_master() {
    let cluster = shared().await;
    let (first, mut second) = (open(&cluster).await, open(&cluster).await);
    let rooms = in_all_rooms(&second).await;
    for (room, node) in rooms.iter().zip(&cluster.nodes) {
        let draft = draft("u_ana", "1");
        first.append(room, &draft).await;
        let (heard, epoch, event) = second.appended().await;
        assert_eq!((&heard, epoch, event.body), (room, draft.epoch, draft.body));
        let keys: Vec<String> = run(node, &["KEYS", &format!("sala:{{{room}}}:stream")]).await;
        assert_eq!(keys.len(), 1, "{room}");
    }
    second.receives_nothing_more().await;
}

#[tokio::test]
async fn an_instance_has_two_connections_to_each_master() {
    let cluster = shared().await;
    let instance = open(&cluster).await;
    in_all_rooms(&instance).await;
    for node in &cluster.nodes {
        // The third connection is this query's own. The one that read the slot map is closed or about to be.
        until(node, &["CLIENT", "LIST"], |clients: &String| clients.lines().count() == 3).await;
    }
}

#[tokio::test]
async fn an_unsubscription_reaches_the_node() {
    let cluster = shared().await;
    let (instance, room) = (open(&cluster).await, room("lobby"));
    instance.subscribe(&room).await;
    let question = ["PUBSUB", "SHARDNUMSUB", "sala:{lobby}:events"];
    let (_, listeners): (String, u64) = run(&cluster.nodes[1], &question).await;
    assert_eq!(listeners, 1);
    instance.0.broker.unsubscribe(&room);
    until(&cluster.nodes[1], &question, |(_, listeners): &(String, u64)| *listeners == 0).await;
    assert!(instance.0.broker.is_subscribed());
}

#[tokio::test]
async fn a_connection_cut_by_one_master_is_replaced_and_a_gap_is_reported() {
    let cluster = shared().await;
    let mut instance = open(&cluster).await;
    let rooms = in_all_rooms(&instance).await;
    let more: Vec<RoomName> = (0..1_100).map(|number| room(&format!("{number}"))).collect();
    futures_util::future::join_all(more.iter().map(|room| instance.subscribe(room))).await;
    for node in &cluster.nodes {
        let killed: u64 = run(node, &["CLIENT", "KILL", "TYPE", "pubsub"]).await;
        assert_eq!(killed, 1);
        instance.wait_for_gap().await;
        instance.receives_its_own_events_in(&rooms).await;
        instance.receives_its_own_events_in(&more[1_097..]).await;
    }
}

#[tokio::test]
async fn a_command_on_a_cut_connection_is_retried() {
    let cluster = shared().await;
    let instance = open(&cluster).await;
    for seq in 1..=5 {
        let _: u64 = run(&cluster.nodes[1], &["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]).await;
        assert_eq!(instance.say(&room("lobby")).await.seq, seq);
    }
}

#[tokio::test]
async fn a_room_accepts_appends_while_its_slot_moves() {
    let cluster = shared().await;
    let mut instance = open(&cluster).await;
    let (room, key) = (room("moving"), "sala:{moving}:stream");
    instance.subscribe(&room).await;
    instance.receives_its_own_events_in(std::slice::from_ref(&room)).await;
    let slot = run::<u64>(&cluster.nodes[0], &["CLUSTER", "KEYSLOT", key]).await.to_string();
    let at = owner(&cluster, key).await;
    let [from, to] = [at, (at + 1) % 3].map(|number| &cluster.nodes[number]);
    let (from_id, to_id) = (id_of(from).await, id_of(to).await);

    let _: () = run(to, &["CLUSTER", "SETSLOT", &slot, "IMPORTING", &from_id]).await;
    let _: () = run(from, &["CLUSTER", "SETSLOT", &slot, "MIGRATING", &to_id]).await;
    instance.receives_its_own_events_in(std::slice::from_ref(&room)).await;
    let keys: Vec<String> = run(from, &["CLUSTER", "GETKEYSINSLOT", &slot, "100"]).await;
    let port = to.port().to_string();
    let migrate: Vec<&str> = ["MIGRATE", "127.0.0.1", &port, "", "0", "5000", "KEYS"]
        .into_iter()
        .chain(keys.iter().map(String::as_str))
        .collect();
    let _: () = run(from, &migrate).await;
    let first = draft("u_ana", "1");
    assert_eq!(instance.append(&room, &first).await.seq, 3);
    assert_eq!(instance.heads(std::slice::from_ref(&room)).await[0].seq, 3);
    for node in [to, from] {
        let _: () = run(node, &["CLUSTER", "SETSLOT", &slot, "NODE", &to_id]).await;
    }

    assert_eq!(instance.append(&room, &first).await.seq, 3);
    timeout(Duration::from_secs(2), instance.wait_for_gap())
        .await
        .expect("the node says at once that the channel is gone");
    instance.receives_its_own_events_in(std::slice::from_ref(&room)).await;
    assert_eq!(instance.history(&room).await.len(), 4);
}

#[tokio::test]
async fn an_unreachable_room_does_not_affect_the_heads_of_others() {
    let cluster = shared().await;
    let instance = open(&cluster).await;
    // The slot is only opened: Redis refuses multi-key commands in a migrating slot whose keys are not in one place.
    let (stuck, others) = (room("stuck"), ROOMS.map(room));
    instance.history(&stuck).await;
    for room in &others {
        instance.say(room).await;
    }
    let slot = run::<u64>(&cluster.nodes[0], &["CLUSTER", "KEYSLOT", "stuck"]).await.to_string();
    let at = owner(&cluster, "stuck").await;
    let [from, to] = [at, (at + 1) % 3].map(|number| &cluster.nodes[number]);
    let (from_id, to_id) = (id_of(from).await, id_of(to).await);
    let _: () = run(to, &["CLUSTER", "SETSLOT", &slot, "IMPORTING", &from_id]).await;
    let _: () = run(from, &["CLUSTER", "SETSLOT", &slot, "MIGRATING", &to_id]).await;
    let heads = instance.0.history.heads(&[&[stuck], &others[..]].concat()).await;
    for node in [to, from] {
        let _: () = run(node, &["CLUSTER", "SETSLOT", &slot, "STABLE"]).await;
    }
    assert!(heads[0].is_err(), "{heads:?}");
    assert!(heads[1..].iter().all(|head| head.as_ref().is_ok_and(|head| head.seq == 1)), "{heads:?}");
    assert!(!instance.0.broker.subscription_is_down());
}

#[tokio::test]
async fn a_paused_master_delays_calls_only_briefly() {
    let cluster = RedisCluster::start().await;
    let instance = open(&cluster).await;
    let rooms = ROOMS.map(room);
    for room in &rooms {
        instance.say(room).await;
    }
    allow_partial_coverage(&cluster).await;
    cluster.nodes[0].pause().unwrap();
    // The first call waits; later ones fail at once.
    assert_unavailable(instance.0.broker.append(&rooms[0], &draft("u_ana", "1")).await);
    let many: Vec<RoomName> = (0..300).map(|number| room(&format!("{number}"))).chain(rooms.clone()).collect();
    let heads = timeout(Duration::from_secs(5), instance.0.history.heads(&many)).await.expect("trials are short");
    let of_rooms: Vec<_> = heads[300..].iter().map(|head| head.as_ref().ok().map(|head| head.seq)).collect();
    assert_eq!(of_rooms, [None, Some(1), Some(1)]);
    cluster.nodes[0].resume().unwrap();
    assert_eq!(instance.append_until_stored(&rooms[0], &draft("u_ana", "1")).await, 2);
}

#[tokio::test]
async fn a_changed_slot_map_is_detected_without_redirections() {
    let cluster = shared().await;
    let mut instance = open(&cluster).await;
    let rooms = in_all_rooms(&instance).await;
    // No connection subscribes in this instance.
    let slot = run::<u64>(&cluster.nodes[0], &["CLUSTER", "KEYSLOT", "nothing"]).await.to_string();
    let at = owner(&cluster, "nothing").await;
    let to = id_of(&cluster.nodes[(at + 1) % 3]).await;
    for node in [&cluster.nodes[(at + 1) % 3], &cluster.nodes[at], &cluster.nodes[(at + 2) % 3]] {
        let _: () = run(node, &["CLUSTER", "SETSLOT", &slot, "NODE", &to]).await;
    }
    instance.wait_for_gap().await;
    instance.receives_its_own_events_in(&rooms).await;
}

/// The node that has a key.
async fn owner(cluster: &RedisCluster, key: &str) -> usize {
    for (number, node) in cluster.nodes.iter().enumerate() {
        if node.query::<u64>(&["EXISTS", key]).await.is_ok() {
            return number;
        }
    }
    panic!("a slot has an owner");
}

/// Lets the remaining masters work while one is down.
async fn allow_partial_coverage(cluster: &RedisCluster) {
    for node in &cluster.nodes {
        let _: () = run(node, &["CONFIG", "SET", "cluster-require-full-coverage", "no"]).await;
    }
}

/// A cluster whose first master has a replica, the last node, which takes over only on request. The other masters keep
/// working meanwhile.
async fn with_a_replica() -> RedisCluster {
    let mut cluster = RedisCluster::start().await;
    let replica = node(&["--cluster-replica-no-failover", "yes"]).await;
    cluster.meet(&replica).await;
    let _: () = run(&cluster.nodes[0], &["CONFIG", "SET", "repl-diskless-sync-delay", "0"]).await;
    let master = id_of(&cluster.nodes[0]).await;
    until(&replica, &["CLUSTER", "NODES"], |nodes: &String| nodes.contains(&master)).await;
    let _: () = run(&replica, &["CLUSTER", "REPLICATE", &master]).await;
    cluster.nodes.push(replica);
    allow_partial_coverage(&cluster).await;
    cluster.until_it_works().await;
    assert_eq!(run::<u64>(&cluster.nodes[0], &["WAIT", "1", "15000"]).await, 1);
    cluster
}

#[tokio::test]
async fn a_promoted_replica_is_found_and_a_retry_adds_no_event() {
    let mut cluster = with_a_replica().await;
    let replicas = Some((1, Duration::from_millis(1_000)));
    let copied = BackendInstance(
        redis::open(RedisConfig { replicas, ..RedisConfig::new(&cluster.url(), 1_000) }).await.unwrap(),
    );
    let mut instance = open(&cluster).await;
    let rooms = in_all_rooms(&instance).await;
    let draft = draft("u_ana", "1");
    assert_eq!(copied.append(&rooms[0], &draft).await.seq, 1);
    // The other masters have no replica.
    assert_unavailable(copied.0.broker.append(&rooms[1], &draft).await);

    drop(cluster.nodes.remove(0));
    assert_unavailable(instance.0.broker.append(&rooms[0], &crate::site::draft("u_ana", "2")).await);
    instance.append_until_stored(&rooms[1], &draft).await;
    // The others answer, but no instance would be better off.
    assert!(!instance.0.broker.subscription_is_down());
    let _: () = run(cluster.nodes.last().unwrap(), &["CLUSTER", "FAILOVER", "TAKEOVER"]).await;
    assert_eq!(instance.append_until_stored(&rooms[0], &draft).await, 1);
    instance.wait_for_gap().await;
    instance.receives_its_own_events_in(&rooms).await;
    assert_eq!(instance.history(&rooms[0]).await.len(), 2);
}

#[tokio::test]
async fn a_demoted_master_is_replaced_by_the_new_one() {
    let cluster = with_a_replica().await;
    let mut instance = open(&cluster).await;
    let rooms = in_all_rooms(&instance).await;
    instance.receives_its_own_events_in(&rooms).await;
    let _: () = run(cluster.nodes.last().unwrap(), &["CLUSTER", "FAILOVER"]).await;
    instance.wait_for_gap().await;
    instance.receives_its_own_events_in(&rooms).await;
    let question = ["PUBSUB", "SHARDNUMSUB", "sala:{b}:events"];
    until(&cluster.nodes[3], &question, |(_, listeners): &(String, u64)| *listeners == 1).await;
    assert_eq!(instance.history(&rooms[0]).await.len(), 2);
}

#[tokio::test]
async fn one_silent_connection_is_detected_and_replaced() {
    let nodes = three_nodes().await;
    let mut proxies = Vec::new();
    for node in &nodes {
        let proxy = SubscriberProxy::start(node.port()).await.unwrap();
        let port = proxy.url().rsplit(':').next().unwrap().to_owned();
        let _: () = run(node, &["CONFIG", "SET", "cluster-announce-port", &port]).await;
        proxies.push(proxy);
    }
    let cluster = RedisCluster { nodes };
    cluster.join().await;
    let mut instance = open(&cluster).await;
    let rooms = in_all_rooms(&instance).await;
    instance.receives_its_own_events_in(&rooms).await;

    proxies[1].silence_subscribers();
    instance.say(&rooms[1]).await;
    let talking = async {
        loop {
            instance.0.broker.append(&rooms[0], &draft("u_ana", &fresh("id"))).await.unwrap();
            sleep(Duration::from_millis(100)).await;
        }
    };
    // Messages on another connection do not count.
    tokio::select! {
        () = talking => {}
        () = wait_until_subscribed(&*instance.0.broker, false) => {}
    }
    instance.wait_for_gap().await;
    instance.receives_its_own_events_in(&rooms).await;
}
