//! Disables the recognition of retries: every attempt to append gets an id of its own.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use protocol::{MessageId, RoomName};
use rand::distr::{Alphanumeric, SampleString};
use server::backend::{AppendReceipt, Backend, BackendError, Broker, Ephemeral, EventDraft, Result};
use tokio::time::timeout;

/// The Redis client repeats a lost command by itself, with the same id. An answer that takes this long counts as lost,
/// so that the hub retries instead. With ids intact such a retry would change nothing.
const LOST_AFTER: Duration = Duration::from_millis(50);

struct WithoutIds(Arc<dyn Broker>);

pub fn disable(backend: Backend) -> Backend {
    Backend { broker: Arc::new(WithoutIds(backend.broker)), ..backend }
}

#[async_trait]
impl Broker for WithoutIds {
    async fn append(&self, room: &RoomName, draft: &EventDraft) -> Result<AppendReceipt> {
        let id =
            MessageId::new(&Alphanumeric.sample_string(&mut rand::rng(), 22)).expect("22 letters and digits are valid");
        let draft = EventDraft { id, ..draft.clone() };
        let lost = || BackendError::Unavailable("the answer counts as lost".into());
        timeout(LOST_AFTER, self.0.append(room, &draft)).await.map_err(|_| lost())?
    }

    async fn subscribe(&self, room: &RoomName) -> Result<()> {
        self.0.subscribe(room).await
    }

    fn unsubscribe(&self, room: &RoomName) {
        self.0.unsubscribe(room);
    }

    async fn publish_ephemeral(&self, room: &RoomName, ephemeral: &Ephemeral) -> Result<()> {
        self.0.publish_ephemeral(room, ephemeral).await
    }

    fn is_subscribed(&self) -> bool {
        self.0.is_subscribed()
    }

    fn subscription_is_down(&self) -> bool {
        self.0.subscription_is_down()
    }
}
