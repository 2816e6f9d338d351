use std::sync::{Arc, LazyLock};

use ::redis::Script;
use async_trait::async_trait;
use protocol::RoomName;

use super::commands::Commands;
use super::copies::Copies;
use super::keys::Keys;
use super::payload;
use super::subscriber::Subscriber;
use crate::backend::{AppendReceipt, Broker, Ephemeral, EventDraft, Result};
use crate::defence::{Defence, stands};

static APPEND: LazyLock<Script> = LazyLock::new(|| {
    let script = concat!(include_str!("scripts/life.lua"), include_str!("scripts/append.lua"));
    if stands(Defence::Ids) {
        Script::new(script)
    } else {
        Script::new(&script.replace("\nif receipt then", "\nif false then"))
    }
});

/// Appends by script and listens on a connection of its own.
pub struct RedisBroker {
    commands: Arc<Commands>,
    /// Where an append has to be copied before it counts.
    copies: Option<Copies>,
    subscriber: Subscriber,
    history_limit: usize,
}

impl RedisBroker {
    pub fn new(commands: Arc<Commands>, copies: Option<Copies>, subscriber: Subscriber, history_limit: usize) -> Self {
        Self { commands, copies, subscriber, history_limit }
    }
}

#[async_trait]
impl Broker for RedisBroker {
    async fn append(&self, room: &RoomName, draft: &EventDraft) -> Result<AppendReceipt> {
        let keys = Keys::of(room);
        let mut append = APPEND.prepare_invoke();
        append.key(keys.history()).arg(self.commands.word()).arg(keys.channel()).arg(&draft.epoch).arg(&draft.uid);
        // The id has no slash, so the two cannot be parted in another way.
        append.arg(format!("{}/{}", draft.author, draft.id)).arg(draft.at).arg(&draft.body).arg(self.history_limit);
        append.arg(u8::from(self.copies.is_some()));
        let (seq, at) = match &self.copies {
            Some(copies) => copies.run(room, &append).await?,
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
        !self.is_subscribed() && self.commands.are_answered()
    }
}
