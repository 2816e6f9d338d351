use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use protocol::{Cursor, Head, RoomName};
use rusqlite::{Connection, OptionalExtension, params};
use tokio::sync::Semaphore;

use super::schema;
use super::writer::Writer;
use crate::backend::{BackendError, EventRange, History, Result, StoredEvent};
use crate::{clock::now_ms, random, supervisor::lock};

/// How many reads run concurrently. Further reads wait.
const MAX_READS: usize = 4;

/// Reads on a pool of connections, each read in one snapshot of the file, without blocking the writer.
pub struct SqliteReader {
    pool: Arc<ReadPool>,
    permits: Arc<Semaphore>,
    pub(super) writer: Arc<Writer>,
}

struct ReadPool {
    file: PathBuf,
    free: Mutex<Vec<Connection>>,
}

/// Which events of a room to read.
#[derive(Clone, Copy)]
enum RangeQuery {
    After(u64),
    Before(u64),
}

impl SqliteReader {
    pub fn new(file: PathBuf, writer: Arc<Writer>) -> Self {
        Self {
            pool: Arc::new(ReadPool { file, free: Mutex::default() }),
            permits: Arc::new(Semaphore::new(MAX_READS)),
            writer,
        }
    }

    async fn read_range(&self, room: &RoomName, query: RangeQuery, limit: usize) -> Result<EventRange> {
        if let Some(range) = self.try_read_range(room, query, limit).await? {
            return Ok(range);
        }
        let epoch = random::token(12);
        let name = room.clone();
        self.writer.write(move |batch| batch.create_room(&name, &epoch, now_ms())).await?;
        let range = self.try_read_range(room, query, limit).await?;
        range.ok_or_else(|| BackendError::Unavailable("the room was deleted right after its creation".into()))
    }

    async fn try_read_range(&self, room: &RoomName, query: RangeQuery, limit: usize) -> Result<Option<EventRange>> {
        let room = room.clone();
        self.read(move |db| select_range(db, &room, query, limit)).await
    }

    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        let permit = Arc::clone(&self.permits).acquire_owned().await.expect("the semaphore is never closed");
        let pool = Arc::clone(&self.pool);
        let reading = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            pool.with(work)
        });
        reading.await.map_err(|error| BackendError::Unavailable(format!("a read was aborted: {error}")))?
    }
}

impl ReadPool {
    /// A connection that failed is not used again.
    fn with<T>(&self, work: impl FnOnce(&mut Connection) -> rusqlite::Result<T>) -> Result<T> {
        let free = lock(&self.free).pop();
        let mut db = match free {
            Some(db) => db,
            None => schema::open_for_reading(&self.file)?,
        };
        let result = work(&mut db)?;
        lock(&self.free).push(db);
        Ok(result)
    }
}

#[async_trait]
impl History for SqliteReader {
    async fn after(&self, room: &RoomName, seq: u64, limit: usize) -> Result<EventRange> {
        self.read_range(room, RangeQuery::After(seq), limit).await
    }

    async fn before(&self, room: &RoomName, before: Option<u64>, limit: usize) -> Result<EventRange> {
        self.read_range(room, RangeQuery::Before(before.unwrap_or(u64::MAX)), limit).await
    }

    async fn heads(&self, rooms: &[RoomName]) -> Vec<Result<Cursor>> {
        let names = rooms.to_vec();
        let read = self.read(move |db| {
            let tx = db.transaction()?;
            let room = |name: &RoomName| Ok(find(&tx, name)?.map(|(_, cursor)| cursor).unwrap_or_default());
            names.iter().map(room).collect::<rusqlite::Result<Vec<_>>>()
        });
        match read.await {
            Ok(cursors) => cursors.into_iter().map(Ok).collect(),
            Err(error) => vec![Err(error); rooms.len()],
        }
    }
}

fn select_range(
    db: &mut Connection,
    room: &RoomName,
    query: RangeQuery,
    limit: usize,
) -> rusqlite::Result<Option<EventRange>> {
    let tx = db.transaction()?;
    let Some((id, Cursor { epoch, seq, uid })) = find(&tx, room)? else { return Ok(None) };
    let (condition, bound) = match query {
        RangeQuery::After(seq) => ("seq > ? ORDER BY seq LIMIT ?", seq),
        RangeQuery::Before(seq) => ("seq < ? ORDER BY seq DESC LIMIT ?", seq),
    };
    // SQLite's integers are signed, and no room has that many events.
    let signed = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let mut events = tx
        .prepare_cached(&format!("SELECT seq, uid, prev, body FROM events WHERE room = ? AND {condition}"))?
        .query_map(params![id, signed(bound), signed(limit as u64)], |row| {
            Ok(StoredEvent { seq: row.get(0)?, uid: row.get(1)?, prev: row.get(2)?, body: row.get(3)? })
        })?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    if matches!(query, RangeQuery::Before(_)) {
        events.reverse();
    }
    Ok(Some(EventRange { epoch, head: Head { seq, uid }, events }))
}

fn find(db: &Connection, room: &RoomName) -> rusqlite::Result<Option<(i64, Cursor)>> {
    db.prepare_cached("SELECT id, epoch, seq, uid FROM rooms WHERE name = ?")?
        .query_row([room.as_str()], |row| {
            Ok((row.get(0)?, Cursor { epoch: row.get(1)?, seq: row.get(2)?, uid: row.get(3)? }))
        })
        .optional()
}
