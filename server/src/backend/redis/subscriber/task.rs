use std::collections::HashSet;
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ::redis::{Msg, RedisResult};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, OptionFuture};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use super::connection::{Connector, SubscriberConnection, SubscriptionSink, back_off};
use super::probe::Probe;
use super::subscriptions::{SubscriptionBatch, Subscriptions};
use crate::backend::BackendUpdate;
use crate::backend::redis::commands::Commands;
use crate::backend::redis::payload;

/// How many channels one command changes.
const MAX_BATCH: usize = 500;
/// Limit for the confirmation of a batch.
const WAIT: Duration = Duration::from_secs(3);

/// Why an open connection is given up.
const ECHO_LOST: &str = "a probe was not echoed";

/// Keeps a subscribing connection open and forwards its messages.
pub struct SubscriberTask {
    connector: Connector,
    commands: Arc<Commands>,
    subscriptions: Arc<Subscriptions>,
    is_subscribed: Arc<AtomicBool>,
    updates: UpdateSender,
}

enum ConnectionState {
    /// No connection, after this many failed attempts.
    Disconnected { attempts: u32 },
    /// Connected, without any subscriptions so far.
    Connected(Box<SubscriberConnection>),
}

/// State of one connection.
struct ActiveConnection<'a> {
    sink: SubscriptionSink,
    subscribed: HashSet<String>,
    /// The batch that Redis is applying. Changes that arrive meanwhile share the next one.
    batch: Option<BoxFuture<'static, RedisResult<SubscriptionBatch>>>,
    /// Whether every room is subscribed to again.
    restored: bool,
    probe: Probe,
    task: &'a mut SubscriberTask,
}

impl SubscriberTask {
    pub fn new(
        connector: Connector,
        commands: Arc<Commands>,
        subscriptions: Arc<Subscriptions>,
        is_subscribed: Arc<AtomicBool>,
        updates: mpsc::Sender<BackendUpdate>,
    ) -> Self {
        Self { connector, commands, subscriptions, is_subscribed, updates: UpdateSender::new(updates) }
    }

    /// Runs until it is aborted. Without a connection, an earlier run has panicked, and its connection is lost.
    pub async fn run(&mut self, first: Option<SubscriberConnection>) {
        let mut state = match first {
            Some(connection) => ConnectionState::Connected(Box::new(connection)),
            None => self.lose_connection("the task panicked"),
        };
        loop {
            state = match state {
                ConnectionState::Connected(connection) => {
                    let why = self.run_connection(*connection).await;
                    if why != ECHO_LOST {
                        // Redis itself may be unreachable.
                        self.commands.mark_unanswered();
                    }
                    self.lose_connection(why)
                }
                ConnectionState::Disconnected { attempts } => {
                    sleep(back_off(attempts)).await;
                    match self.connector.connect().await {
                        Ok(connection) => ConnectionState::Connected(Box::new(connection)),
                        Err(error) => {
                            tracing::debug!(%error, attempts, "cannot subscribe to Redis");
                            // While one of several masters is away, every instance misses its messages, so this
                            // instance is no worse than others.
                            self.commands.ping_masters().await;
                            ConnectionState::Disconnected { attempts: attempts.saturating_add(1) }
                        }
                    }
                }
            };
        }
    }

    fn lose_connection(&mut self, why: &'static str) -> ConnectionState {
        self.is_subscribed.store(false, Ordering::Relaxed);
        self.subscriptions.reset();
        self.updates.mark_gap();
        tracing::warn!(why, "the subscription to Redis is lost");
        ConnectionState::Disconnected { attempts: 0 }
    }

    /// Reads messages until the connection is lost. Returns why.
    async fn run_connection(&mut self, connection: SubscriberConnection) -> &'static str {
        let SubscriberConnection { sink, mut messages, probe_channels } = connection;
        let probe = Probe::new(Arc::clone(&self.commands), probe_channels);
        let subscriptions = Arc::clone(&self.subscriptions);
        let mut active =
            ActiveConnection { sink, subscribed: HashSet::new(), batch: None, restored: false, probe, task: self };
        active.start_next_batch();
        loop {
            // All branches are cancel-safe: unread messages and notifications are kept by their senders, the batch and
            // the probe are fields, and `flush_gap` only waits for a permit.
            tokio::select! {
                message = messages.next() => match message {
                    Ok((connection, message)) => active.receive(connection, &message),
                    Err(why) => return why,
                },
                Some(done) = OptionFuture::from(active.batch.as_mut()) => match done {
                    Ok(batch) => active.finish(batch),
                    Err(_) => return "a subscription was not confirmed",
                },
                () = subscriptions.changed(), if active.batch.is_none() => active.start_next_batch(),
                () = active.task.updates.flush_gap(), if active.restored => {}
                () = active.probe.failed() => return ECHO_LOST,
            }
        }
    }
}

impl ActiveConnection<'_> {
    fn receive(&mut self, connection: usize, message: &Msg) {
        #[cfg(test)]
        assert_ne!(message.get_payload_bytes(), super::tests::PANIC, "armed by the test");
        self.probe.record_delivery(connection);
        // Probe channels belong to no room, and neither do channels that were unsubscribed from a moment ago.
        let Some(room) = self.task.subscriptions.room(message.get_channel_name()) else { return };
        match payload::decode(room, message.get_payload_bytes()) {
            Ok(update) => self.task.updates.send(update),
            Err(error) => tracing::warn!(%error, "a publication was dropped"),
        }
    }

    /// Starts the next batch, if any. The first time that there is none, every room is subscribed to again.
    fn start_next_batch(&mut self) {
        let batch = self.task.subscriptions.next_batch(&self.subscribed, MAX_BATCH);
        if !batch.is_empty() {
            self.batch = Some(apply(self.sink.clone(), batch).boxed());
        } else if !self.restored {
            self.restored = true;
            self.task.is_subscribed.store(true, Ordering::Relaxed);
        }
    }

    fn finish(&mut self, done: SubscriptionBatch) {
        self.batch = None;
        self.task.subscriptions.confirm(&done.subscribe);
        self.subscribed.extend(done.subscribe);
        for channel in &done.unsubscribe {
            self.subscribed.remove(channel);
        }
        self.start_next_batch();
    }
}

async fn apply(mut sink: SubscriptionSink, batch: SubscriptionBatch) -> RedisResult<SubscriptionBatch> {
    let work = async {
        sink.subscribe(&batch.subscribe).await?;
        sink.unsubscribe(&batch.unsubscribe).await?;
        Ok(batch)
    };
    timeout(WAIT, work).await.unwrap_or_else(|_| Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()))
}

/// Forwards updates to the hub. When the queue is full, updates are dropped until there is space, and
/// [`BackendUpdate::PossibleGap`] takes it: redis-rs's own queue is unbounded, so this side must never stop reading.
struct UpdateSender {
    updates: mpsc::Sender<BackendUpdate>,
    has_gap: bool,
}

impl UpdateSender {
    fn new(updates: mpsc::Sender<BackendUpdate>) -> Self {
        Self { updates, has_gap: false }
    }

    /// Drops updates from now on, until the gap is reported.
    fn mark_gap(&mut self) {
        self.has_gap = true;
    }

    fn send(&mut self, update: BackendUpdate) {
        if self.has_gap {
            return;
        }
        if let Err(mpsc::error::TrySendError::Full(_)) = self.updates.try_send(update) {
            tracing::warn!("the queue of updates is full; rooms will be compared with the history");
            self.mark_gap();
        }
    }

    /// Reports the gap as soon as there is space; pending for ever if there is none to report. Cancel-safe: only
    /// waiting for the permit can be interrupted.
    async fn flush_gap(&mut self) {
        if !self.has_gap {
            return pending().await;
        }
        if let Ok(permit) = self.updates.reserve().await {
            permit.send(BackendUpdate::PossibleGap);
        }
        self.has_gap = false;
    }
}
