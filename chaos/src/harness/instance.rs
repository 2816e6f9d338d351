use std::{
    net::{Ipv4Addr, SocketAddr},
    process::{ExitStatus, Stdio},
    time::Duration,
};

use anyhow::{Context, bail, ensure};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{ChildStderr, Command},
    task::AbortHandle,
    time::timeout,
};

use super::process::Process;
use crate::http;

const START: Duration = Duration::from_secs(15);
/// Behind it instances tell their metrics on their own port.
const TOKEN: &str = "only-for-the-length-of-a-run";

/// The variable by which a server that was built for it lacks a defence.
pub const WITHOUT: &str = "SALA_WITHOUT";

/// Environment of a server: variables and their values.
pub type EnvVars = Vec<(&'static str, String)>;

/// A running server. It ends with the value.
#[derive(Debug)]
pub struct Instance {
    process: Process,
    pub address: SocketAddr,
    _log: AbortHandle,
}

impl Instance {
    /// Starts the program that `SALA_BIN` names (`SALA_UNDEFENDED_BIN`, where it is to lack a defence) on a port.
    pub async fn start(port: u16, redis_url: &str, settings: &EnvVars) -> anyhow::Result<Self> {
        let is_defended = settings.iter().all(|(name, _)| *name != WITHOUT);
        let program = if is_defended { "SALA_BIN" } else { "SALA_UNDEFENDED_BIN" };
        let program = std::env::var(program)
            .with_context(|| format!("{program} names no server: use script/chaos, or script/cloudrun"))?;
        let mut command = Command::new(program);
        for name in ["REDISHOST", "REDISPORT", "K_SERVICE", "METRICS_PORT", "ALLOWED_ORIGINS", "DATA_DIR"] {
            command.env_remove(name);
        }
        command.envs([("HOST", "127.0.0.1"), ("LOG_FORMAT", "text"), ("RUST_LOG", "warn,server=info")]);
        command.env("METRICS_TOKEN", TOKEN);
        command.env("SESSION_KEY", "the same on all instances of one run").env("REDIS_URL", redis_url);
        command.env("PORT", port.to_string()).envs(settings.iter().map(|(name, value)| (name, value)));
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        let mut process = Process::start("server", &mut command)?;
        let log = BufReader::new(process.child().stderr.take().context("it is piped")?).lines();
        let (address, log) =
            timeout(START, listening(log)).await.context("a server does not say where it listens")??;
        ensure!(address.ip() == Ipv4Addr::LOCALHOST, "the server listens on {address}");
        Ok(Self { process, address, _log: log })
    }

    /// Kills it at once, with all that it holds.
    pub async fn kill(&mut self) -> anyhow::Result<()> {
        self.process.kill().await
    }

    /// Asks it to end, and waits until it has.
    pub async fn terminate(&mut self, max_wait: Duration) -> anyhow::Result<()> {
        self.process.signal("-TERM").await?;
        let status = self.process.ended(max_wait).await?;
        ensure!(status.success(), "a server ended with {status}");
        Ok(())
    }

    /// Waits for its end, whatever the reason.
    pub async fn ended(&mut self) -> anyhow::Result<ExitStatus> {
        Ok(self.process.child().wait().await?)
    }

    /// Whether it should get new people.
    pub async fn is_ready(&self) -> bool {
        http::get(self.address, "/health/ready", "").await.is_ok_and(|answer| answer.status == 200)
    }

    pub async fn metric(&self, name: &str) -> anyhow::Result<f64> {
        metric(self.address, name).await
    }

    /// Its resident memory, in bytes.
    pub fn memory(&self) -> anyhow::Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()?))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? * 1_024)
    }
}

/// The sum of a metric of an instance over all its labels.
pub async fn metric(address: SocketAddr, name: &str) -> anyhow::Result<f64> {
    let answer = http::get(address, "/metrics", &format!("Authorization: Bearer {TOKEN}\r\n")).await?;
    ensure!(answer.status == 200, "metrics are answered with {}", answer.status);
    Ok(sum(&answer.body, name))
}

/// Limits that are wide enough for a crowd from one address.
pub fn wide_limits() -> EnvVars {
    let limits =
        ["SENDS_PER_SECOND", "SENDS_BURST", "FRAMES_PER_SECOND", "FRAMES_BURST", "JOINS_BURST", "HISTORY_LIMIT"];
    let limits = limits.map(|name| (name, "1000000".to_owned()));
    [limits.as_slice(), &[("MAX_CONNECTIONS", "20000".to_owned())]].concat()
}

async fn listening(mut log: Lines<BufReader<ChildStderr>>) -> anyhow::Result<(SocketAddr, AbortHandle)> {
    let mut seen = Vec::new();
    while let Some(line) = log.next_line().await? {
        if let Some(address) = address_in(&line) {
            return Ok((address, tokio::spawn(drain(log)).abort_handle()));
        }
        seen.push(line);
    }
    bail!("a server ended at its start: {}", seen.join("\n"))
}

/// What it logs has to go somewhere. Faults make it complain, and rightly; a panic is never right.
async fn drain(mut log: Lines<BufReader<ChildStderr>>) {
    let wanted = std::env::var_os("CHAOS_LOG").is_some();
    while let Ok(Some(line)) = log.next_line().await {
        if wanted || line.contains("panicked") || line.contains("ERROR") {
            eprintln!("server: {line}");
        }
    }
}

fn address_in(line: &str) -> Option<SocketAddr> {
    line.split_once("listening on http://")?.1.split_whitespace().next()?.parse().ok()
}

fn sum(metrics: &str, name: &str) -> f64 {
    let lines = metrics.lines().filter_map(|line| line.strip_prefix(name));
    lines
        .filter(|rest| rest.starts_with([' ', '{']))
        .filter_map(|rest| rest.rsplit(' ').next()?.parse::<f64>().ok())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_read_from_the_log() {
        let line = "2026-01-01T00:00:00Z  INFO server: listening on http://127.0.0.1:41523";
        assert_eq!(address_in(line).unwrap().port(), 41_523);
        assert_eq!(address_in("INFO server: opened the data"), None);
    }

    #[test]
    fn a_metric_is_summed_over_its_labels() {
        let metrics = "# HELP a b\na_total{x=\"1\"} 2\na_total{x=\"2\"} 3\na_total_more 9\nb 1\n";
        assert_eq!((sum(metrics, "a_total"), sum(metrics, "b"), sum(metrics, "c")), (5.0, 1.0, 0.0));
    }
}
