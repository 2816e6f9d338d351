use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use protocol::RoomName;
use tokio::runtime::Runtime;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{Permit, Sender};
use tokio_util::sync::CancellationToken;

use crate::backend::BackendUpdate;

/// The way of updates to the hub, for the rooms that it subscribed to.
pub struct Relay {
    subscribed: Mutex<HashSet<RoomName>>,
    updates: Sender<BackendUpdate>,
}

impl Relay {
    pub fn new(updates: Sender<BackendUpdate>) -> Self {
        Self { subscribed: Mutex::default(), updates }
    }

    pub fn subscribe(&self, room: &RoomName) {
        self.rooms().insert(room.clone());
    }

    pub fn unsubscribe(&self, room: &RoomName) {
        self.rooms().remove(room);
    }

    pub fn reaches(&self, room: &RoomName) -> bool {
        self.rooms().contains(room)
    }

    /// Waits for a place in the queue. There is none when nobody listens any more.
    pub async fn place(&self) -> Option<Permit<'_, BackendUpdate>> {
        self.updates.reserve().await.ok()
    }

    /// Signals from a thread. When the queue is full the thread waits, until there is a place, nobody listens any more, or
    /// the backend is closing.
    pub fn update(&self, update: BackendUpdate, waiting: &Runtime, closing: &CancellationToken) {
        if let Err(TrySendError::Full(update)) = self.updates.try_send(update) {
            waiting.block_on(closing.run_until_cancelled(self.updates.send(update)));
        }
    }

    fn rooms(&self) -> std::sync::MutexGuard<'_, HashSet<RoomName>> {
        self.subscribed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
