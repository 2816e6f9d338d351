//! A Redis of our own, for the length of one measurement.

use std::{ops::Sub, process::Stdio, time::Duration};

use anyhow::{Context, bail};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

use crate::process::Process;

const START: Duration = Duration::from_secs(10);

/// A running `redis-server`. It ends when this is dropped.
#[derive(Debug)]
pub struct Redis {
    _child: Child,
    _folder: TempDir,
    /// Where it listens.
    pub port: u16,
    /// What it costs.
    pub process: Process,
}

/// What Redis counts of itself, as its `INFO` says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Commands that it ran, those inside scripts too.
    pub commands: u64,
    /// Bytes that came to it, and went from it.
    pub received: u64,
    pub sent: u64,
    /// Bytes of memory that it uses.
    pub memory: i64,
    /// Connections to it; the one that asks is not counted.
    pub connections: i64,
}

impl Redis {
    /// Starts one that keeps nothing on disk. It shares the generator's core: where Sala is deployed, Redis is another machine.
    pub async fn start() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let port = TcpListener::bind("127.0.0.1:0").await?.local_addr()?.port();
        let mut command = Command::new("redis-server");
        command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
        command.arg("--dir").arg(folder.path()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().context("cannot start redis-server (script/setup installs it)")?;
        let process = Process(child.id().context("redis-server ended at once")?);
        let log = BufReader::new(child.stdout.take().expect("it is piped"));
        timeout(START, ready(log)).await.context("redis-server does not get ready")??;
        Ok(Self { _child: child, _folder: folder, port, process })
    }

    /// What it has counted until now.
    pub async fn usage(&self) -> anyhow::Result<Usage> {
        let mut stream = BufReader::new(TcpStream::connect(("127.0.0.1", self.port)).await?);
        stream.write_all(b"INFO\r\n").await?;
        let mut length = String::new();
        stream.read_line(&mut length).await?;
        let length = length.trim().strip_prefix('$').and_then(|length| length.parse().ok());
        let mut info = vec![0; length.context("INFO is answered with no text")?];
        stream.read_exact(&mut info).await?;
        usage_in(&String::from_utf8(info)?)
    }
}

fn usage_in(info: &str) -> anyhow::Result<Usage> {
    let count = |name: &str| {
        let value = info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        value.and_then(|value| value.trim().parse::<i64>().ok()).with_context(|| format!("INFO does not tell {name}"))
    };
    Ok(Usage {
        commands: count("total_commands_processed")?.unsigned_abs(),
        received: count("total_net_input_bytes")?.unsigned_abs(),
        sent: count("total_net_output_bytes")?.unsigned_abs(),
        memory: count("used_memory")?,
        connections: count("connected_clients")? - 1,
    })
}

impl Sub for Usage {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            commands: self.commands - before.commands,
            received: self.received - before.received,
            sent: self.sent - before.sent,
            memory: self.memory - before.memory,
            connections: self.connections - before.connections,
        }
    }
}

async fn ready(log: BufReader<ChildStdout>) -> anyhow::Result<()> {
    let mut lines = log.lines();
    while let Some(line) = lines.next_line().await? {
        if line.contains("Ready to accept connections") {
            // What it logs from here on has to go somewhere, or a full pipe would stop it.
            tokio::task::spawn_local(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return Ok(());
        }
    }
    bail!("redis-server ended before it was ready")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_is_found_in_what_redis_says() {
        let info = "# Clients\r\nconnected_clients:3\r\nused_memory:100\r\nused_memory_rss:900\r\n\
                    total_commands_processed:7\r\ntotal_net_input_bytes:20\r\ntotal_net_output_bytes:30\r\n";
        let usage = usage_in(info).unwrap();
        assert_eq!(usage, Usage { commands: 7, received: 20, sent: 30, memory: 100, connections: 2 });
        assert!(usage_in("used_memory:100\r\n").unwrap_err().to_string().contains("total_commands_processed"));
    }
}
