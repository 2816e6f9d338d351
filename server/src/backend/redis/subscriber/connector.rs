use std::time::Duration;

use ::redis::RedisResult;
use rand::Rng;
use tokio::time::timeout;

use super::cluster_subscriber::ClusterSubscriber;
use super::connection::SubscriberConnection;
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

/// Delay before the next attempt, 0.1 s to 2 s with jitter.
pub fn back_off(attempt: u32) -> Duration {
    let longest = (100 << attempt.min(5)).min(2_000);
    Duration::from_millis(rand::rng().random_range(longest / 2..=longest).max(100))
}
