use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ::redis::aio::{MultiplexedConnection, SendError};
use ::redis::{AsyncConnectionConfig, Msg, PushInfo, PushKind, RedisResult, Value};
use futures_util::future::try_join_all;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::sleep;
use tokio_util::task::AbortOnDropHandle;

use super::connection::{MessageStream, SubscriberConnection, SubscriptionSink};
use crate::backend::UPDATE_QUEUE;
use crate::backend::redis::endpoint::{ClusterNode, Endpoint, SlotMap};
use crate::supervisor::lock;

/// Limit for one response of a node. A waiting subscription is given up sooner.
const WAIT: Duration = Duration::from_secs(4);
/// How often each node is asked for the slot map. A node reports by itself that it lost a slot, but newer versions do
/// not when they become a replica.
const CHECK: Duration = Duration::from_secs(4);

/// How many messages may wait to be read. When the queue is full, a message is lost and all connections are replaced.
const QUEUE: usize = 16 * UPDATE_QUEUE;

/// One connection to each master of a cluster. They are replaced together: when one is lost or one slot moves,
/// everything is subscribed to again with the new slot map.
#[derive(Clone)]
pub struct ClusterSubscriber {
    slots: Arc<SlotMap>,
    connections: Arc<Vec<MultiplexedConnection>>,
    unsubscribing: Unsubscribing,
}

/// Messages from all connections of a [`ClusterSubscriber`].
pub struct ClusterMessages {
    pushes: Receiver<(usize, PushInfo)>,
    overflowed: Arc<AtomicBool>,
    unsubscribing: Unsubscribing,
    watch: AbortOnDropHandle<()>,
}

/// Channels that were unsubscribed from on purpose. Any other unsubscription means that the slot has moved.
type Unsubscribing = Arc<Mutex<HashSet<String>>>;

impl ClusterSubscriber {
    /// Connects to every master and subscribes to a probe channel there. The confirmations show that the masters answer
    /// and that the slot map is right.
    pub async fn connect(endpoint: &Endpoint, name: &str) -> RedisResult<SubscriberConnection> {
        let slots = Arc::new(endpoint.slots().await?);
        let (pushes_tx, pushes) = channel(QUEUE);
        let overflowed = Arc::new(AtomicBool::new(false));
        let masters = slots.masters();
        let connecting = masters.iter().enumerate().map(|(number, master)| {
            let (pushes_tx, overflowed) = (pushes_tx.clone(), Arc::clone(&overflowed));
            connect(endpoint, master, move |push| forward(&pushes_tx, number, push, &overflowed))
        });
        let connections = Arc::new(try_join_all(connecting).await?);
        let probe_channels: Vec<_> = masters.into_iter().map(|master| channel_at(&slots, master, name)).collect();
        let unsubscribing = Unsubscribing::default();
        let watch = AbortOnDropHandle::new(tokio::spawn(watch(Arc::clone(&slots), Arc::clone(&connections))));
        let messages = ClusterMessages { pushes, overflowed, unsubscribing: Arc::clone(&unsubscribing), watch };
        let cluster = Self { slots, connections, unsubscribing };
        cluster.subscribe(&probe_channels).await?;
        Ok(SubscriberConnection {
            sink: SubscriptionSink::Cluster(cluster),
            messages: MessageStream::Cluster(messages),
            probe_channels,
        })
    }

    pub async fn subscribe(&self, channels: &[String]) -> RedisResult<()> {
        self.command("SSUBSCRIBE", channels).await
    }

    pub async fn unsubscribe(&self, channels: &[String]) -> RedisResult<()> {
        lock(&self.unsubscribing).extend(channels.iter().cloned());
        self.command("SUNSUBSCRIBE", channels).await
    }

    /// One command for each channel: a command must not cross slots, and redis-rs expects one confirmation for each
    /// command.
    async fn command(&self, name: &str, channels: &[String]) -> RedisResult<()> {
        let masters = self.slots.masters();
        let mut pipelines: BTreeMap<&ClusterNode, ::redis::Pipeline> = BTreeMap::new();
        for channel in channels {
            pipelines.entry(self.slots.master_of(channel)).or_default().cmd(name).arg(channel);
        }
        let sending = masters.iter().zip(self.connections.iter()).filter_map(|(master, connection)| {
            let (pipeline, mut connection) = (pipelines.remove(master)?, connection.clone());
            Some(async move { pipeline.exec_async(&mut connection).await })
        });
        try_join_all(sending).await.map(|_| ())
    }
}

async fn connect(
    endpoint: &Endpoint,
    master: &ClusterNode,
    pushes_tx: impl Fn(PushInfo) -> Result<(), SendError> + Send + Sync + 'static,
) -> RedisResult<MultiplexedConnection> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(WAIT))
        .set_response_timeout(Some(WAIT))
        .set_push_sender(pushes_tx);
    endpoint.resp3_client_at(master)?.get_multiplexed_async_connection_with_config(&config).await
}

fn forward(
    pushes_tx: &Sender<(usize, PushInfo)>,
    number: usize,
    push: PushInfo,
    overflowed: &AtomicBool,
) -> Result<(), SendError> {
    pushes_tx.try_send((number, push)).map_err(|_| {
        overflowed.store(true, Ordering::Relaxed);
        SendError
    })
}

/// Returns when a master reports another slot map.
async fn watch(slots: Arc<SlotMap>, connections: Arc<Vec<MultiplexedConnection>>) {
    let masters: Vec<_> = slots.masters().into_iter().cloned().collect();
    for (master, connection) in masters.iter().zip(connections.iter()).cycle() {
        sleep(CHECK).await;
        let mut connection = connection.clone();
        let answer: RedisResult<Value> = ::redis::cmd("CLUSTER").arg("SLOTS").query_async(&mut connection).await;
        // A node that does not answer is found by the probe.
        let now = answer.and_then(|answer| SlotMap::read(answer, master));
        if now.is_ok_and(|(now, _)| now != *slots) {
            return;
        }
    }
}

/// The first numbered channel whose slot belongs to `master`.
fn channel_at(slots: &SlotMap, master: &ClusterNode, name: &str) -> String {
    let mut names = (0_u64..).map(|number| format!("{name}:{number}"));
    names.find(|name| slots.master_of(name) == master).expect("a master has a slot, and some name falls into it")
}

impl ClusterMessages {
    /// As [`MessageStream::next`].
    pub async fn next(&mut self) -> Result<(usize, Msg), &'static str> {
        loop {
            let push = tokio::select! {
                push = self.pushes.recv() => push,
                _ = &mut self.watch => return Err("the slots of the cluster have other masters"),
            };
            if self.overflowed.load(Ordering::Relaxed) {
                return Err("messages arrived faster than they were read");
            }
            let Some((member, push)) = push else { return Err("all connections were closed") };
            match push.kind {
                PushKind::SMessage => {
                    if let Some(message) = Msg::from_push_info(push) {
                        return Ok((member, message));
                    }
                }
                PushKind::SUnsubscribe if !self.was_requested(&push) => return Err("a slot has moved"),
                PushKind::Disconnection => return Err("a connection was closed"),
                _ => {}
            }
        }
    }

    fn was_requested(&self, left: &PushInfo) -> bool {
        let channel = left.data.first().and_then(|channel| ::redis::from_redis_value_ref::<String>(channel).ok());
        channel.is_some_and(|channel| lock(&self.unsubscribing).remove(&channel))
    }
}
