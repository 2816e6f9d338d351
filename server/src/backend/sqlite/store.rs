use std::collections::HashMap;
use std::collections::hash_map;

use protocol::{Head, RoomName};
use rusqlite::{Connection, Result, Transaction, TransactionBehavior, params};

use super::reads;
use crate::backend::{AppendReceipt, EventDraft, ReadReceipt};

/// For how long an event is kept, however many came after it: its id has to be known that long.
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
/// Every so many events of a room its tail is trimmed, by up to twice as many: so trimming costs a small, constant share
/// of appending and still catches up.
const TRIM_EVERY: u64 = 64;
/// How many rooms are remembered with their heads. When it is full all are forgotten, and read from the file again.
const ROOMS: usize = 16_384;

/// The file, as its only writer sees it.
pub struct Store {
    db: Connection,
    heads: HashMap<RoomName, Room>,
    limit: u64,
}

/// What is asked of the store.
pub enum Request<'a> {
    /// Take an event.
    Append(&'a RoomName, &'a EventDraft),
    /// Give a room this epoch, at this time, unless it has one.
    Open(&'a RoomName, &'a str, u64),
    /// Note how far people have read.
    Keep(&'a [ReadReceipt]),
}

/// What became of a request.
pub enum Done {
    /// The event got its place, in this life of the room and after the event of this name.
    Appended { receipt: AppendReceipt, epoch: String, prev: String },
    /// The event was there.
    Known(AppendReceipt),
    /// The room has an epoch.
    Opened,
    /// It is noted how far people have read, or it could not be.
    Kept,
}

struct Room {
    id: i64,
    epoch: String,
    head: Head,
}

impl Store {
    pub fn new(db: Connection, limit: usize) -> Self {
        Self { db, heads: HashMap::new(), limit: limit.max(1) as u64 }
    }

    /// Does all of the requests, in their order, in one transaction; or none of them.
    pub fn commit<'a>(&mut self, requests: impl Iterator<Item = Request<'a>>) -> Result<Vec<Done>> {
        if self.heads.len() > ROOMS {
            self.heads.clear();
        }
        let done = self.attempt(requests);
        if done.is_err() {
            // The heads may be those of the transaction that was rolled back.
            self.heads.clear();
        }
        done
    }

    fn attempt<'a>(&mut self, requests: impl Iterator<Item = Request<'a>>) -> Result<Vec<Done>> {
        let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut work = Work { tx: &tx, heads: &mut self.heads, limit: self.limit };
        let done = requests.map(|request| work.perform(request)).collect::<Result<Vec<_>>>()?;
        tx.commit()?;
        Ok(done)
    }
}

struct Work<'a> {
    tx: &'a Transaction<'a>,
    heads: &'a mut HashMap<RoomName, Room>,
    limit: u64,
}

impl Work<'_> {
    fn perform(&mut self, request: Request<'_>) -> Result<Done> {
        match request {
            Request::Append(room, draft) => self.append(room, draft),
            Request::Open(room, epoch, at) => {
                self.forget_silent_rooms(at)?;
                self.room(room, epoch, at).map(|_| Done::Opened)
            }
            Request::Keep(positions) => {
                // No message of the same transaction is refused for it.
                if let Err(error) = reads::keep(self.tx, positions) {
                    // A disk that is full may have rolled all of it back, and what followed would be kept without it.
                    if self.tx.is_autocommit() {
                        return Err(error);
                    }
                    tracing::warn!(%error, "how far people have read was not kept");
                }
                Ok(Done::Kept)
            }
        }
    }

    fn append(&mut self, name: &RoomName, draft: &EventDraft) -> Result<Done> {
        let (tx, limit) = (self.tx, self.limit);
        let room = self.room(name, &draft.epoch, draft.at)?;
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
            return known(tx, room.id, draft).map(Done::Known);
        }
        tx.prepare_cached("UPDATE rooms SET seq = ?, uid = ? WHERE id = ?")?
            .execute(params![seq, draft.uid, room.id])?;
        let prev = std::mem::replace(&mut room.head, Head { seq, uid: draft.uid.clone() }).uid;
        if seq.is_multiple_of(TRIM_EVERY) {
            trim(tx, room.id, seq.saturating_sub(limit), draft.at)?;
        }
        Ok(Done::Appended { receipt: AppendReceipt { seq, at: draft.at }, epoch: room.epoch.clone(), prev })
    }

    /// The room as it stands, with this epoch if it is new.
    fn room(&mut self, name: &RoomName, epoch: &str, at: u64) -> Result<&mut Room> {
        let place = match self.heads.entry(name.clone()) {
            hash_map::Entry::Occupied(known) => return Ok(known.into_mut()),
            hash_map::Entry::Vacant(place) => place,
        };
        self.tx
            .prepare_cached(
                "INSERT INTO rooms (name, epoch, seq, uid, since) VALUES (?, ?, 0, '', ?) ON CONFLICT (name) DO NOTHING",
            )?
            .execute(params![name.as_str(), epoch, at])?;
        let room = self
            .tx
            .prepare_cached("SELECT id, epoch, seq, uid FROM rooms WHERE name = ?")?
            .query_row([name.as_str()], |row| {
                Ok(Room { id: row.get(0)?, epoch: row.get(1)?, head: Head { seq: row.get(2)?, uid: row.get(3)? } })
            })?;
        Ok(place.insert(room))
    }

    /// Rooms that were only looked at are forgotten after a day, so that made-up addresses do not fill the disk.
    fn forget_silent_rooms(&mut self, now: u64) -> Result<()> {
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

/// The first answer to a draft that was taken before.
fn known(tx: &Transaction<'_>, room: i64, draft: &EventDraft) -> Result<AppendReceipt> {
    tx.prepare_cached("SELECT seq, at FROM events WHERE room = ? AND author = ? AND id = ?")?
        .query_row(params![room, draft.author, draft.id.as_str()], |row| {
            Ok(AppendReceipt { seq: row.get(0)?, at: row.get(1)? })
        })
}

/// Removes the oldest events, up to number `last`, as far as they are more than a day old: a prefix, never a hole.
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
    fn a_batch_is_taken_whole_or_not_at_all() {
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
        // SQLite has no number for this time.
        let (good, bad) = (draft("1", 1), draft("2", u64::MAX));
        let both = [Request::Append(&room, &good), Request::Append(&room, &bad)];
        assert!(store.commit(both.into_iter()).is_err());
        for _ in 0..2 {
            let done = store.commit([Request::Append(&room, &good)].into_iter()).unwrap();
            let [Done::Appended { receipt: AppendReceipt { seq, .. }, .. } | Done::Known(AppendReceipt { seq, .. })] =
                done[..]
            else {
                panic!("a receipt")
            };
            assert_eq!(seq, 1);
        }
    }

    #[test]
    fn rooms_without_a_word_are_forgotten_after_a_day() {
        let dir = tempfile::tempdir().unwrap();
        let mut store = Store::new(schema::open(&dir.path().join("sala.db")).unwrap(), 100);
        let [old, young] = ["old", "young"].map(|name| RoomName::new(name).unwrap());
        let mut open = |room, epoch, at| {
            store.commit([Request::Open(room, epoch, at)].into_iter()).unwrap();
            store.heads[room].epoch.clone()
        };
        assert_eq!(open(&old, "first", 0), "first");
        assert_eq!(open(&old, "second", DAY_MS), "first");
        assert_eq!(open(&young, "first", DAY_MS + 1), "first");
        assert_eq!(open(&old, "second", DAY_MS + 1), "second");
        assert_eq!(open(&young, "second", DAY_MS + 2), "first");
    }

    #[test]
    fn no_event_is_kept_without_the_one_before_it_when_the_disk_is_full() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("sala.db");
        let db = schema::open(&file).unwrap();
        let pages: i64 = db.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
        // As good as a full disk: SQLite answers SQLITE_FULL.
        db.pragma_update(None, "max_page_count", pages + 8).unwrap();
        let (mut store, room) = (Store::new(db, 100), RoomName::new("lobby").unwrap());
        let draft = |id: &str| {
            let (epoch, author, body) = ("epoch".into(), "u_ana".into(), "x".into());
            EventDraft { epoch, uid: format!("uid-{id}"), author, id: MessageId::new(id).unwrap(), at: 1, body }
        };
        let (one, two, mark) = (draft("1"), draft("2"), ReadPosition { epoch: "epoch".into(), seq: 1 });
        let far_too_long = [ReadReceipt { user: "x".repeat(1_000_000), room: room.clone(), position: mark, at: 1 }];
        let requests = [Request::Append(&room, &one), Request::Keep(&far_too_long), Request::Append(&room, &two)];
        let done = store.commit(requests.into_iter());
        let db = schema::open_for_reading(&file).unwrap();
        let kept: i64 = db.query_row("SELECT count(*) FROM events", [], |row| row.get(0)).unwrap();
        assert_eq!(kept, if done.is_ok() { 2 } else { 0 });
    }
}
