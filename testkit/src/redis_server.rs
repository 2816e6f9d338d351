use std::{path::Path, process::Stdio, time::Duration};

use anyhow::{Context, bail};
use redis::{AsyncConnectionConfig, Client, FromRedisValue, RedisResult, aio::MultiplexedConnection};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{ChildStdout, Command},
    time::timeout,
};

use crate::{Process, free_port};

/// How long one server may take to get ready.
const START_TIMEOUT: Duration = Duration::from_secs(10);
/// How long one command may take. Long, because `WAIT` blocks.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(20);
/// A free port can be lost to another process before Redis binds it. Then another port is tried.
const ATTEMPTS: usize = 5;

/// A real Redis without persistence.
#[derive(Debug)]
pub struct RedisServer {
    /// The process, to signal it, measure it or kill it.
    pub process: Process,
    port: u16,
    arguments: Vec<String>,
    folder: TempDir,
}

impl RedisServer {
    /// Starts a server and returns when it accepts connections.
    pub async fn start() -> anyhow::Result<Self> {
        Self::start_with(&[]).await
    }

    /// Starts a server with additional arguments.
    pub async fn start_with(arguments: &[&str]) -> anyhow::Result<Self> {
        // Without the delay a replica would wait five seconds for its first synchronisation.
        let own = ["--save", "", "--appendonly", "no", "--repl-diskless-sync-delay", "0"];
        Self::launch_on_free_port(own.iter().chain(arguments).map(ToString::to_string).collect()).await
    }

    /// Starts a Sentinel that monitors nothing yet.
    pub async fn start_sentinel() -> anyhow::Result<Self> {
        Self::launch_on_free_port(vec!["sentinel.conf".to_owned(), "--sentinel".to_owned()]).await
    }

    /// Kills the server and starts an empty one on the same port.
    pub async fn restart_empty(&mut self) -> anyhow::Result<()> {
        self.process.kill().await?;
        self.process = launch(self.port, self.folder.path(), &self.arguments).await?;
        Ok(())
    }

    /// For `REDIS_URL`.
    pub fn url(&self) -> String {
        format!("redis://{}127.0.0.1:{}", self.userinfo(), self.port)
    }

    /// The part of a URL before the host: the password that the server was started with, if any.
    pub fn userinfo(&self) -> String {
        let mut arguments = self.arguments.iter();
        let password = arguments.find(|name| *name == "--requirepass").and_then(|_| arguments.next());
        password.map_or_else(String::new, |password| format!(":{password}@"))
    }

    /// The port without TLS.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its working directory.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Stops the process without ending it: connections stay open, and nothing answers.
    pub fn pause(&self) -> anyhow::Result<()> {
        self.process.signal("-STOP")
    }

    /// Continues after [`pause`](Self::pause).
    pub fn resume(&self) -> anyhow::Result<()> {
        self.process.signal("-CONT")
    }

    /// Runs one command on a connection of its own.
    pub async fn query<T: FromRedisValue>(&self, command: &[&str]) -> RedisResult<T> {
        redis::cmd(command[0]).arg(&command[1..]).query_async(&mut self.connect().await?).await
    }

    /// Opens a connection.
    pub async fn connect(&self) -> RedisResult<MultiplexedConnection> {
        let config = AsyncConnectionConfig::new().set_response_timeout(Some(COMMAND_TIMEOUT));
        Client::open(self.url())?.get_multiplexed_async_connection_with_config(&config).await
    }

    async fn launch_on_free_port(arguments: Vec<String>) -> anyhow::Result<Self> {
        let mut failure = None;
        for _ in 0..ATTEMPTS {
            let (folder, port) = (tempfile::tempdir()?, free_port()?);
            match launch(port, folder.path(), &arguments).await {
                Ok(process) => return Ok(Self { process, port, arguments, folder }),
                Err(error) => failure = Some(error),
            }
        }
        Err(failure.expect("there is at least one attempt"))
    }
}

async fn launch(port: u16, folder: &Path, arguments: &[String]) -> anyhow::Result<Process> {
    if arguments.iter().any(|name| name == "--sentinel") {
        // A Sentinel needs a configuration file that it can write to.
        std::fs::write(folder.join("sentinel.conf"), "")?;
    }
    let mut command = Command::new("redis-server");
    command.current_dir(folder).args(arguments).args(["--port", &port.to_string(), "--bind", "127.0.0.1"]);
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    let mut process = Process::start(&mut command)?;
    let log = BufReader::new(process.take_stdout()?);
    timeout(START_TIMEOUT, wait_until_ready(log)).await.context("redis-server does not get ready")??;
    Ok(process)
}

async fn wait_until_ready(log: BufReader<ChildStdout>) -> anyhow::Result<()> {
    let (mut lines, mut seen) = (log.lines(), Vec::new());
    while let Some(line) = lines.next_line().await? {
        // A Sentinel prints its id instead.
        if line.contains("Ready to accept connections") || line.contains("Sentinel ID is") {
            // The pipe must be drained, or the server would block once it is full.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return Ok(());
        }
        seen.push(line);
    }
    bail!("redis-server ended at its start: {}", seen.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_server_answers_with_its_password_and_starts_again_empty() {
        let mut server = RedisServer::start_with(&["--requirepass", "hunter2"]).await.unwrap();
        let _: () = server.query(&["SET", "a", "b"]).await.unwrap();
        let url = server.url();
        server.restart_empty().await.unwrap();
        assert_eq!(server.url(), url);
        assert_eq!(server.query::<Option<String>>(&["GET", "a"]).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_sentinel_answers() {
        let sentinel = RedisServer::start_sentinel().await.unwrap();
        let masters: Vec<redis::Value> = sentinel.query(&["SENTINEL", "MASTERS"]).await.unwrap();
        assert!(masters.is_empty());
    }

    #[tokio::test]
    async fn a_server_that_cannot_start_says_why() {
        let error = RedisServer::start_with(&["--no-such-option", "x"]).await.unwrap_err().to_string();
        assert!(error.contains("ended at its start"), "{error}");
    }
}
