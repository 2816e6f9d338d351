use std::time::Duration;

use ::redis::aio::{PubSub, PubSubSink, PubSubStream};
use ::redis::{Msg, RedisResult};
use futures_util::StreamExt;
use rand::Rng;
use tokio::time::timeout;

use super::cluster_subscriber::{ClusterMessages, ClusterSubscriber};
use crate::backend::redis::endpoint::Endpoint;
use crate::random;

/// Limit for one attempt.
const WAIT: Duration = Duration::from_secs(2);

/// Opens subscribing connections.
pub struct Connector {
    endpoint: Endpoint,
    probe_channel: String,
}

impl Connector {
    pub fn new(endpoint: Endpoint) -> Self {
        let instance = random::token(16);
        Self { endpoint, probe_channel: format!("sala:probe:{instance}") }
    }

    /// Connects and subscribes to the probe channel. Its confirmation shows that the server answers: a stopped server
    /// accepts connections as well.
    pub async fn connect(&self) -> RedisResult<SubscriberConnection> {
        let connecting = async {
            if self.endpoint.is_cluster() {
                return ClusterSubscriber::connect(&self.endpoint, &self.probe_channel).await;
            }
            let mut pubsub = self.endpoint.client().await?.get_async_pubsub().await?;
            pubsub.subscribe(&self.probe_channel).await?;
            Ok(SubscriberConnection::to_server(pubsub, &self.probe_channel))
        };
        timeout(WAIT, connecting)
            .await
            .unwrap_or_else(|_| Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()))
    }
}

/// One subscribing connection, or in a cluster one to each master, which are opened and closed together.
pub struct SubscriberConnection {
    pub sink: SubscriptionSink,
    pub messages: MessageStream,
    /// For each connection, a channel on which only this instance publishes.
    pub probe_channels: Vec<String>,
}

/// The sending half.
#[derive(Clone)]
pub enum SubscriptionSink {
    Server(PubSubSink),
    Cluster(ClusterSubscriber),
}

/// The receiving half. Its queue inside redis-rs is unbounded, so it must be read continuously.
pub enum MessageStream {
    Server(PubSubStream),
    Cluster(ClusterMessages),
}

impl SubscriberConnection {
    pub fn to_server(pubsub: PubSub, probe_channel: &str) -> Self {
        let (sink, messages) = pubsub.split();
        Self {
            sink: SubscriptionSink::Server(sink),
            messages: MessageStream::Server(messages),
            probe_channels: vec![probe_channel.to_owned()],
        }
    }
}

impl SubscriptionSink {
    /// Returns when all channels are confirmed.
    ///
    /// # Errors
    /// A channel was not confirmed; none of them can be relied on.
    pub async fn subscribe(&mut self, channels: &[String]) -> RedisResult<()> {
        match self {
            Self::Server(_) if channels.is_empty() => Ok(()),
            Self::Server(sink) => sink.subscribe(channels).await,
            Self::Cluster(cluster) => cluster.subscribe(channels).await,
        }
    }

    /// Returns when all channels are confirmed.
    ///
    /// # Errors
    /// As [`Self::subscribe`].
    pub async fn unsubscribe(&mut self, channels: &[String]) -> RedisResult<()> {
        match self {
            Self::Server(_) if channels.is_empty() => Ok(()),
            Self::Server(sink) => sink.unsubscribe(channels).await,
            Self::Cluster(cluster) => cluster.unsubscribe(channels).await,
        }
    }
}

impl MessageStream {
    /// The next message, and the index of its connection. Cancel-safe: an unread message stays in the queue.
    ///
    /// # Errors
    /// Why the stream has ended.
    pub async fn next(&mut self) -> Result<(usize, Msg), &'static str> {
        match self {
            Self::Server(messages) => messages.next().await.map(|message| (0, message)).ok_or("it was closed"),
            Self::Cluster(messages) => messages.next().await,
        }
    }
}

/// Delay before the next attempt, 0.1 s to 2 s with jitter.
pub fn back_off(attempt: u32) -> Duration {
    let longest = (100 << attempt.min(5)).min(2_000);
    Duration::from_millis(rand::rng().random_range(longest / 2..=longest).max(100))
}
