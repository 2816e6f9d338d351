//! A Redis of our own, for the length of one measurement.

use std::{process::Stdio, time::Duration};

use anyhow::{Context, bail};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::TcpListener,
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
