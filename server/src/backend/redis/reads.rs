use std::sync::{Arc, LazyLock};

use ::redis::Script;
use async_trait::async_trait;
use futures_util::{StreamExt, stream};
use protocol::RoomName;

use super::commands::Commands;
use super::keys;
use crate::backend::{Error, Mark, Position, READ_KEPT_MS, READ_ROOMS, Reads, Result};

static KEEP: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("scripts/keep.lua")));
static MARK: LazyLock<Script> = LazyLock::new(|| Script::new("return redis.call('HGET', KEYS[1], ARGV[1])"));

/// How many people's positions are kept at the same time.
const AT_ONCE: usize = 16;

/// How far people have read: one hash for each of them, so that it goes as a whole when they do not come back.
pub struct RedisReads {
    commands: Arc<Commands>,
}

impl RedisReads {
    pub fn new(commands: Arc<Commands>) -> Self {
        Self { commands }
    }

    /// Those of one person.
    async fn keep_of(&self, positions: &[Position]) -> Result<()> {
        let Some(Position { user, at, .. }) = positions.first() else { return Ok(()) };
        let key = keys::reads_of(user);
        let mut keep = KEEP.prepare_invoke();
        keep.key(&key).arg(READ_KEPT_MS).arg(READ_ROOMS).arg(*at);
        for Position { room, mark, .. } in positions {
            keep.arg(room.as_str()).arg(&mark.epoch).arg(mark.seq);
        }
        self.commands.run_at(&key, &keep).await
    }
}

#[async_trait]
impl Reads for RedisReads {
    async fn keep(&self, positions: &[Position]) -> Result<()> {
        let mut sorted: Vec<_> = positions.to_vec();
        sorted.sort_by(|one, other| one.user.cmp(&other.user));
        let people: Vec<_> = sorted.chunk_by(|one, other| one.user == other.user).map(|of| self.keep_of(of)).collect();
        // One that cannot be reached keeps nothing of the others back.
        stream::iter(people).buffer_unordered(AT_ONCE).fold(Ok(()), async |all, kept| kept.and(all)).await
    }

    async fn mark(&self, user: &str, room: &RoomName) -> Result<Option<Mark>> {
        let key = keys::reads_of(user);
        let mut mark = MARK.prepare_invoke();
        mark.key(&key).arg(room.as_str());
        let kept: Option<String> = self.commands.run_at(&key, &mark).await?;
        kept.map(|kept| read(&kept).ok_or_else(|| Error::Corrupt("a position is none".into()))).transpose()
    }
}

/// As `keep.lua` writes it.
fn read(kept: &str) -> Option<Mark> {
    let mut words = kept.splitn(3, ' ');
    let (seq, _at, epoch) = (words.next()?.parse().ok()?, words.next()?, words.next()?);
    Some(Mark { epoch: epoch.to_owned(), seq })
}
