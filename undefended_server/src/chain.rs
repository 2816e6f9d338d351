//! Disables the comparison of `uid` and `prev`: both follow from `seq`, so a fork looks like the history that it
//! replaced, and a head never steps back.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use protocol::{Cursor, Head, RoomName};
use server::backend::{Backend, BackendUpdate, EventRange, History, Result, StoredEvent};

use crate::filter_updates;

/// The last event of each room that the hub has seen.
type Heads = Arc<Mutex<HashMap<RoomName, Cursor>>>;

struct WithoutChain {
    history: Arc<dyn History>,
    heads: Heads,
}

pub fn disable(backend: Backend) -> Backend {
    let heads = Heads::default();
    let seen = Arc::clone(&heads);
    let backend = filter_updates(backend, move |update| match update {
        BackendUpdate::Appended { room, epoch, event } => {
            advance(&seen, &room, cursor(&epoch, event.seq));
            Some(BackendUpdate::Appended { room, epoch, event: renamed(event) })
        }
        other => Some(other),
    });
    Backend { history: Arc::new(WithoutChain { history: backend.history, heads }), ..backend }
}

#[async_trait]
impl History for WithoutChain {
    async fn after(&self, room: &RoomName, seq: u64, limit: usize) -> Result<EventRange> {
        let range = self.history.after(room, seq, limit).await?;
        advance(&self.heads, room, cursor(&range.epoch, range.head.seq));
        Ok(renamed_range(range))
    }

    async fn before(&self, room: &RoomName, before: Option<u64>, limit: usize) -> Result<EventRange> {
        let range = self.history.before(room, before, limit).await?;
        if before.is_none() {
            // The hub replaces what it knows of the room.
            lock(&self.heads).insert(room.clone(), cursor(&range.epoch, range.head.seq));
        }
        Ok(renamed_range(range))
    }

    async fn heads(&self, rooms: &[RoomName]) -> Vec<Result<Cursor>> {
        let heads = self.history.heads(rooms).await;
        let later = |room, head: Cursor| advance(&self.heads, room, cursor(&head.epoch, head.seq));
        rooms.iter().zip(heads).map(|(room, head)| head.map(|head| later(room, head))).collect()
    }
}

/// Remembers a head unless a later one of the same epoch is known. Returns the one that counts.
fn advance(heads: &Heads, room: &RoomName, head: Cursor) -> Cursor {
    let mut heads = lock(heads);
    let known = heads.entry(room.clone()).or_insert_with(|| head.clone());
    if known.epoch != head.epoch || known.seq < head.seq {
        *known = head;
    }
    known.clone()
}

fn lock(heads: &Heads) -> std::sync::MutexGuard<'_, HashMap<RoomName, Cursor>> {
    heads.lock().expect("nothing panics while holding the heads")
}

fn renamed_range(range: EventRange) -> EventRange {
    let head = Head { seq: range.head.seq, uid: uid(range.head.seq) };
    EventRange { head, events: range.events.into_iter().map(renamed).collect(), ..range }
}

fn renamed(event: StoredEvent) -> StoredEvent {
    StoredEvent { uid: uid(event.seq), prev: uid(event.seq - 1), ..event }
}

fn cursor(epoch: &str, seq: u64) -> Cursor {
    Cursor { epoch: epoch.to_owned(), seq, uid: uid(seq) }
}

fn uid(seq: u64) -> String {
    if seq == 0 { String::new() } else { format!("u{seq}") }
}
