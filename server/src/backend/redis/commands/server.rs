use std::future::Future;
use std::sync::Mutex;
use std::time::Duration;

use ::redis::aio::ConnectionManager;
use ::redis::{ErrorKind, RedisResult, ServerErrorKind};
use tokio::time::Instant;

use super::Retry;
use super::connection::{NodeConnection, is_auth_failure, settings};
use crate::backend::redis::endpoint::Endpoint;
use crate::supervisor::lock;

/// Least time between two replacements of the connection after the server became a replica or rejected the password.
const MIN_INTERVAL: Duration = Duration::from_secs(1);

/// The connection to one server, or to the present master behind Sentinels.
pub struct ServerConnection {
    endpoint: Endpoint,
    state: Mutex<ServerState>,
}

struct ServerState {
    manager: ConnectionManager,
    connected_at: Instant,
}

impl ServerConnection {
    pub async fn connect(endpoint: Endpoint) -> RedisResult<Self> {
        let mut manager = ConnectionManager::new_with_config(endpoint.client().await?, settings()).await?;
        ::redis::cmd("PING").exec_async(&mut manager).await?;
        Ok(Self { endpoint, state: Mutex::new(ServerState { manager, connected_at: Instant::now() }) })
    }

    /// Repeats the call once if the connection was broken or the server is read-only. The first call may have taken
    /// effect.
    pub async fn call<T, F>(&self, retry: Retry, call: impl Fn(NodeConnection) -> F) -> RedisResult<T>
    where
        F: Future<Output = RedisResult<T>>,
    {
        match call(self.connection()).await {
            result if retry == Retry::Never => return result,
            Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::ReadOnly) => self.reconnect().await?,
            Err(error) if self.endpoint.may_move() && error.is_io_error() => self.reconnect().await?,
            Err(error) if is_auth_failure(&error) => self.reconnect().await?,
            Err(error) if error.is_connection_dropped() => {}
            result => return result,
        }
        call(self.connection()).await
    }

    fn connection(&self) -> NodeConnection {
        let manager = lock(&self.state).manager.clone();
        NodeConnection { manager, asking: false }
    }

    /// After a failover the address may lead to the new master while the manager keeps its working connection to the
    /// old one, which is a replica now.
    async fn reconnect(&self) -> RedisResult<()> {
        let is_new = || lock(&self.state).connected_at.elapsed() < MIN_INTERVAL;
        if !is_new() {
            let manager = ConnectionManager::new_lazy_with_config(self.endpoint.client().await?, settings())?;
            let mut state = lock(&self.state);
            *state = ServerState { manager, connected_at: Instant::now() };
        }
        Ok(())
    }
}
