use std::time::Duration;

use ::redis::ScriptInvocation;
use protocol::RoomName;

use super::commands::Commands;
use crate::backend::{BackendError, Result};

/// Appends that are acknowledged only when replicas have them. `WAIT` blocks its connection, so they use connections of
/// their own.
pub struct ReplicatedCommands {
    commands: Commands,
    count: u32,
    wait: Duration,
}

impl ReplicatedCommands {
    pub fn new(commands: Commands, count: u32, wait: Duration) -> Self {
        Self { commands, count, wait }
    }

    /// Runs a writing script and waits until the replicas have the write.
    ///
    /// # Errors
    /// [`BackendError::Unavailable`], also when too few replicas had the write in time: it is stored, but may be lost.
    pub async fn run<T: ::redis::FromRedisValue>(&self, room: &RoomName, script: &ScriptInvocation<'_>) -> Result<T> {
        let (answer, replicas): (T, u32) = self.commands.run_and_wait(room, script, self.count, self.wait).await?;
        if replicas < self.count {
            metrics::counter!("sala_replicas_short_total").increment(1);
            return Err(BackendError::Unavailable(format!("{replicas} of {} replicas have it", self.count)));
        }
        Ok(answer)
    }
}
