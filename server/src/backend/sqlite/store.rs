use std::collections::HashMap;
use std::collections::hash_map;

use protocol::{Head, RoomName};
use rusqlite::{Connection, Result, Transaction, TransactionBehavior, params};

use super::read_markers;
use crate::backend::{AppendReceipt, BackendUpdate, EventDraft, ReadMarkerUpdate, StoredEvent};

/// How long an event is kept at least, because its id has to be known that long.
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
/// Every so many events of a room up to twice as many old ones are trimmed: a small, constant share of the cost of
/// appending that still catches up.
const TRIM_EVERY: u64 = 64;
/// How many rooms' heads are cached. When the cache is full it is cleared.
const MAX_CACHED_ROOMS: usize = 16_384;

/// The database, owned by the writer thread.
pub struct Store {
    db: Connection,
    heads: HashMap<RoomName, CachedRoom>,
    limit: u64,
}

struct CachedRoom {
    id: i64,
    epoch: String,
    head: Head,
}

impl Store {
    pub fn new(db: Connection, limit: usize) -> Self {
        Self { db, heads: HashMap::new(), limit: limit.max(1) as u64 }
    }

    /// Runs writes in one transaction: all of them take effect, or none. Returns the updates of the appended events.
    pub fn commit(&mut self, write: impl FnOnce(&mut WriteBatch<'_>) -> Result<()>) -> Result<Vec<BackendUpdate>> {
        if self.heads.len() > MAX_CACHED_ROOMS {
            self.heads.clear();
        }
        let updates = self.attempt(write);
        if updates.is_err() {
            self.clear_cache();
        }
        updates
    }

    /// Forgets the cached heads, which may be those of a transaction that was rolled back.
    pub fn clear_cache(&mut self) {
        self.heads.clear();
    }

    fn attempt(&mut self, write: impl FnOnce(&mut WriteBatch<'_>) -> Result<()>) -> Result<Vec<BackendUpdate>> {
        let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut batch = WriteBatch { tx: &tx, heads: &mut self.heads, limit: self.limit, updates: Vec::new() };
        write(&mut batch)?;
        let updates = batch.updates;
        tx.commit()?;
        Ok(updates)
    }
}

/// The writes of one transaction.
pub struct WriteBatch<'a> {
    tx: &'a Transaction<'a>,
    heads: &'a mut HashMap<RoomName, CachedRoom>,
    limit: u64,
    updates: Vec<BackendUpdate>,
}

impl WriteBatch<'_> {
    /// Appends an event, unless it was appended before.
    pub fn append(&mut self, name: RoomName, draft: EventDraft) -> Result<AppendReceipt> {
        let (tx, limit) = (self.tx, self.limit);
        let room = self.room(&name, &draft.epoch, draft.at)?;
        let seq = room.head.seq + 1;
        let new = tx
            .prepare_cached(
                "INSERT INTO events (room, seq, uid, prev, author, id, at, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                 ON CONFLICT (room, author, id) DO NOTHING",
            )?
            .execute(params![
                room.id,
                seq,
                draft.uid,
                room.head.uid,
                draft.author,
                draft.id.as_str(),
                draft.at,
                draft.body
            ])?;
        if new == 0 {
            return existing_receipt(tx, room.id, &draft);
        }
        tx.prepare_cached("UPDATE rooms SET seq = ?, uid = ? WHERE id = ?")?
            .execute(params![seq, draft.uid, room.id])?;
        let prev = std::mem::replace(&mut room.head, Head { seq, uid: draft.uid.clone() }).uid;
        if seq.is_multiple_of(TRIM_EVERY) {
            trim(tx, room.id, seq.saturating_sub(limit), draft.at)?;
        }
        let epoch = room.epoch.clone();
        let event = StoredEvent { seq, uid: draft.uid, prev, body: draft.body };
        self.updates.push(BackendUpdate::Appended { room: name, epoch, event });
        Ok(AppendReceipt { seq, at: draft.at })
    }

    /// Creates a room, unless it exists.
    pub fn create_room(&mut self, name: &RoomName, epoch: &str, at: u64) -> Result<()> {
        self.delete_empty_rooms(at)?;
        self.room(name, epoch, at).map(drop)
    }

    /// Stores read positions, or logs why they could not be: events of the same transaction do not fail because of them.
    pub fn store_read_markers(&mut self, updates: &[ReadMarkerUpdate]) -> Result<()> {
        if let Err(error) = read_markers::upsert_all(self.tx, updates) {
            // A full disk may have rolled back the whole transaction; later writes must not be committed without it.
            if self.tx.is_autocommit() {
                return Err(error);
            }
            tracing::warn!(%error, "read positions were not stored");
        }
        Ok(())
    }

    /// The room's row, created with `epoch` if it does not exist.
    fn room(&mut self, name: &RoomName, epoch: &str, at: u64) -> Result<&mut CachedRoom> {
        let place = match self.heads.entry(name.clone()) {
            hash_map::Entry::Occupied(known) => return Ok(known.into_mut()),
            hash_map::Entry::Vacant(place) => place,
        };
        self.tx
            .prepare_cached(
                "INSERT INTO rooms (name, epoch, seq, uid, since) VALUES (?, ?, 0, '', ?) ON CONFLICT (name) DO NOTHING",
            )?
            .execute(params![name.as_str(), epoch, at])?;
        let room = self.tx.prepare_cached("SELECT id, epoch, seq, uid FROM rooms WHERE name = ?")?.query_row(
            [name.as_str()],
            |row| {
                Ok(CachedRoom {
                    id: row.get(0)?,
                    epoch: row.get(1)?,
                    head: Head { seq: row.get(2)?, uid: row.get(3)? },
                })
            },
        )?;
        Ok(place.insert(room))
    }

    /// Rooms without events are deleted after a day, so that requests for made-up names do not fill the disk.
    fn delete_empty_rooms(&mut self, now: u64) -> Result<()> {
        let mut forget = self.tx.prepare_cached(
            "DELETE FROM rooms WHERE id IN (SELECT id FROM rooms WHERE seq = 0 AND since < ? LIMIT 16) RETURNING name",
        )?;
        let forgotten = forget.query_map([now.saturating_sub(DAY_MS)], |row| row.get::<_, String>(0))?;
        for name in forgotten {
            if let Ok(room) = RoomName::new(&name?) {
                self.heads.remove(&room);
            }
        }
        Ok(())
    }
}

/// The receipt of a draft that was appended before.
fn existing_receipt(tx: &Transaction<'_>, room: i64, draft: &EventDraft) -> Result<AppendReceipt> {
    tx.prepare_cached("SELECT seq, at FROM events WHERE room = ? AND author = ? AND id = ?")?
        .query_row(params![room, draft.author, draft.id.as_str()], |row| {
            Ok(AppendReceipt { seq: row.get(0)?, at: row.get(1)? })
        })
}

/// Removes the oldest events, up to `last`, that are more than a day old: always a prefix, so that no hole appears.
fn trim(tx: &Transaction<'_>, room: i64, last: u64, now: u64) -> Result<()> {
    let old = tx
        .prepare_cached(
            "SELECT max(seq) FROM (
                 SELECT seq, max(at) OVER (ORDER BY seq) AS latest FROM (
                     SELECT seq, at FROM events WHERE room = ? AND seq <= ? ORDER BY seq LIMIT ?))
             WHERE latest < ?",
        )?
        .query_row(params![room, last, 2 * TRIM_EVERY, now.saturating_sub(DAY_MS)], |row| {
            row.get::<_, Option<i64>>(0)
        })?;
    if let Some(old) = old {
        tx.prepare_cached("DELETE FROM events WHERE room = ? AND seq <= ?")?.execute(params![room, old])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use protocol::MessageId;

    use super::super::schema;
    use super::*;
    use crate::backend::ReadPosition;

    #[test]
    fn a_batch_is_atomic() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = Store::new(schema::open(&dir.path().join("sala.db")).unwrap(), 100);
        let room = RoomName::new("lobby").unwrap();
        let draft = |id: &str, at| EventDraft {
            epoch: "epoch".into(),
            uid: format!("uid-{id}"),
            author: "u_ana".into(),
            id: MessageId::new(id).unwrap(),
            at,
            body: "{}".into(),
        };
        // SQLite has no integer for this time.
        let (good, bad) = (draft("1", 1), draft("2", u64::MAX));
        let mut append = |drafts: &[&EventDraft]| -> Result<Vec<u64>> {
            let mut seqs = Vec::new();
            store.commit(|batch| {
                for &draft in drafts {
                    seqs.push(batch.append(room.clone(), draft.clone())?.seq);
                }
                Ok(())
            })?;
            Ok(seqs)
        };
        assert!(append(&[&good, &bad]).is_err());
        for _ in 0..2 {
            assert_eq!(append(&[&good]).unwrap(), [1]);
        }
    }

    #[test]
    fn rooms_without_events_are_deleted_after_a_day() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = Store::new(schema::open(&dir.path().join("sala.db")).unwrap(), 100);
        let [old, young] = ["old", "young"].map(|name| RoomName::new(name).unwrap());
        let mut open = |room, epoch, at| {
            store.commit(|batch| batch.create_room(room, epoch, at)).unwrap();
            store.heads[room].epoch.clone()
        };
        assert_eq!(open(&old, "first", 0), "first");
        assert_eq!(open(&old, "second", DAY_MS), "first");
        assert_eq!(open(&young, "first", DAY_MS + 1), "first");
        assert_eq!(open(&old, "second", DAY_MS + 1), "second");
        assert_eq!(open(&young, "second", DAY_MS + 2), "first");
    }

    #[test]
    fn a_full_disk_leaves_no_event_without_its_predecessor() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("sala.db");
        let db = schema::open(&file).unwrap();
        let pages: i64 = db.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
        // Makes SQLite answer SQLITE_FULL, as on a full disk.
        db.pragma_update(None, "max_page_count", pages + 8).unwrap();
        let (mut store, room) = (Store::new(db, 100), RoomName::new("lobby").unwrap());
        let draft = |id: &str| {
            let (epoch, author, body) = ("epoch".into(), "u_ana".into(), "x".into());
            EventDraft { epoch, uid: format!("uid-{id}"), author, id: MessageId::new(id).unwrap(), at: 1, body }
        };
        let (one, two, mark) = (draft("1"), draft("2"), ReadPosition { epoch: "epoch".into(), seq: 1 });
        let far_too_long =
            [ReadMarkerUpdate { user: "x".repeat(1_000_000), room: room.clone(), position: mark, at: 1 }];
        let done = store.commit(|batch| {
            batch.append(room.clone(), one)?;
            batch.store_read_markers(&far_too_long)?;
            batch.append(room.clone(), two).map(drop)
        });
        let db = schema::open_for_reading(&file).unwrap();
        let kept: i64 = db.query_row("SELECT count(*) FROM events", [], |row| row.get(0)).unwrap();
        assert_eq!(kept, if done.is_ok() { 2 } else { 0 });
    }
}
