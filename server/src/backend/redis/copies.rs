use std::time::Duration;

use ::redis::ScriptInvocation;
use protocol::RoomName;

use super::commands::Commands;
use crate::backend::{BackendError, Result};

/// Appends that are acknowledged only when replicas have them. `WAIT` holds its connection up, so they have connections of their own.
pub struct Copies {
    commands: Commands,
    count: u32,
    wait: Duration,
}

impl Copies {
    pub fn new(commands: Commands, count: u32, wait: Duration) -> Self {
        Self { commands, count, wait }
    }

    /// Runs a script that writes, and waits for the replicas to have what it wrote.
    ///
    /// # Errors
    /// [`BackendError::Unavailable`] also where too few replicas had it in time: it is written, and may yet be lost.
    pub async fn run<T: ::redis::FromRedisValue>(&self, room: &RoomName, script: &ScriptInvocation<'_>) -> Result<T> {
        let (answer, copies): (T, u32) = self.commands.run_and_wait(room, script, self.count, self.wait).await?;
        if copies < self.count {
            metrics::counter!("sala_replicas_short_total").increment(1);
            return Err(BackendError::Unavailable(format!("{copies} of {} replicas have it", self.count)));
        }
        Ok(answer)
    }
}
