//! The state that `http` and `ws` share. The two do not use each other.

use std::sync::Arc;

use axum::http::{HeaderMap, header};
use leptos::config::LeptosOptions;
use metrics_exporter_prometheus::PrometheusHandle;
use protocol::User;
use tokio_util::sync::CancellationToken;

use crate::{clock, config::Config, hub::Hub, rate_limit::RateLimits, session::Sessions, ws::Sockets};

/// The state that every handler can access.
pub struct AppState {
    /// The configuration.
    pub config: Config,
    /// The rooms.
    pub hub: Arc<Hub>,
    /// The sessions.
    pub sessions: Sessions,
    /// The rate limits of users.
    pub rate_limits: RateLimits,
    /// The open sockets.
    pub sockets: Sockets,
    /// Location and names of the built site's files.
    pub leptos: LeptosOptions,
    /// The metrics of this process.
    pub metrics: PrometheusHandle,
    /// Cancelled when the shutdown begins.
    pub draining: CancellationToken,
}

impl AppState {
    /// Whether the instance is shutting down.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.draining.is_cancelled()
    }
}

/// The signed-in user of a request.
#[must_use]
pub fn session_of(app: &AppState, headers: &HeaderMap) -> Option<User> {
    let now = clock::now_ms();
    // HTTP/2 may split the cookies over several headers.
    headers.get_all(header::COOKIE).iter().find_map(|cookies| app.sessions.read(cookies.to_str().ok()?, now))
}
