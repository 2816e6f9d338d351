use std::{ffi::OsStr, net::SocketAddr, process::Stdio, time::Duration};

use anyhow::{Context, bail};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{ChildStderr, Command},
    time::timeout,
};

use crate::Process;

const START_TIMEOUT: Duration = Duration::from_secs(15);

/// Variables that would change what is tested if they were inherited.
const NOT_INHERITED: [&str; 6] =
    ["REDIS_URL", "REDISHOST", "REDISPORT", "K_SERVICE", "METRICS_PORT", "ALLOWED_ORIGINS"];

/// A server process, as a release runs.
#[derive(Debug)]
pub struct SalaServer {
    /// The process, to signal it, measure it or wait for it.
    pub process: Process,
    /// Where it listens.
    pub address: SocketAddr,
    _data_dir: TempDir,
}

impl SalaServer {
    /// Runs a command that starts the server, on a free port with an empty data directory unless `settings` say
    /// otherwise, and returns when it listens. `forward_log` selects the log lines that are copied to standard error.
    pub async fn start(
        mut command: Command,
        settings: impl IntoIterator<Item = (impl AsRef<OsStr>, impl AsRef<OsStr>)>,
        forward_log: fn(&str) -> bool,
    ) -> anyhow::Result<Self> {
        let data_dir = tempfile::tempdir()?;
        for name in NOT_INHERITED {
            command.env_remove(name);
        }
        command.envs([("HOST", "127.0.0.1"), ("PORT", "0"), ("LOG_FORMAT", "text"), ("RUST_LOG", "warn,server=info")]);
        command.env("SESSION_KEY", "one key for all servers of a run").env("DATA_DIR", data_dir.path());
        command.envs(settings).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut process = Process::start(&mut command)?;
        let log = BufReader::new(process.take_stderr()?).lines();
        let address = timeout(START_TIMEOUT, read_address(log, forward_log)).await;
        let address = address.context("the server does not log its address")??;
        Ok(Self { process, address, _data_dir: data_dir })
    }
}

async fn read_address(
    mut log: Lines<BufReader<ChildStderr>>,
    forward_log: fn(&str) -> bool,
) -> anyhow::Result<SocketAddr> {
    let mut seen = Vec::new();
    while let Some(line) = log.next_line().await? {
        if let Some(address) = parse_address(&line) {
            // The pipe must be drained, or the server would block once it is full.
            tokio::spawn(async move {
                while let Ok(Some(line)) = log.next_line().await {
                    if forward_log(&line) {
                        eprintln!("server: {line}");
                    }
                }
            });
            return Ok(address);
        }
        seen.push(line);
    }
    bail!("the server ended at its start: {}", seen.join("\n"))
}

fn parse_address(line: &str) -> Option<SocketAddr> {
    line.split_once("listening on http://")?.1.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: fn(&str) -> bool = |_| true;
    const NO_SETTINGS: [(&str, &str); 0] = [];

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[tokio::test]
    async fn the_address_is_read_from_the_log() {
        let script = r#"echo "INFO server: opened $DATA_DIR" >&2
                        echo "INFO server: listening on http://127.0.0.1:$PORT" >&2; exec sleep 60"#;
        let server = SalaServer::start(shell(script), [("PORT", "41523")], ALL).await.unwrap();
        assert_eq!(server.address.port(), 41_523);
    }

    #[tokio::test]
    async fn a_server_that_cannot_start_says_why() {
        let error = SalaServer::start(shell("echo bad HOST >&2; exit 1"), NO_SETTINGS, ALL).await.unwrap_err();
        assert_eq!(error.to_string(), "the server ended at its start: bad HOST");
    }
}
