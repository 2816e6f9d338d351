use std::{process::Stdio, time::Duration};

use anyhow::{Context, bail};
use redis::{
    FromRedisValue,
    aio::{MultiplexedConnection, PubSubStream},
};
use tempfile::TempDir;
use tokio::{
    process::Command,
    time::{Instant, sleep, timeout},
};

use super::process::{Process, free_port};

const START: Duration = Duration::from_secs(10);
const TIMEOUT: Duration = Duration::from_secs(5);

/// A running `redis-server`, spoken to directly and not through the wire.
#[derive(Debug)]
pub struct RedisServer {
    process: Process,
    folder: TempDir,
    port: u16,
}

impl RedisServer {
    /// Starts an empty one that keeps nothing on disk.
    pub async fn start() -> anyhow::Result<Self> {
        let (folder, port) = (tempfile::tempdir()?, free_port().await?);
        let process = launch(&folder, port)?;
        let redis = Self { process, folder, port };
        redis.ready().await?;
        Ok(redis)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Kills it.
    pub async fn kill(&mut self) -> anyhow::Result<()> {
        self.process.kill().await
    }

    /// Kills it, and starts an empty one in its place.
    pub async fn restart_empty(&mut self) -> anyhow::Result<()> {
        self.process.kill().await?;
        self.process = launch(&self.folder, self.port)?;
        self.ready().await
    }

    /// Stops it as it stands: connections stay open, and nothing answers.
    pub async fn pause(&self) -> anyhow::Result<()> {
        self.process.signal("-STOP").await
    }

    pub async fn resume(&self) -> anyhow::Result<()> {
        self.process.signal("-CONT").await
    }

    /// Runs one command.
    pub async fn ask<T: FromRedisValue>(&self, words: &[&str]) -> anyhow::Result<T> {
        let asking = async {
            let mut command = redis::cmd(words[0]);
            command.arg(&words[1..]);
            anyhow::Ok(command.query_async(&mut self.connect().await?).await?)
        };
        timeout(TIMEOUT, asking).await.context("Redis does not answer")?.with_context(|| words.join(" "))
    }

    pub async fn connect(&self) -> anyhow::Result<MultiplexedConnection> {
        let client = redis::Client::open(format!("redis://127.0.0.1:{}", self.port))?;
        Ok(client.get_multiplexed_async_connection().await?)
    }

    /// Hears what is published on a channel, from now on.
    pub async fn listen(&self, channel: &str) -> anyhow::Result<PubSubStream> {
        let client = redis::Client::open(format!("redis://127.0.0.1:{}", self.port))?;
        let mut listener = client.get_async_pubsub().await?;
        listener.subscribe(channel).await?;
        Ok(listener.into_on_message())
    }

    /// The memory that it has in use, in bytes, as it counts it against its limit.
    pub async fn memory(&self) -> anyhow::Result<u64> {
        let info = self.ask::<String>(&["INFO", "memory"]).await?;
        let line = info.lines().find_map(|line| line.strip_prefix("used_memory:")).context("no used_memory")?;
        Ok(line.trim().parse()?)
    }

    /// Limits its memory, and says what it does at the limit; 0 is without one.
    pub async fn limit(&self, bytes: u64, policy: &str) -> anyhow::Result<()> {
        self.ask(&["CONFIG", "SET", "maxmemory-policy", policy, "maxmemory", &bytes.to_string()]).await
    }

    /// Waits until this very process answers, and not another one that had the port.
    async fn ready(&self) -> anyhow::Result<()> {
        let own = format!("process_id:{}\r\n", self.process.id()?);
        let deadline = Instant::now() + START;
        while Instant::now() < deadline {
            if self.ask::<String>(&["INFO", "server"]).await.is_ok_and(|info| info.contains(&own)) {
                return Ok(());
            }
            sleep(Duration::from_millis(10)).await;
        }
        bail!("redis-server does not get ready on port {}", self.port)
    }
}

fn launch(folder: &TempDir, port: u16) -> anyhow::Result<Process> {
    let mut command = Command::new("redis-server");
    command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
    command.args(["--repl-diskless-sync-delay", "0"]);
    command.arg("--dir").arg(folder.path()).stdout(Stdio::null()).stderr(Stdio::null());
    Process::start("redis-server", &mut command)
}
