//! What the suite asks of Redis itself, past every instance.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Duration,
};

use anyhow::{Context, bail, ensure};
use futures_util::StreamExt;
use redis::{Value, aio::PubSub};
use testkit::RedisServer;
use tokio::time::{Instant, sleep};

use crate::checker::{HistoryEntry, RoomHistory};

const SENTINELS: usize = 3;
const SENTINEL_TIMEOUT: Duration = Duration::from_secs(20);
const SENTINEL_POLL: Duration = Duration::from_millis(50);

/// The keys that hold a room's history. Presence has keys of its own, and may be evicted at any time.
const HISTORY_KEYS: [&str; 4] = ["meta", "stream", "ids", "order"];

/// The key of a part of a room. Room names of a run need no escaping.
pub fn room_key(room: &str, part: &str) -> String {
    format!("sala:{{{room}}}:{part}")
}

/// Each room's `seq`.
pub async fn read_heads(redis: &RedisServer, rooms: &BTreeSet<String>) -> anyhow::Result<BTreeMap<String, u64>> {
    let mut pipeline = redis::pipe();
    for room in rooms {
        pipeline.hget(room_key(room, "meta"), "seq");
    }
    let heads: Vec<Option<u64>> = pipeline.query_async(&mut redis.connect().await?).await?;
    Ok(rooms.iter().cloned().zip(heads.into_iter().map(Option::unwrap_or_default)).collect())
}

/// A room's whole stream.
pub async fn read_history(redis: &RedisServer, room: &str) -> anyhow::Result<RoomHistory> {
    let entries: Vec<(String, HashMap<String, String>)> =
        redis.query(&["XRANGE", &room_key(room, "stream"), "-", "+"]).await?;
    let head: Option<u64> = redis.query(&["HGET", &room_key(room, "meta"), "seq"]).await?;
    let entries = entries.into_iter().map(|(id, fields)| parse_entry(&id, fields)).collect::<anyhow::Result<_>>()?;
    Ok(RoomHistory { room: room.to_owned(), entries, head: head.unwrap_or_default() })
}

fn parse_entry(id: &str, mut fields: HashMap<String, String>) -> anyhow::Result<HistoryEntry> {
    let seq = id.strip_suffix("-0").context("not the id of an event")?.parse()?;
    let mut field = |name: &str| fields.remove(name).with_context(|| format!("entry {id} has no {name}"));
    let body: serde_json::Value = serde_json::from_str(&field("body")?)?;
    let (author, message) = (body["author"]["id"].as_str(), body["id"].as_str());
    let (author, message) = author.zip(message).with_context(|| format!("entry {id} is no message"))?;
    Ok(HistoryEntry { seq, uid: field("uid")?, prev: field("prev")?, key: format!("{author}/{message}") })
}

/// The memory that Redis counts against its limit, in bytes.
pub async fn used_memory(redis: &RedisServer) -> anyhow::Result<u64> {
    let info: String = redis.query(&["INFO", "memory"]).await?;
    let line = info.lines().find_map(|line| line.strip_prefix("used_memory:")).context("no used_memory")?;
    Ok(line.trim().parse()?)
}

/// Sets `maxmemory` in bytes, 0 for no limit, and the policy for the limit.
pub async fn limit_memory(redis: &RedisServer, bytes: u64, policy: &str) -> anyhow::Result<()> {
    let bytes = bytes.to_string();
    Ok(redis.query(&["CONFIG", "SET", "maxmemory-policy", policy, "maxmemory", &bytes]).await?)
}

/// Starts a replica of another Redis.
pub async fn start_replica(master: &RedisServer) -> anyhow::Result<RedisServer> {
    let replica = RedisServer::start().await?;
    replica.query::<()>(&["REPLICAOF", "127.0.0.1", &master.port().to_string()]).await?;
    Ok(replica)
}

/// The channel of Redis for evictions. Its messages are the keys.
const EVICTED: &str = "__keyevent@0__:evicted";
/// Follows the last key. Not a key of Sala.
const LAST: &str = "last";

/// Receives the keys that Redis evicts, by its keyspace notifications.
pub struct EvictionMonitor(PubSub);

impl EvictionMonitor {
    pub async fn start(redis: &RedisServer) -> anyhow::Result<Self> {
        redis.query::<()>(&["CONFIG", "SET", "notify-keyspace-events", "Ee"]).await?;
        let mut subscriber = redis::Client::open(redis.url())?.get_async_pubsub().await?;
        subscriber.subscribe(EVICTED).await?;
        Ok(Self(subscriber))
    }

    /// How many keys were evicted, and the rooms that lost a part of their history.
    pub async fn finish(mut self, redis: &RedisServer) -> anyhow::Result<(usize, BTreeSet<String>)> {
        redis.query::<u64>(&["PUBLISH", EVICTED, LAST]).await?;
        let (mut count, mut rooms) = (0, BTreeSet::new());
        let mut notifications = self.0.on_message();
        loop {
            let key: String = notifications.next().await.context("Redis closed the connection")?.get_payload()?;
            if key == LAST {
                return Ok((count, rooms));
            }
            count += 1;
            rooms.extend(room_of_history_key(&key).map(str::to_owned));
        }
    }
}

fn room_of_history_key(key: &str) -> Option<&str> {
    let (room, part) = key.strip_prefix("sala:{")?.split_once("}:")?;
    HISTORY_KEYS.contains(&part).then_some(room)
}

/// Three Sentinels that monitor a master. A failover needs the agreement of two.
#[derive(Debug)]
pub struct SentinelProcesses(Vec<RedisServer>);

impl SentinelProcesses {
    /// Returns when the Sentinels know the replicas and each other: a failover cannot succeed earlier.
    pub async fn start(master: &RedisServer, replicas: usize) -> anyhow::Result<Self> {
        let mut sentinels = Vec::new();
        for _ in 0..SENTINELS {
            let (sentinel, port) = (RedisServer::start_sentinel().await?, master.port().to_string());
            sentinel.query::<()>(&["SENTINEL", "MONITOR", "main", "127.0.0.1", &port, "2"]).await?;
            let timeouts = ["down-after-milliseconds", "1000", "failover-timeout", "5000"];
            sentinel.query::<()>(&[&["SENTINEL", "SET", "main"], timeouts.as_slice()].concat()).await?;
            sentinels.push(sentinel);
        }
        for sentinel in &sentinels {
            wait_until_known(sentinel, "REPLICAS", replicas).await?;
            wait_until_known(sentinel, "SENTINELS", SENTINELS - 1).await?;
        }
        Ok(Self(sentinels))
    }

    /// For `REDIS_URL`.
    pub fn url(&self) -> String {
        let addresses: Vec<String> = self.0.iter().map(|sentinel| format!("127.0.0.1:{}", sentinel.port())).collect();
        format!("redis+sentinel://{}/main", addresses.join(","))
    }

    /// Waits until a master on another port is elected, and returns that port.
    pub async fn wait_for_failover(&self, from: u16) -> anyhow::Result<u16> {
        let deadline = Instant::now() + SENTINEL_TIMEOUT;
        while Instant::now() < deadline {
            let (_, port): (String, u16) = self.0[0].query(&["SENTINEL", "GET-MASTER-ADDR-BY-NAME", "main"]).await?;
            if port != from {
                return Ok(port);
            }
            sleep(SENTINEL_POLL).await;
        }
        bail!("the Sentinels elect no other master")
    }
}

async fn wait_until_known(sentinel: &RedisServer, what: &str, count: usize) -> anyhow::Result<()> {
    let deadline = Instant::now() + SENTINEL_TIMEOUT;
    while sentinel.query::<Vec<Value>>(&["SENTINEL", what, "main"]).await?.len() != count {
        ensure!(Instant::now() < deadline, "a Sentinel does not find {count} {what}");
        sleep(SENTINEL_POLL).await;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_evictions_of_history_name_a_room() {
        for (part, room) in [("meta", Some("room7")), ("order", Some("room7")), ("live", None), ("names", None)] {
            assert_eq!(room_of_history_key(&room_key("room7", part)), room, "{part}");
        }
        assert_eq!(room_of_history_key("something else"), None);
    }

    #[tokio::test]
    async fn no_eviction_is_missed() {
        let redis = RedisServer::start().await.unwrap();
        let monitor = EvictionMonitor::start(&redis).await.unwrap();
        for number in 0..300 {
            let key = room_key(&format!("room{number}"), "meta");
            redis.query::<u64>(&["PUBLISH", EVICTED, &key]).await.unwrap();
        }
        let (count, rooms) = monitor.finish(&redis).await.unwrap();
        assert_eq!((count, rooms.len()), (300, 300));
    }
}
