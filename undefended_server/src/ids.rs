//! Disables the recognition of retries: every attempt to append gets an id of its own.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use async_trait::async_trait;
use protocol::{MessageId, RoomName};
use rand::distr::{Alphanumeric, SampleString};
use server::backend::{AppendReceipt, Backend, BackendError, Broker, Ephemeral, EventDraft, Result};

/// The Redis client repeats a lost command by itself, with the same id, and a decorator cannot see that. So one of this
/// many answers is lost here, and the hub repeats the append. With ids intact that would change nothing.
const ANSWERS_PER_LOSS: u64 = 20;

struct WithoutIds {
    broker: Arc<dyn Broker>,
    answers: AtomicU64,
}

pub fn disable(backend: Backend) -> Backend {
    Backend { broker: Arc::new(WithoutIds { broker: backend.broker, answers: AtomicU64::new(0) }), ..backend }
}

#[async_trait]
impl Broker for WithoutIds {
    async fn append(&self, room: &RoomName, draft: &EventDraft) -> Result<AppendReceipt> {
        let id =
            MessageId::new(&Alphanumeric.sample_string(&mut rand::rng(), 22)).expect("22 letters and digits are valid");
        let draft = EventDraft { id, ..draft.clone() };
        let receipt = self.broker.append(room, &draft).await?;
        if self.answers.fetch_add(1, Ordering::Relaxed).is_multiple_of(ANSWERS_PER_LOSS) {
            return Err(BackendError::Unavailable("the answer is lost".into()));
        }
        Ok(receipt)
    }

    async fn subscribe(&self, room: &RoomName) -> Result<()> {
        self.broker.subscribe(room).await
    }

    fn unsubscribe(&self, room: &RoomName) {
        self.broker.unsubscribe(room);
    }

    async fn publish_ephemeral(&self, room: &RoomName, ephemeral: &Ephemeral) -> Result<()> {
        self.broker.publish_ephemeral(room, ephemeral).await
    }

    fn is_subscribed(&self) -> bool {
        self.broker.is_subscribed()
    }

    fn subscription_is_down(&self) -> bool {
        self.broker.subscription_is_down()
    }

    fn may_lose_publications(&self) -> bool {
        self.broker.may_lose_publications()
    }
}
