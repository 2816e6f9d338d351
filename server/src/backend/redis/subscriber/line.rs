use std::time::Duration;

use ::redis::RedisResult;
use rand::Rng;
use rand::distr::{Alphanumeric, SampleString};
use tokio::time::timeout;

use super::listening::Listening;
use super::members::Members;
use crate::backend::redis::place::Place;

/// How long one try may take.
const WAIT: Duration = Duration::from_secs(2);

/// Where to connect to, and the channel that this instance alone listens to.
pub struct Line {
    place: Place,
    own_channel: String,
}

impl Line {
    pub fn new(place: Place) -> Self {
        let instance = Alphanumeric.sample_string(&mut rand::rng(), 16);
        Self { place, own_channel: format!("sala:probe:{instance}") }
    }

    /// Connects and subscribes to the own channel. Its confirmation shows that somebody is there: a server that is stopped
    /// accepts connections, too.
    pub async fn connect(&self) -> RedisResult<Listening> {
        let connecting = async {
            if self.place.is_cluster() {
                return Members::connect(&self.place, &self.own_channel).await;
            }
            let mut pubsub = self.place.client().await?.get_async_pubsub().await?;
            pubsub.subscribe(&self.own_channel).await?;
            Ok(Listening::to_server(pubsub, &self.own_channel))
        };
        timeout(WAIT, connecting)
            .await
            .unwrap_or_else(|_| Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()))
    }
}

/// How long to wait after so many vain attempts: 0.1 s to 2 s, and never the same for all instances.
pub fn back_off(attempt: u32) -> Duration {
    let longest = (100 << attempt.min(5)).min(2_000);
    Duration::from_millis(rand::rng().random_range(longest / 2..=longest).max(100))
}
