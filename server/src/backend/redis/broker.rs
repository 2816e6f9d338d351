use std::sync::{Arc, LazyLock};
use std::time::Duration;

use ::redis::{Script, ScriptInvocation};
use async_trait::async_trait;
use protocol::RoomName;

use super::commands::Commands;
use super::keys::Keys;
use super::payload;
use super::subscriber::Subscriber;
use crate::backend::{AppendReceipt, BackendError, Broker, Ephemeral, EventDraft, Result};

static APPEND: LazyLock<Script> =
    LazyLock::new(|| Script::new(concat!(include_str!("scripts/epoch.lua"), include_str!("scripts/append.lua"))));

/// Appends by script; updates arrive on the subscriber's connection.
pub struct RedisBroker {
    commands: Arc<Commands>,
    /// Runs appends where replicas have to confirm them.
    replicated: Option<ReplicatedCommands>,
    subscriber: Subscriber,
    history_limit: usize,
}

impl RedisBroker {
    pub fn new(
        commands: Arc<Commands>,
        replicated: Option<ReplicatedCommands>,
        subscriber: Subscriber,
        history_limit: usize,
    ) -> Self {
        Self { commands, replicated, subscriber, history_limit }
    }
}

#[async_trait]
impl Broker for RedisBroker {
    async fn append(&self, room: &RoomName, draft: &EventDraft) -> Result<AppendReceipt> {
        let keys = Keys::of(room);
        let mut append = APPEND.prepare_invoke();
        append
            .key(keys.history())
            .arg(self.commands.publish_command())
            .arg(keys.channel())
            .arg(&draft.epoch)
            .arg(&draft.uid);
        // A message id has no slash, so the pair is unambiguous.
        append.arg(format!("{}/{}", draft.author, draft.id)).arg(draft.at).arg(&draft.body).arg(self.history_limit);
        append.arg(u8::from(self.replicated.is_some()));
        let (seq, at) = match &self.replicated {
            Some(replicated) => replicated.run(room, &append).await?,
            None => self.commands.run(room, &append).await?,
        };
        Ok(AppendReceipt { seq, at })
    }

    async fn subscribe(&self, room: &RoomName) -> Result<()> {
        self.subscriber.subscribe(room).await
    }

    fn unsubscribe(&self, room: &RoomName) {
        self.subscriber.unsubscribe(room);
    }

    async fn publish_ephemeral(&self, room: &RoomName, ephemeral: &Ephemeral) -> Result<()> {
        self.commands.publish(&Keys::of(room).channel(), &payload::encode(ephemeral)).await
    }

    fn is_subscribed(&self) -> bool {
        self.subscriber.is_subscribed()
    }

    fn subscription_is_down(&self) -> bool {
        !self.is_subscribed() && self.commands.are_reachable()
    }

    /// Pub/sub delivers at most once.
    fn may_lose_publications(&self) -> bool {
        true
    }
}

/// Appends that are acknowledged only when replicas have them. `WAIT` blocks its connection, so they use connections of
/// their own.
pub struct ReplicatedCommands {
    commands: Commands,
    count: u32,
    wait: Duration,
}

impl ReplicatedCommands {
    pub fn new(commands: Commands, count: u32, wait: Duration) -> Self {
        Self { commands, count, wait }
    }

    /// Runs a writing script and waits until the replicas have the write.
    ///
    /// # Errors
    /// [`BackendError::Unavailable`], also when too few replicas had the write in time: it is stored, but may be lost.
    pub async fn run<T: ::redis::FromRedisValue>(&self, room: &RoomName, script: &ScriptInvocation<'_>) -> Result<T> {
        let (answer, replicas): (T, u32) = self.commands.run_and_wait(room, script, self.count, self.wait).await?;
        if replicas < self.count {
            metrics::counter!("sala_replicas_short_total").increment(1);
            return Err(BackendError::Unavailable(format!("{replicas} of {} replicas have it", self.count)));
        }
        Ok(answer)
    }
}
