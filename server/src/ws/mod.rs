//! The sockets: who may open one ([`upgrade`]), reading and writing it ([`connection`]), and what a frame does ([`dispatch`]).

mod bucket;
mod connection;
mod dispatch;
mod upgrade;

use std::{sync::Arc, time::Instant};

use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use crate::config::LimitsConfig;
use bucket::{Buckets, Rate};

pub use upgrade::upgrade;

/// What all sockets of an instance share.
pub struct Sockets {
    /// One permit for each socket that may be open.
    places: Arc<Semaphore>,
    sends: Buckets,
    /// axum's graceful shutdown does not wait for upgraded sockets, so they are tracked here.
    open: TaskTracker,
}

impl Sockets {
    /// No socket is open yet.
    #[must_use]
    pub fn new(limits: &LimitsConfig) -> Self {
        let sends = Rate { per_second: limits.sends_per_second, burst: limits.sends_burst };
        Self {
            places: Arc::new(Semaphore::new(limits.connections.min(Semaphore::MAX_PERMITS))),
            sends: Buckets::new(sends),
            open: TaskTracker::new(),
        }
    }

    /// Takes one of a person's tokens for a message.
    ///
    /// # Errors
    /// `rate_limited`, with the time until there is one.
    pub fn may_send(&self, user: &str) -> Result<(), protocol::Error> {
        self.sends.take(user, Instant::now()).map_err(too_fast)
    }

    /// Waits until every socket is closed. Call it once the instance is draining.
    pub async fn drained(&self) {
        self.open.close();
        self.open.wait().await;
    }
}

fn too_fast(wait: std::time::Duration) -> protocol::Error {
    let wait = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
    protocol::Error::rate_limited(wait.max(1))
}
