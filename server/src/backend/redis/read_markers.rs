use std::sync::{Arc, LazyLock};

use ::redis::Script;
use async_trait::async_trait;
use futures_util::{StreamExt, stream};
use protocol::RoomName;

use super::commands::Commands;
use super::keys;
use crate::backend::{
    BackendError, READ_ROOMS_PER_USER, READ_TTL_MS, ReadMarkerUpdate, ReadMarkers, ReadPosition, Result,
};

static STORE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("scripts/store_read_markers.lua")));
static POSITION: LazyLock<Script> = LazyLock::new(|| Script::new("return redis.call('HGET', KEYS[1], ARGV[1])"));

/// How many users' positions are stored concurrently.
const MAX_CONCURRENT: usize = 16;

/// Read positions: one hash for each user, which expires as a whole.
pub struct RedisReadMarkers {
    commands: Arc<Commands>,
}

impl RedisReadMarkers {
    pub fn new(commands: Arc<Commands>) -> Self {
        Self { commands }
    }

    /// Stores the updates of one user.
    async fn store_for_user(&self, positions: &[ReadMarkerUpdate]) -> Result<()> {
        let Some(ReadMarkerUpdate { user, at, .. }) = positions.first() else { return Ok(()) };
        let key = keys::read_markers_of(user);
        let mut keep = STORE.prepare_invoke();
        keep.key(&key).arg(READ_TTL_MS).arg(READ_ROOMS_PER_USER).arg(*at);
        for ReadMarkerUpdate { room, position, .. } in positions {
            keep.arg(room.as_str()).arg(&position.epoch).arg(position.seq);
        }
        self.commands.run_at(&key, &keep).await
    }
}

#[async_trait]
impl ReadMarkers for RedisReadMarkers {
    async fn store(&self, positions: &[ReadMarkerUpdate]) -> Result<()> {
        let mut sorted: Vec<_> = positions.to_vec();
        sorted.sort_by(|one, other| one.user.cmp(&other.user));
        let people: Vec<_> =
            sorted.chunk_by(|one, other| one.user == other.user).map(|of| self.store_for_user(of)).collect();
        // A master that cannot be reached does not affect the users on the others.
        stream::iter(people).buffer_unordered(MAX_CONCURRENT).fold(Ok(()), async |all, kept| kept.and(all)).await
    }

    async fn position(&self, user: &str, room: &RoomName) -> Result<Option<ReadPosition>> {
        let key = keys::read_markers_of(user);
        let mut mark = POSITION.prepare_invoke();
        mark.key(&key).arg(room.as_str());
        let stored: Option<String> = self.commands.run_at(&key, &mark).await?;
        stored
            .map(|stored| parse(&stored).ok_or_else(|| BackendError::Corrupt("a read position is malformed".into())))
            .transpose()
    }
}

/// Parses what `store_read_markers.lua` writes.
fn parse(stored: &str) -> Option<ReadPosition> {
    let mut words = stored.splitn(3, ' ');
    let (seq, _at, epoch) = (words.next()?.parse().ok()?, words.next()?, words.next()?);
    Some(ReadPosition { epoch: epoch.to_owned(), seq })
}
