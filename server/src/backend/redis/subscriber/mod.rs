//! The subscribing connection. Its supervision is not left to redis-rs: the task reconnects for ever, restores every
//! subscription, reports possible gaps, and replaces a connection that is open but delivers nothing.

mod cluster_subscriber;
mod connection;
mod probe;
mod subscriptions;
mod task;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use protocol::RoomName;
use tokio::sync::{Mutex, mpsc};
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

use super::commands::Commands;
use crate::backend::{BackendError, BackendUpdate, Result};
use crate::supervisor::supervise;
pub use connection::{Connector, SubscriberConnection, back_off};
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
        let (task, mut first) = (Arc::new(Mutex::new(task)), Some(first));
        let task = supervise("redis_subscriber", move |_| {
            let (task, connection) = (Arc::clone(&task), first.take());
            async move { task.lock().await.run(connection).await }
        });
        Self { subscriptions, is_subscribed, _task: AbortOnDropHandle::new(tokio::spawn(task)) }
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

#[cfg(test)]
mod tests {
    use ::redis::AsyncCommands;

    use protocol::User;

    use super::*;
    use crate::backend::Ephemeral;
    use crate::backend::redis::{keys::Keys, open};
    use crate::config::RedisConfig;

    /// A publication that makes the task panic.
    pub const PANIC: &[u8] = b"panic";

    #[tokio::test]
    async fn the_task_reconnects_after_a_panic_and_reports_a_possible_gap() {
        let server = testkit::RedisServer::start().await.unwrap();
        let mut backend = open(RedisConfig::new(&server.url(), 1_000)).await.unwrap();
        let room = RoomName::new("lobby").unwrap();
        backend.broker.subscribe(&room).await.unwrap();
        let client = ::redis::Client::open(server.url()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        let _: u64 = connection.publish(Keys::of(&room).channel(), PANIC).await.unwrap();
        let update = timeout(Duration::from_secs(10), backend.updates.recv()).await;
        assert_eq!(update.expect("the task runs again"), Some(BackendUpdate::PossibleGap));
        let typing = Ephemeral::Typing { user: User { id: "u_ana".into(), name: "Ana".into() } };
        backend.broker.publish_ephemeral(&room, &typing).await.unwrap();
        let update = timeout(Duration::from_secs(10), backend.updates.recv()).await;
        assert_eq!(
            update.expect("the room is subscribed to"),
            Some(BackendUpdate::Ephemeral { room, ephemeral: typing })
        );
        assert!(backend.broker.is_subscribed());
    }
}
