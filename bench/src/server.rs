//! The server under test: the release, a fresh one for each measurement.

use std::{net::SocketAddr, process::Stdio, time::Duration};

use anyhow::{Context, bail};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStderr, Command},
    time::timeout,
};

use crate::{cores::Cores, process::Process, redis::Redis};

const START: Duration = Duration::from_secs(10);

/// Nobody may be slowed down by the limits that protect a real server.
const LIMITS: [(&str, &str); 9] = [
    ("SENDS_PER_SECOND", "1000000"),
    ("SENDS_BURST", "1000000"),
    ("FRAMES_PER_SECOND", "1000000"),
    ("FRAMES_BURST", "1000000"),
    ("MAX_CONNECTIONS", "100000"),
    ("ACCEPTS_PER_SECOND", "1000000"),
    ("ACCEPTS_BURST", "1000000"),
    ("JOINS_PER_SECOND", "1000000"),
    ("JOINS_BURST", "1000000"),
];

/// Where the server keeps and relays its rooms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Backend {
    /// `SQLite`, in the server.
    Embedded,
    /// A Redis beside it.
    Redis,
}

impl Backend {
    /// As the report calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Embedded => "Sala, embedded",
            Self::Redis => "Sala, Redis",
        }
    }
}

/// A running server. It ends when this is dropped, and so does its Redis.
#[derive(Debug)]
pub struct Server {
    _child: Child,
    _data: TempDir,
    /// Its Redis, if it has one.
    pub redis: Option<Redis>,
    /// Where it listens.
    pub address: SocketAddr,
    /// What it costs.
    pub process: Process,
}

impl Server {
    /// Starts the program that `SALA_BIN` names.
    pub async fn start(backend: Backend, cores: &Cores) -> anyhow::Result<Self> {
        let redis = match backend {
            Backend::Embedded => None,
            Backend::Redis => Some(Redis::start().await?),
        };
        let program = std::env::var("SALA_BIN").context("SALA_BIN names no server: use script/bench")?;
        let data = tempfile::tempdir()?;
        let mut command = cores.server(&program);
        configure(&mut command, &data, redis.as_ref());
        let mut child = command.spawn().with_context(|| format!("cannot start {program}"))?;
        let process = Process(child.id().context("the server ended at once")?);
        let log = BufReader::new(child.stderr.take().expect("it is piped")).lines();
        let address = timeout(START, listening(log)).await.context("the server does not say where it listens")??;
        Ok(Self { _child: child, _data: data, redis, address, process })
    }
}

fn configure(command: &mut Command, data: &TempDir, redis: Option<&Redis>) {
    for name in ["REDIS_URL", "REDISHOST", "REDISPORT", "K_SERVICE", "METRICS_PORT"] {
        command.env_remove(name);
    }
    command.envs(LIMITS).envs([
        ("HOST", "127.0.0.1"),
        ("PORT", "0"),
        ("LOG_FORMAT", "text"),
        ("RUST_LOG", "warn,server=info"),
    ]);
    command.env("SESSION_KEY", "only for the length of a measurement").env("DATA_DIR", data.path());
    if let Some(redis) = redis {
        command.env("REDIS_URL", format!("redis://127.0.0.1:{}/", redis.port));
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
}

async fn listening(mut log: Lines<BufReader<ChildStderr>>) -> anyhow::Result<SocketAddr> {
    let mut seen = Vec::new();
    while let Some(line) = log.next_line().await? {
        if let Some(address) = address_in(&line) {
            tokio::task::spawn_local(pass_on(log));
            return Ok(address);
        }
        seen.push(line);
    }
    bail!("the server ended at its start: {}", seen.join("\n"))
}

fn address_in(line: &str) -> Option<SocketAddr> {
    line.split_once("listening on http://")?.1.split_whitespace().next()?.parse().ok()
}

/// Warnings of the server are worth a look: something may not be as it should.
async fn pass_on(mut log: Lines<BufReader<ChildStderr>>) {
    while let Ok(Some(line)) = log.next_line().await {
        if line.contains("WARN") || line.contains("ERROR") {
            eprintln!("server: {line}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_read_from_the_log() {
        let line = "2026-01-01T00:00:00Z  INFO server: listening on http://127.0.0.1:41523";
        assert_eq!(address_in(line).unwrap().port(), 41_523);
        assert_eq!(address_in("2026-01-01T00:00:00Z  INFO server: opened the data"), None);
    }
}
