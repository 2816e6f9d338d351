use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use futures_util::StreamExt;
use tokio::task::JoinSet;

use super::RedisServer;

/// What makes up the history of a room. Who is here is kept beside it, and may go at any time.
const HISTORY: [&str; 4] = ["meta", "stream", "ids", "order"];

/// What Redis removes for want of memory, as it tells it itself.
pub struct EvictionMonitor {
    keys: Arc<Mutex<Vec<String>>>,
    _listening: JoinSet<()>,
}

impl EvictionMonitor {
    /// Listens from now on.
    pub async fn of(redis: &RedisServer) -> anyhow::Result<Self> {
        redis.ask::<()>(&["CONFIG", "SET", "notify-keyspace-events", "Ee"]).await?;
        let mut told = redis.listen("__keyevent@0__:evicted").await?;
        let keys = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&keys);
        let mut listening = JoinSet::new();
        listening.spawn(async move {
            while let Some(message) = told.next().await {
                let key = message.get_payload().unwrap_or_default();
                heard.lock().unwrap_or_else(PoisonError::into_inner).push(key);
            }
        });
        Ok(Self { keys, _listening: listening })
    }

    /// How many keys were removed.
    pub fn count(&self) -> usize {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// The rooms of which some history was removed.
    pub fn rooms(&self) -> BTreeSet<String> {
        let keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        keys.iter().filter_map(|key| room_of(key)).map(str::to_owned).collect()
    }
}

/// The room of which a key is a part of the history.
fn room_of(key: &str) -> Option<&str> {
    let (room, part) = key.strip_prefix("sala:{")?.split_once("}:")?;
    HISTORY.contains(&part).then_some(room)
}

#[cfg(test)]
mod tests {
    use super::super::key;
    use super::*;

    #[test]
    fn a_room_loses_history_and_not_who_is_here() {
        for (part, room) in [("meta", Some("room7")), ("order", Some("room7")), ("live", None), ("names", None)] {
            assert_eq!(room_of(&key("room7", part)), room, "{part}");
        }
        assert_eq!(room_of("of somebody else"), None);
    }
}
