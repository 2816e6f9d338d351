//! The sockets: who may open one ([`upgrade`]), reading and writing it ([`connection`]), and what a frame does ([`dispatch`]).

mod connection;
mod dispatch;
mod upgrade;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Instant,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::task::TaskTracker;

use crate::rate_limit::{PerUserLimits, RateLimit, TokenBucket};
use crate::{config::LimitsConfig, http::AppState};

pub use upgrade::upgrade;

/// The bytes of a text that one token pays for: what is stored is bounded, not only how often.
const TOKEN_BYTES: usize = 2_000;

/// How many sockets one person may have on this instance: each of them is a tab or a device.
const SOCKETS_PER_USER: usize = 32;

/// What all sockets of an instance share.
pub struct Sockets {
    /// One permit for each socket that may be open.
    permits: Arc<Semaphore>,
    accepts: Mutex<TokenBucket>,
    /// How many of them each person has.
    by_user: Mutex<HashMap<String, usize>>,
    sends: PerUserLimits,
    joins: PerUserLimits,
    /// axum's graceful shutdown does not wait for upgraded sockets, so they are tracked here.
    open: TaskTracker,
}

impl Sockets {
    /// No socket is open yet.
    #[must_use]
    pub fn new(limits: &LimitsConfig) -> Self {
        let sends = RateLimit { per_second: limits.sends_per_second, burst: limits.sends_burst };
        let accepts = RateLimit { per_second: limits.accepts_per_second, burst: limits.accepts_burst };
        let joins = RateLimit { per_second: limits.joins_per_second, burst: limits.joins_burst };
        Self {
            permits: Arc::new(Semaphore::new(limits.connections.min(Semaphore::MAX_PERMITS))),
            accepts: Mutex::new(TokenBucket::new(accepts, Instant::now())),
            by_user: Mutex::default(),
            sends: PerUserLimits::new(sends),
            joins: PerUserLimits::new(joins),
            open: TaskTracker::new(),
        }
    }

    /// Whether one more socket may be opened now.
    fn may_accept(&self) -> bool {
        self.accepts.lock().expect("no one panics while holding a bucket").take(Instant::now()).is_ok()
    }

    /// Takes a person's tokens for a message: one, and one more for each whole [`TOKEN_BYTES`].
    ///
    /// # Errors
    /// `rate_limited`, with the time until there are enough.
    pub fn may_send(&self, user: &str, text: &str) -> Result<(), protocol::Error> {
        let tokens = 1 + text.len() / TOKEN_BYTES;
        self.sends.take(user, tokens as f64, Instant::now()).map_err(too_fast)
    }

    /// Takes one of a person's tokens for coming into a room: it may cost a subscription, a read and memory, and everybody there
    /// is told.
    ///
    /// # Errors
    /// `rate_limited`, with the time until there is one.
    pub fn may_join(&self, user: &str) -> Result<(), protocol::Error> {
        self.joins.take(user, 1.0, Instant::now()).map_err(too_fast)
    }

    fn by_user(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.by_user.lock().expect("no one panics while counting sockets")
    }

    /// How many are open.
    #[must_use]
    pub fn count(&self) -> usize {
        self.open.len()
    }

    /// Waits until every socket is closed. Call it once the instance is draining.
    pub async fn drained(&self) {
        self.open.close();
        self.open.wait().await;
    }
}

/// The place of one socket, given back when it is dropped.
struct ConnectionPermit {
    app: Arc<AppState>,
    user: String,
    _permit: OwnedSemaphorePermit,
}

impl ConnectionPermit {
    /// None where the instance, or what one person may have of it, is full, or too many come at once.
    fn take(app: &Arc<AppState>, user: &str) -> Option<Self> {
        if !app.sockets.may_accept() {
            return None;
        }
        let permit = Arc::clone(&app.sockets.permits).try_acquire_owned().ok()?;
        let mut by_user = app.sockets.by_user();
        let sockets = by_user.entry(user.to_owned()).or_default();
        if *sockets == SOCKETS_PER_USER {
            return None;
        }
        *sockets += 1;
        Some(Self { app: Arc::clone(app), user: user.to_owned(), _permit: permit })
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        let mut by_user = self.app.sockets.by_user();
        if let Some(sockets) = by_user.get_mut(&self.user) {
            *sockets -= 1;
            if *sockets == 0 {
                by_user.remove(&self.user);
            }
        }
    }
}

fn too_fast(wait: std::time::Duration) -> protocol::Error {
    let wait = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
    protocol::Error::rate_limited(wait.max(1))
}
