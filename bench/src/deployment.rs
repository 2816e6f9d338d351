//! The server under test, with a Redis of its own if it uses one. Every measurement starts a new one.

use std::{
    ffi::OsString,
    net::SocketAddr,
    ops::Sub,
    path::{Path, PathBuf},
    time::Duration,
};

use testkit::{RedisServer, SalaServer};

use crate::cpu_pinning::CpuPinning;

/// Limits that protect a real server and must not slow down a measurement.
const RAISED_LIMITS: [&str; 9] = [
    "SENDS_PER_SECOND",
    "SENDS_BURST",
    "FRAMES_PER_SECOND",
    "FRAMES_BURST",
    "MAX_CONNECTIONS",
    "ACCEPTS_PER_SECOND",
    "ACCEPTS_BURST",
    "JOINS_PER_SECOND",
    "JOINS_BURST",
];

/// Where the server stores its rooms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackendKind {
    /// SQLite, inside the server.
    Embedded,
    /// A Redis beside it.
    Redis,
}

/// A running server.
#[derive(Debug)]
pub struct Deployment {
    server: SalaServer,
    redis: Option<RedisServer>,
}

/// CPU time used so far. The difference of two is what an interval took.
#[derive(Clone, Copy, Debug, Default)]
pub struct CpuUsage {
    pub server: Duration,
    /// Zero without Redis.
    pub redis: Duration,
}

impl BackendKind {
    /// The name in the report.
    pub fn name(self) -> &'static str {
        match self {
            Self::Embedded => "embedded",
            Self::Redis => "Redis",
        }
    }
}

impl Deployment {
    /// Starts a server, given by its program. Redis shares the generator's core, because it runs on another machine where
    /// Sala is deployed.
    pub async fn start(program: &Path, backend: BackendKind, pinning: CpuPinning) -> anyhow::Result<Self> {
        let mut settings: Vec<(&str, OsString)> = RAISED_LIMITS.map(|name| (name, "1000000".into())).into();
        settings.extend(site_root(program).map(|folder| ("LEPTOS_SITE_ROOT", folder.into())));
        let redis = match backend {
            BackendKind::Embedded => None,
            BackendKind::Redis => Some(RedisServer::start().await?),
        };
        settings.extend(redis.as_ref().map(|redis| ("REDIS_URL", redis.url().into())));
        let is_warning = |line: &str| line.contains("WARN") || line.contains("ERROR");
        let server = SalaServer::start(pinning.server_command(program), settings, is_warning).await?;
        Ok(Self { server, redis })
    }

    /// Where the server listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address
    }

    /// The backend that it was started with.
    pub fn backend(&self) -> BackendKind {
        if self.redis.is_some() { BackendKind::Redis } else { BackendKind::Embedded }
    }

    /// The server's resident memory, in bytes.
    pub fn memory(&self) -> anyhow::Result<u64> {
        self.server.process.memory()
    }

    /// The CPU time used so far.
    pub fn cpu_usage(&self) -> anyhow::Result<CpuUsage> {
        let redis = self.redis.as_ref().map_or(Ok(Duration::ZERO), |redis| redis.process.cpu_time())?;
        Ok(CpuUsage { server: self.server.process.cpu_time()?, redis })
    }
}

impl Sub for CpuUsage {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self { server: self.server - before.server, redis: self.redis - before.redis }
    }
}

/// The site that was built together with a server, as `script/build` lays them out: `target/release/server` beside
/// `target/site`. `None` leaves the choice to the environment.
fn site_root(program: &Path) -> Option<PathBuf> {
    let site = program.parent()?.parent()?.join("site");
    site.is_dir().then_some(site)
}
