use std::time::Duration;

use ::redis::aio::{ConnectionManager, ConnectionManagerConfig};
use ::redis::{ErrorKind, FromRedisValue, Pipeline, RedisError, RedisResult};

/// How long to wait for one connection, and for one answer.
pub const WAIT: Duration = Duration::from_secs(2);

/// A connection, and how to ask there.
pub struct Line {
    pub manager: ConnectionManager,
    /// Each command has to be introduced as one for a slot that is just arriving there.
    pub asking: bool,
}

impl Line {
    /// Sends it in one piece.
    ///
    /// # Errors
    /// The first error in it.
    pub async fn send<T: FromRedisValue>(&self, piece: &Pipeline) -> RedisResult<T> {
        let mut manager = self.manager.clone();
        if !self.asking {
            return piece.query_async(&mut manager).await;
        }
        let mut introduced = ::redis::pipe();
        for command in piece.cmd_iter() {
            introduced.cmd("ASKING").ignore().add_command(command.clone());
        }
        introduced.query_async(&mut manager).await
    }
}

/// One retry only: a call fails rather than hang, and each failing call begins the next try.
pub fn settings() -> ConnectionManagerConfig {
    ConnectionManagerConfig::new()
        .set_connection_timeout(Some(WAIT))
        .set_response_timeout(Some(WAIT))
        .set_number_of_retries(1)
        .set_min_delay(Duration::from_millis(100))
        .set_max_delay(Duration::from_millis(500))
        // How many commands may wait to be written. When it is full, callers wait.
        .set_pipeline_buffer_size(1_024)
}

/// Whether the password is not the one that counts now. A connection that was refused so never tries again by itself, though the
/// password may be put right: it has to be replaced.
pub fn is_shut_out(error: &RedisError) -> bool {
    error.kind() == ErrorKind::AuthenticationFailed
}
