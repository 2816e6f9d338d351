use std::collections::HashSet;
use std::sync::Mutex;

use protocol::RoomName;
use tokio::runtime::Runtime;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{Permit, Sender};
use tokio_util::sync::CancellationToken;

use crate::backend::BackendUpdate;
use crate::supervisor::lock;

/// The queue of updates to the hub, for the rooms that the hub has subscribed to.
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

    pub fn is_subscribed(&self, room: &RoomName) -> bool {
        self.rooms().contains(room)
    }

    /// Waits for space in the queue. `None` after the hub has dropped the receiver.
    pub async fn reserve(&self) -> Option<Permit<'_, BackendUpdate>> {
        self.updates.reserve().await.ok()
    }

    /// Sends from a thread. A full queue blocks the thread until there is space, the receiver is dropped or the backend
    /// is closing.
    pub fn send_blocking(&self, update: BackendUpdate, runtime: &Runtime, closing: &CancellationToken) {
        if let Err(TrySendError::Full(update)) = self.updates.try_send(update) {
            runtime.block_on(closing.run_until_cancelled(self.updates.send(update)));
        }
    }

    fn rooms(&self) -> std::sync::MutexGuard<'_, HashSet<RoomName>> {
        lock(&self.subscribed)
    }
}
