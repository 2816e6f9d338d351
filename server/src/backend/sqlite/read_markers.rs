use async_trait::async_trait;
use protocol::RoomName;
use rusqlite::{OptionalExtension, Result as Answer, Transaction, params};

use super::reader::SqliteReader;
use crate::backend::{READ_ROOMS_PER_USER, READ_TTL_MS, ReadMarkerUpdate, ReadMarkers, ReadPosition, Result};

/// How many updates one job holds, so that appends do not wait long behind it.
const CHUNK: usize = 256;

/// How many expired positions one write removes.
const EXPIRED_PER_WRITE: usize = 64;

#[async_trait]
impl ReadMarkers for SqliteReader {
    async fn store(&self, updates: &[ReadMarkerUpdate]) -> Result<()> {
        for chunk in updates.chunks(CHUNK) {
            let chunk = chunk.to_vec();
            self.writer.write(move |batch| batch.store_read_markers(&chunk)).await?;
        }
        Ok(())
    }

    async fn position(&self, user: &str, room: &RoomName) -> Result<Option<ReadPosition>> {
        let (user, room) = (user.to_owned(), room.clone());
        let look = move |db: &mut rusqlite::Connection| {
            db.prepare_cached("SELECT epoch, seq FROM reads WHERE user = ? AND room = ?")?
                .query_row([&user, room.as_str()], |row| Ok(ReadPosition { epoch: row.get(0)?, seq: row.get(1)? }))
                .optional()
        };
        self.read(look).await
    }
}

/// Stores updates and removes expired positions.
pub fn upsert_all(tx: &Transaction<'_>, updates: &[ReadMarkerUpdate]) -> Answer<()> {
    for update in updates {
        upsert(tx, update)?;
    }
    let now = updates.iter().map(|update| update.at).max().unwrap_or_default();
    tx.prepare_cached(
        "DELETE FROM reads WHERE (user, room) IN (SELECT user, room FROM reads WHERE at < ? ORDER BY at LIMIT ?)",
    )?
    .execute(params![now.saturating_sub(READ_TTL_MS), EXPIRED_PER_WRITE])?;
    Ok(())
}

fn upsert(
    tx: &Transaction<'_>,
    ReadMarkerUpdate { user, room, position: ReadPosition { epoch, seq }, at }: &ReadMarkerUpdate,
) -> Answer<()> {
    let room = room.as_str();
    let is_new = tx
        .prepare_cached(
            "INSERT INTO reads (user, room, epoch, seq, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (user, room) DO NOTHING",
        )?
        .execute(params![user, room, epoch, seq, at])?;
    if is_new > 0 {
        tx.prepare_cached(
            "DELETE FROM reads WHERE user = ?1 AND room IN
                 (SELECT room FROM reads WHERE user = ?1 ORDER BY at DESC LIMIT -1 OFFSET ?2)",
        )?
        .execute(params![user, READ_ROOMS_PER_USER])?;
    } else {
        tx.prepare_cached(
            "UPDATE reads SET epoch = ?3, seq = ?4, at = ?5 WHERE user = ?1 AND room = ?2 AND (epoch <> ?3 OR seq < ?4)",
        )?
        .execute(params![user, room, epoch, seq, at])?;
    }
    Ok(())
}
