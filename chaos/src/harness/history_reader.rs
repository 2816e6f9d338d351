use std::collections::{BTreeMap, HashMap};

use anyhow::{Context, ensure};
use redis::AsyncCommands;
use serde_json::Value;

use super::RedisServer;
use crate::checker::{HistoryEntry, RoomHistory};

type Found = (String, HashMap<String, String>);

/// Reads what Redis keeps of the rooms, past every server.
pub struct HistoryReader<'a>(pub &'a RedisServer);

impl HistoryReader<'_> {
    /// The number of each room's last event.
    pub async fn heads(&self, rooms: impl IntoIterator<Item = String>) -> anyhow::Result<BTreeMap<String, u64>> {
        let mut connection = self.0.connect().await?;
        let mut heads = BTreeMap::new();
        for room in rooms {
            let head: Option<u64> = connection.hget(key(&room, "meta"), "seq").await?;
            heads.insert(room, head.unwrap_or_default());
        }
        Ok(heads)
    }

    /// All that is kept of a room.
    pub async fn history(&self, room: &str) -> anyhow::Result<RoomHistory> {
        let mut connection = self.0.connect().await?;
        let found: Vec<Found> = connection.xrange_all_entries(room).await?;
        let head: Option<u64> = connection.hget(key(room, "meta"), "seq").await?;
        let entries = found.into_iter().map(entry).collect::<anyhow::Result<_>>()?;
        Ok(RoomHistory { room: room.to_owned(), entries, head: head.unwrap_or_default() })
    }
}

/// One command that the library would otherwise dress up in types of its own.
trait AllEntries {
    async fn xrange_all_entries(&mut self, room: &str) -> redis::RedisResult<Vec<Found>>;
}

impl AllEntries for redis::aio::MultiplexedConnection {
    async fn xrange_all_entries(&mut self, room: &str) -> redis::RedisResult<Vec<Found>> {
        redis::cmd("XRANGE").arg(key(room, "stream")).arg("-").arg("+").query_async(self).await
    }
}

/// Rooms of a run have names of letters and digits, which stand in keys as they are.
pub fn key(room: &str, part: &str) -> String {
    format!("sala:{{{room}}}:{part}")
}

fn entry((id, mut fields): Found) -> anyhow::Result<HistoryEntry> {
    let seq = id.strip_suffix("-0").context("not the id of an event")?.parse()?;
    let mut field = |name: &str| fields.remove(name).with_context(|| format!("entry {id} has no {name}"));
    let body: Value = serde_json::from_str(&field("body")?)?;
    let (author, message) = (&body["author"]["id"], &body["id"]);
    ensure!(author.is_string() && message.is_string(), "entry {id} is no message");
    let key = format!("{}/{}", author.as_str().unwrap_or_default(), message.as_str().unwrap_or_default());
    Ok(HistoryEntry { seq, uid: field("uid")?, prev: field("prev")?, key })
}
