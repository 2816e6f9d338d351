//! What was spent until now. The difference of two is what an interval cost.

use std::{ops::Sub, time::Duration};

use crate::{
    redis::{Redis, Usage},
    server::Server,
    wire,
};

/// CPU time, bytes and commands.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spent {
    /// CPU time of the servers.
    pub server: Duration,
    /// CPU time of their Redis.
    pub redis: Duration,
    /// Bytes that the servers have sent to their clients.
    pub bytes: u64,
    /// What Redis counts itself; nothing where there is none.
    pub usage: Usage,
}

impl Spent {
    /// By servers that share one Redis, or by one that has none.
    pub async fn until_now(servers: &[Server]) -> anyhow::Result<Self> {
        let mut spent = Self { bytes: wire::received(), ..Self::default() };
        for server in servers {
            spent.server += server.process.cpu()?;
        }
        if let Some(redis) = servers.first().and_then(|server| server.redis.as_deref()) {
            spent.redis = redis.process.cpu()?;
            spent.usage = Redis::usage(redis).await?;
        }
        Ok(spent)
    }
}

impl Sub for Spent {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            server: self.server - before.server,
            redis: self.redis - before.redis,
            bytes: self.bytes - before.bytes,
            usage: self.usage - before.usage,
        }
    }
}
