use std::sync::Arc;

use async_trait::async_trait;
use protocol::RoomName;

use super::relay::Relay;
use super::writer::Writer;
use crate::backend::{AppendReceipt, BackendUpdate, Broker, Ephemeral, EventDraft, Result};

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
        self.writer.append(room.clone(), draft.clone()).await
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
