use std::sync::{Arc, LazyLock};

use ::redis::Script;
use async_trait::async_trait;
use futures_util::{StreamExt, stream};
use protocol::RoomName;

use super::commands::Commands;
use super::keys;
use crate::backend::{BackendError, READ_ROOMS_PER_USER, READ_TTL_MS, ReadPosition, ReadReceipt, Reads, Result};

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
    async fn keep_of(&self, positions: &[ReadReceipt]) -> Result<()> {
        let Some(ReadReceipt { user, at, .. }) = positions.first() else { return Ok(()) };
        let key = keys::reads_of(user);
        let mut keep = KEEP.prepare_invoke();
        keep.key(&key).arg(READ_TTL_MS).arg(READ_ROOMS_PER_USER).arg(*at);
        for ReadReceipt { room, position, .. } in positions {
            keep.arg(room.as_str()).arg(&position.epoch).arg(position.seq);
        }
        self.commands.run_at(&key, &keep).await
    }
}

#[async_trait]
impl Reads for RedisReads {
    async fn store(&self, positions: &[ReadReceipt]) -> Result<()> {
        let mut sorted: Vec<_> = positions.to_vec();
        sorted.sort_by(|one, other| one.user.cmp(&other.user));
        let people: Vec<_> = sorted.chunk_by(|one, other| one.user == other.user).map(|of| self.keep_of(of)).collect();
        // One that cannot be reached keeps nothing of the others back.
        stream::iter(people).buffer_unordered(AT_ONCE).fold(Ok(()), async |all, kept| kept.and(all)).await
    }

    async fn position(&self, user: &str, room: &RoomName) -> Result<Option<ReadPosition>> {
        let key = keys::reads_of(user);
        let mut mark = MARK.prepare_invoke();
        mark.key(&key).arg(room.as_str());
        let kept: Option<String> = self.commands.run_at(&key, &mark).await?;
        kept.map(|kept| read(&kept).ok_or_else(|| BackendError::Corrupt("a position is none".into()))).transpose()
    }
}

/// As `keep.lua` writes it.
fn read(kept: &str) -> Option<ReadPosition> {
    let mut words = kept.splitn(3, ' ');
    let (seq, _at, epoch) = (words.next()?.parse().ok()?, words.next()?, words.next()?);
    Some(ReadPosition { epoch: epoch.to_owned(), seq })
}
