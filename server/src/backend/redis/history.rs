use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use ::redis::Script;
use async_trait::async_trait;
use protocol::{Cursor, Head, RoomName};
use rand::distr::{Alphanumeric, SampleString};

use super::commands::Commands;
use super::keys::Keys;
use crate::backend::{Entry, Error, History, Result, Slice};

static READ: LazyLock<Script> =
    LazyLock::new(|| Script::new(concat!(include_str!("scripts/life.lua"), include_str!("scripts/read.lua"))));

/// How many rooms are asked about at once, so that one instance's check does not hold up the others.
const HEADS: usize = 500;

/// Reads the streams.
pub struct RedisHistory {
    commands: Arc<Commands>,
}

impl RedisHistory {
    pub fn new(commands: Arc<Commands>) -> Self {
        Self { commands }
    }

    async fn slice(&self, room: &RoomName, direction: &str, bounds: [&str; 2], limit: usize) -> Result<Slice> {
        let mut read = READ.prepare_invoke();
        read.key(Keys::of(room).history()).arg(Alphanumeric.sample_string(&mut rand::rng(), 12));
        read.arg(direction).arg(&bounds).arg(limit.min(u32::MAX as usize));
        let (epoch, seq, uid, found): (_, _, _, Vec<Found>) = self.commands.run(&read).await?;
        let entries = found.into_iter().map(entry).collect::<Option<_>>();
        let entries = entries.ok_or_else(|| Error::Corrupt("an entry of a stream is no event".into()))?;
        Ok(Slice { epoch, head: Head { seq, uid }, entries })
    }
}

#[async_trait]
impl History for RedisHistory {
    async fn after(&self, room: &RoomName, seq: u64, limit: usize) -> Result<Slice> {
        self.slice(room, "XRANGE", [&format!("{}-0", seq.saturating_add(1)), "+"], limit).await
    }

    async fn before(&self, room: &RoomName, before: Option<u64>, limit: usize) -> Result<Slice> {
        let last = before.map_or_else(|| "+".to_owned(), |before| format!("{}-0", before.saturating_sub(1)));
        let mut slice = self.slice(room, "XREVRANGE", [&last, "-"], limit).await?;
        slice.entries.reverse();
        Ok(slice)
    }

    async fn heads(&self, rooms: &[RoomName]) -> Result<Vec<Cursor>> {
        let mut cursors = Vec::with_capacity(rooms.len());
        for rooms in rooms.chunks(HEADS) {
            let mut questions = ::redis::pipe();
            for keys in rooms.iter().map(Keys::of) {
                questions.cmd("HMGET").arg(keys.meta()).arg(&["epoch", "seq", "uid"]);
                questions.cmd("EXISTS").arg(&keys.history()[1..]);
            }
            let answers: Vec<::redis::Value> = self.commands.ask(&questions).await?;
            for answer in answers.chunks_exact(2) {
                cursors.push(cursor(answer)?);
            }
        }
        Ok(cursors)
    }
}

type Found = (String, HashMap<String, String>);

fn entry((id, mut fields): Found) -> Option<Entry> {
    let mut field = |name| fields.remove(name);
    let seq = id.strip_suffix("-0")?.parse().ok()?;
    Some(Entry { seq, uid: field("uid")?, prev: field("prev")?, body: field("body")? })
}

/// As `life.lua` sees it: a room that lost its stream or its ids is as good as never seen, and its next reader gives it a new life.
fn cursor(answer: &[::redis::Value]) -> Result<Cursor> {
    let (epoch, seq, uid): (Option<String>, Option<u64>, Option<String>) =
        ::redis::from_redis_value_ref(&answer[0]).map_err(::redis::RedisError::from)?;
    let parts: u8 = ::redis::from_redis_value_ref(&answer[1]).map_err(::redis::RedisError::from)?;
    Ok(match (epoch, seq, uid) {
        (Some(epoch), Some(seq), Some(uid)) if seq == 0 || parts == 3 => Cursor { epoch, seq, uid },
        _ => Cursor::default(),
    })
}
