//! What was spent until now. The difference of two is what an interval cost.

use std::{ops::Sub, time::Duration};

use crate::server::Server;

/// CPU time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spent {
    /// Of the server.
    pub server: Duration,
    /// Of its Redis.
    pub redis: Duration,
}

impl Spent {
    /// By a server and its Redis, if it has one.
    pub fn until_now(server: &Server) -> anyhow::Result<Self> {
        let redis = server.redis.as_ref().map_or(Ok(Duration::ZERO), |redis| redis.process.cpu())?;
        Ok(Self { server: server.process.cpu()?, redis })
    }
}

impl Sub for Spent {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self { server: self.server - before.server, redis: self.redis - before.redis }
    }
}
