use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use ::redis::{Cmd, RedisError, Script, Value};
use async_trait::async_trait;
use protocol::{Cursor, Head, RoomName};

use super::commands::Commands;
use super::keys::Keys;
use crate::backend::{BackendError, EventRange, History, Result, StoredEvent};
use crate::random;

static READ: LazyLock<Script> =
    LazyLock::new(|| Script::new(concat!(include_str!("scripts/epoch.lua"), include_str!("scripts/read.lua"))));

/// Reads the streams.
pub struct RedisHistory {
    commands: Arc<Commands>,
}

impl RedisHistory {
    pub fn new(commands: Arc<Commands>) -> Self {
        Self { commands }
    }

    async fn range(&self, room: &RoomName, direction: &str, bounds: [&str; 2], limit: usize) -> Result<EventRange> {
        let mut read = READ.prepare_invoke();
        read.key(Keys::of(room).history()).arg(random::token(12));
        read.arg(direction).arg(&bounds).arg(limit.min(u32::MAX as usize));
        let (epoch, seq, uid, found): (_, _, _, Vec<Found>) = self.commands.run(room, &read).await?;
        let events = found.into_iter().map(stored_event).collect::<Option<_>>();
        let events = events.ok_or_else(|| BackendError::Corrupt("an entry of a stream is not an event".into()))?;
        Ok(EventRange { epoch, head: Head { seq, uid }, events })
    }
}

#[async_trait]
impl History for RedisHistory {
    async fn after(&self, room: &RoomName, seq: u64, limit: usize) -> Result<EventRange> {
        self.range(room, "XRANGE", [&format!("{}-0", seq.saturating_add(1)), "+"], limit).await
    }

    async fn before(&self, room: &RoomName, before: Option<u64>, limit: usize) -> Result<EventRange> {
        let last = before.map_or_else(|| "+".to_owned(), |before| format!("{}-0", before.saturating_sub(1)));
        let mut range = self.range(room, "XREVRANGE", [&last, "-"], limit).await?;
        range.events.reverse();
        Ok(range)
    }

    async fn heads(&self, rooms: &[RoomName]) -> Vec<Result<Cursor>> {
        let answers = self.commands.query(rooms, |keys| [meta_command(keys), exists_command(keys)]).await;
        answers.into_iter().map(|answer| cursor(&answer?)).collect()
    }
}

type Found = (String, HashMap<String, String>);

fn stored_event((id, mut fields): Found) -> Option<StoredEvent> {
    let mut field = |name| fields.remove(name);
    let seq = id.strip_suffix("-0")?.parse().ok()?;
    Some(StoredEvent { seq, uid: field("uid")?, prev: field("prev")?, body: field("body")? })
}

fn meta_command(keys: &Keys) -> Cmd {
    ::redis::cmd("HMGET").arg(keys.meta()).arg(&["epoch", "seq", "uid"]).to_owned()
}

fn exists_command(keys: &Keys) -> Cmd {
    ::redis::cmd("EXISTS").arg(&keys.history()[1..]).to_owned()
}

/// As `epoch.lua` decides it: a room that has lost its stream or its ids does not exist, and its next reader creates it
/// with a new epoch.
fn cursor([meta_command, exists_command]: &[Value; 2]) -> Result<Cursor> {
    let (epoch, seq, uid): (Option<String>, Option<u64>, Option<String>) =
        ::redis::from_redis_value_ref(meta_command).map_err(RedisError::from)?;
    let parts: u8 = ::redis::from_redis_value_ref(exists_command).map_err(RedisError::from)?;
    Ok(match (epoch, seq, uid) {
        (Some(epoch), Some(seq), Some(uid)) if seq == 0 || parts == 3 => Cursor { epoch, seq, uid },
        _ => Cursor::default(),
    })
}
