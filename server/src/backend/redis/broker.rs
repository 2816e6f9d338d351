use std::sync::{Arc, LazyLock};

use ::redis::Script;
use async_trait::async_trait;
use protocol::RoomName;

use super::commands::Commands;
use super::keys::Keys;
use super::payload;
use super::replicas::ReplicatedCommands;
use super::subscriber::Subscriber;
use crate::backend::{AppendReceipt, Broker, Ephemeral, EventDraft, Result};

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
