use std::sync::Arc;

use async_trait::async_trait;
use protocol::RoomName;

use super::relay::Relay;
use super::writer::Writer;
use crate::backend::{Broker, Draft, Receipt, Result, Signal, Whisper};

/// Takes events to the writer, and whispers straight to the hub.
pub struct LocalBroker {
    writer: Arc<Writer>,
    relay: Arc<Relay>,
}

impl LocalBroker {
    pub fn new(writer: Arc<Writer>, relay: Arc<Relay>) -> Self {
        Self { writer, relay }
    }
}

#[async_trait]
impl Broker for LocalBroker {
    async fn append(&self, room: &RoomName, draft: &Draft) -> Result<Receipt> {
        self.writer.append(room.clone(), draft.clone()).await
    }

    async fn subscribe(&self, room: &RoomName) -> Result<()> {
        self.relay.subscribe(room);
        Ok(())
    }

    fn unsubscribe(&self, room: &RoomName) {
        self.relay.unsubscribe(room);
    }

    async fn whisper(&self, room: &RoomName, whisper: &Whisper) -> Result<()> {
        if self.relay.reaches(room)
            && let Some(place) = self.relay.place().await
        {
            place.send(Signal::Whispered { room: room.clone(), whisper: whisper.clone() });
        }
        Ok(())
    }

    /// There are no other instances.
    fn is_hearing(&self) -> bool {
        true
    }

    fn is_deaf(&self) -> bool {
        false
    }
}
