use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use protocol::{Cursor, MessageId, RoomName, User};
use server::backend::{
    AppendReceipt, Backend, BackendUpdate, Ephemeral, EventDraft, Result, StoredEvent, redis, sqlite,
};
use server::config::RedisConfig;
use tempfile::TempDir;
use testkit::RedisServer;
use tokio::sync::MutexGuard;

use crate::redis::{memorystore::Memorystore, run};
use crate::redis_cluster::{self, SharedCluster};

/// 2026-01-01, the time of all tests.
pub const NOW: u64 = 1_767_225_600_000;
/// Longer than any successful operation takes.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// What survives an instance: a folder, a Redis server or a cluster.
pub enum Site {
    Sqlite(TempDir),
    Redis(RedisServer),
    Memorystore(Memorystore),
    Cluster(MutexGuard<'static, SharedCluster>),
}

impl Site {
    pub fn sqlite() -> Self {
        Self::Sqlite(tempfile::tempdir().unwrap())
    }

    pub async fn redis() -> Self {
        Self::Redis(RedisServer::start().await.unwrap())
    }

    pub async fn memorystore() -> Self {
        Self::Memorystore(Memorystore::start().await)
    }

    pub async fn cluster() -> Self {
        Self::Cluster(redis_cluster::shared().await)
    }

    pub async fn open(&self) -> BackendInstance {
        self.open_with_limit(1_000).await
    }

    pub async fn open_with_limit(&self, history_limit: usize) -> BackendInstance {
        let backend = match self {
            Self::Sqlite(dir) => sqlite::open(dir.path(), history_limit),
            Self::Redis(server) => redis::open(RedisConfig::new(&server.url(), history_limit)).await,
            Self::Memorystore(store) => redis::open(RedisConfig { history_limit, ..store.settings() }).await,
            Self::Cluster(cluster) => redis::open(RedisConfig::new(&cluster.url(), history_limit)).await,
        };
        BackendInstance(backend.unwrap())
    }

    /// Makes these connections expire; they must be all connections of the room.
    pub async fn expire(&self, room: &RoomName, connections: &[&str]) {
        let live = format!("sala:{{{room}}}:live");
        match self {
            Self::Sqlite(_) => {
                tokio::time::pause();
                tokio::time::advance(Duration::from_secs(61)).await;
                tokio::time::resume();
            }
            Self::Redis(server) | Self::Memorystore(Memorystore { server, .. }) => {
                let changed: usize = run(server, &expire(&live, connections)).await;
                assert_eq!(changed, connections.len());
            }
            Self::Cluster(cluster) => {
                let changed: usize = cluster.run_at_key(&expire(&live, connections)).await;
                assert_eq!(changed, connections.len());
            }
        }
    }
}

fn expire<'a>(live: &'a str, connections: &[&'a str]) -> Vec<&'a str> {
    let each = connections.iter().flat_map(|connection| ["1", *connection]);
    ["ZADD", live, "XX", "CH"].into_iter().chain(each).collect()
}

/// The backend of one instance.
pub struct BackendInstance(pub Backend);

impl BackendInstance {
    pub async fn append(&self, room: &RoomName, draft: &EventDraft) -> AppendReceipt {
        self.0.broker.append(room, draft).await.unwrap()
    }

    /// Appends an event by Ana.
    pub async fn say(&self, room: &RoomName) -> AppendReceipt {
        self.append(room, &draft("u_ana", &fresh("id"))).await
    }

    /// Retries an append until it is acknowledged, as a client does.
    pub async fn append_until_stored(&self, room: &RoomName, draft: &EventDraft) -> u64 {
        let taken = async {
            loop {
                if let Ok(receipt) = self.0.broker.append(room, draft).await {
                    break receipt.seq;
                }
                // A refusal may come at once, and reconnecting takes a moment.
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(PATIENCE, taken).await.expect("it is taken in the end")
    }

    pub async fn subscribe(&self, room: &RoomName) {
        self.0.broker.subscribe(room).await.unwrap();
    }

    pub async fn heads(&self, rooms: &[RoomName]) -> Vec<Cursor> {
        self.0.history.heads(rooms).await.into_iter().map(Result::unwrap).collect()
    }

    pub async fn history(&self, room: &RoomName) -> Vec<StoredEvent> {
        self.0.history.before(room, None, 100_000).await.unwrap().events
    }

    pub async fn update(&mut self) -> BackendUpdate {
        let update = tokio::time::timeout(PATIENCE, self.0.updates.recv()).await;
        update.expect("a update comes").expect("the backend lives")
    }

    pub async fn appended(&mut self) -> (RoomName, String, StoredEvent) {
        match self.update().await {
            BackendUpdate::Appended { room, epoch, event } => (room, epoch, event),
            other => panic!("no event but {other:?}"),
        }
    }

    pub async fn ephemeral(&mut self) -> Ephemeral {
        match self.update().await {
            BackendUpdate::Ephemeral { ephemeral, .. } => ephemeral,
            other => panic!("no ephemeral but {other:?}"),
        }
    }

    /// Checks that no update is pending: the next one received is that of an event appended now, in another room.
    pub async fn receives_nothing_more(&mut self) {
        let room = room(&fresh("silence"));
        self.subscribe(&room).await;
        self.say(&room).await;
        assert_eq!(self.appended().await.0, room);
        self.0.broker.unsubscribe(&room);
    }

    /// Waits for [`BackendUpdate::PossibleGap`].
    pub async fn wait_for_gap(&mut self) {
        while self.update().await != BackendUpdate::PossibleGap {}
    }
}

pub fn room(name: &str) -> RoomName {
    RoomName::new(name).unwrap()
}

pub fn user(name: &str) -> User {
    User { id: format!("u_{}", name.to_lowercase()), name: name.into() }
}

/// A name that no other test uses.
pub fn fresh(what: &str) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    format!("{what}-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

pub fn draft(author: &str, id: &str) -> EventDraft {
    EventDraft {
        epoch: fresh("epoch"),
        uid: fresh("uid"),
        author: author.into(),
        id: MessageId::new(id).unwrap(),
        at: NOW,
        body: format!("{{\"at\":{NOW},\"text\":\"{author} said {id}, \\\"\\n\\\" and 😀\"}}"),
    }
}

/// Asserts that the events are a chain without holes.
pub fn assert_chain(events: &[StoredEvent]) {
    for pair in events.windows(2) {
        assert_eq!((pair[1].seq, &pair[1].prev), (pair[0].seq + 1, &pair[0].uid));
    }
}

/// Asserts the error of an unavailable backend.
pub fn assert_unavailable<T: std::fmt::Debug>(result: Result<T>) {
    assert!(matches!(result, Err(server::backend::BackendError::Unavailable(_))), "{result:?}");
}
