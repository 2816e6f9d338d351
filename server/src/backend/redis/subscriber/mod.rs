//! The subscribing connection. Its supervision is not left to redis-rs: the task reconnects for ever, restores every
//! subscription, reports possible gaps, and replaces a connection that is open but delivers nothing.

mod cluster_subscriber;
mod connection;
mod connector;
mod probe;
mod subscriptions;
mod task;
mod update_sender;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use protocol::RoomName;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

use super::commands::Commands;
use crate::backend::{BackendError, BackendUpdate, Result};
pub use connection::SubscriberConnection;
pub use connector::{Connector, back_off};
use subscriptions::Subscriptions;
use task::SubscriberTask;

/// How long a subscription may wait for its confirmation, including a reconnection.
const TIMEOUT: Duration = Duration::from_secs(4);

/// Handle to the subscriber task. Dropping it closes the connection.
pub struct Subscriber {
    subscriptions: Arc<Subscriptions>,
    is_subscribed: Arc<AtomicBool>,
    _task: AbortOnDropHandle<()>,
}

impl Subscriber {
    pub fn start(
        connector: Connector,
        first: SubscriberConnection,
        commands: Arc<Commands>,
        updates: mpsc::Sender<BackendUpdate>,
    ) -> Self {
        let (subscriptions, is_subscribed) = (Arc::new(Subscriptions::default()), Arc::new(AtomicBool::new(true)));
        let task =
            SubscriberTask::new(connector, commands, Arc::clone(&subscriptions), Arc::clone(&is_subscribed), updates);
        Self { subscriptions, is_subscribed, _task: AbortOnDropHandle::new(tokio::spawn(task.run(first))) }
    }

    pub async fn subscribe(&self, room: &RoomName) -> Result<()> {
        let mut pending = self.subscriptions.request(room);
        match timeout(TIMEOUT, pending.confirmed()).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(BackendError::Unavailable("the room was unsubscribed from meanwhile".into())),
            Err(_) => Err(BackendError::Unavailable("Redis did not confirm a subscription in time".into())),
        }
    }

    pub fn unsubscribe(&self, room: &RoomName) {
        self.subscriptions.remove(room);
    }

    pub fn is_subscribed(&self) -> bool {
        self.is_subscribed.load(Ordering::Relaxed)
    }
}
