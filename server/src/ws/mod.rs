//! WebSockets: accepting them ([`upgrade`]), reading and writing ([`connection`]), and handling frames ([`dispatch`]).

mod connection;
mod dispatch;
mod upgrade;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Instant,
};

use axum::{Router, routing::get};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::task::TaskTracker;

use crate::{
    app_state::AppState,
    config::LimitsConfig,
    rate_limit::{RateLimit, TokenBucket},
    supervisor::lock,
};

/// The routes of the WebSocket.
pub fn routes() -> Router<Arc<AppState>> {
    Router::new().route("/ws", get(upgrade::upgrade))
}

/// How many sockets one user may have on this instance: each is a tab or a device.
const SOCKETS_PER_USER: usize = 32;

/// State shared by all sockets of this instance.
pub struct Sockets {
    /// One permit for each socket that may be open.
    permits: Arc<Semaphore>,
    accepts: Mutex<TokenBucket>,
    /// Number of open sockets per user id.
    by_user: Mutex<HashMap<String, usize>>,
    /// Open sockets. axum's graceful shutdown does not wait for upgraded connections.
    open: TaskTracker,
}

impl Sockets {
    /// No open sockets.
    #[must_use]
    pub fn new(limits: &LimitsConfig) -> Self {
        let accepts = RateLimit { per_second: limits.accepts_per_second, burst: limits.accepts_burst };
        Self {
            permits: Arc::new(Semaphore::new(limits.connections.min(Semaphore::MAX_PERMITS))),
            accepts: Mutex::new(TokenBucket::new(accepts, Instant::now())),
            by_user: Mutex::default(),
            open: TaskTracker::new(),
        }
    }

    /// Takes a token for accepting a socket. Returns whether there was one.
    fn may_accept(&self) -> bool {
        lock(&self.accepts).take(Instant::now()).is_ok()
    }

    fn by_user(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        lock(&self.by_user)
    }

    /// Number of open sockets.
    #[must_use]
    pub fn count(&self) -> usize {
        self.open.len()
    }

    /// Waits until every socket is closed. Called after draining has begun.
    pub async fn drained(&self) {
        self.open.close();
        self.open.wait().await;
    }
}

/// Permission for one open socket, released on drop.
struct ConnectionPermit {
    app: Arc<AppState>,
    user: String,
    _permit: OwnedSemaphorePermit,
}

impl ConnectionPermit {
    /// `None` if the instance or the user has too many sockets, or too many are opened at once.
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
