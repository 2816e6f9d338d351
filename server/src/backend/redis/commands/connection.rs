use std::time::Duration;

use ::redis::aio::{ConnectionManager, ConnectionManagerConfig};
use ::redis::{ErrorKind, FromRedisValue, Pipeline, RedisError, RedisResult};

/// Limit for one connection attempt and for one response.
pub const WAIT: Duration = Duration::from_secs(2);

/// A connection to one node.
pub struct NodeConnection {
    pub manager: ConnectionManager,
    /// Prefix each command with `ASKING`, for a slot that is being migrated to this node.
    pub asking: bool,
}

impl NodeConnection {
    /// Sends a pipeline.
    ///
    /// # Errors
    /// The first error in the responses.
    pub async fn send<T: FromRedisValue>(&self, pipeline: &Pipeline) -> RedisResult<T> {
        let mut manager = self.manager.clone();
        if !self.asking {
            return pipeline.query_async(&mut manager).await;
        }
        let mut introduced = ::redis::pipe();
        for command in pipeline.cmd_iter() {
            introduced.cmd("ASKING").ignore().add_command(command.clone());
        }
        introduced.query_async(&mut manager).await
    }
}

/// One retry only: a call fails instead of hanging, and each failing call starts another connection attempt.
pub fn settings() -> ConnectionManagerConfig {
    ConnectionManagerConfig::new()
        .set_connection_timeout(Some(WAIT))
        .set_response_timeout(Some(WAIT))
        .set_number_of_retries(1)
        .set_min_delay(Duration::from_millis(100))
        .set_max_delay(Duration::from_millis(500))
        // Commands that may wait to be written. When the buffer is full, callers wait.
        .set_pipeline_buffer_size(1_024)
}

/// Whether Redis rejected the password. The connection manager does not reconnect after that, although the password may
/// become valid again, so the connection has to be replaced.
pub fn is_auth_failure(error: &RedisError) -> bool {
    error.kind() == ErrorKind::AuthenticationFailed
}
