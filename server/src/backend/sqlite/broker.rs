use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use protocol::RoomName;
use tokio::runtime::Runtime;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{Permit, Sender};
use tokio_util::sync::CancellationToken;

use super::writer::Writer;
use crate::backend::{AppendReceipt, BackendUpdate, Broker, Ephemeral, EventDraft, Result};
use crate::supervisor::lock;

/// Sends appends to the writer thread, and ephemerals straight to the hub.
pub struct SqliteBroker {
    writer: Arc<Writer>,
    relay: Arc<Relay>,
}

impl SqliteBroker {
    pub fn new(writer: Arc<Writer>, relay: Arc<Relay>) -> Self {
        Self { writer, relay }
    }
}

#[async_trait]
impl Broker for SqliteBroker {
    async fn append(&self, room: &RoomName, draft: &EventDraft) -> Result<AppendReceipt> {
        let (room, draft) = (room.clone(), draft.clone());
        self.writer.write(move |batch| batch.append(room, draft)).await
    }

    async fn subscribe(&self, room: &RoomName) -> Result<()> {
        self.relay.subscribe(room);
        Ok(())
    }

    fn unsubscribe(&self, room: &RoomName) {
        self.relay.unsubscribe(room);
    }

    async fn publish_ephemeral(&self, room: &RoomName, ephemeral: &Ephemeral) -> Result<()> {
        if self.relay.is_subscribed(room)
            && let Some(permit) = self.relay.reserve().await
        {
            permit.send(BackendUpdate::Ephemeral { room: room.clone(), ephemeral: ephemeral.clone() });
        }
        Ok(())
    }

    /// There are no other instances.
    fn is_subscribed(&self) -> bool {
        true
    }

    fn subscription_is_down(&self) -> bool {
        false
    }

    /// The writer waits for space in the queue of updates, and reports a possible gap after a panic.
    fn may_lose_publications(&self) -> bool {
        false
    }
}

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

    fn rooms(&self) -> MutexGuard<'_, HashSet<RoomName>> {
        lock(&self.subscribed)
    }
}
