use std::net::SocketAddr;

use anyhow::{Context, ensure};
use testkit::{Request, SalaServer};
use tokio::process::Command;

/// The token for `/metrics` on the instances' own port.
const METRICS_TOKEN: &str = "only-for-the-length-of-a-run";

/// The variable that names the defence which a server built for `--prove` lacks.
pub const DISABLED_DEFENCE: &str = "SALA_WITHOUT";

/// Environment variables of an instance.
pub type EnvVars = Vec<(&'static str, String)>;

/// Starts the program that `SALA_BIN` names (`SALA_UNDEFENDED_BIN` if it is to lack a defence), and returns when it listens.
pub async fn start_instance(port: u16, redis_url: &str, env: &EnvVars) -> anyhow::Result<SalaServer> {
    let is_undefended = env.iter().any(|(name, _)| *name == DISABLED_DEFENCE);
    let variable = if is_undefended { "SALA_UNDEFENDED_BIN" } else { "SALA_BIN" };
    let program = std::env::var(variable)
        .with_context(|| format!("{variable} names no server: use script/chaos or script/cloudrun"))?;
    let own = [("PORT", port.to_string()), ("REDIS_URL", redis_url.into()), ("METRICS_TOKEN", METRICS_TOKEN.into())];
    SalaServer::start(Command::new(program), [own.as_slice(), env].concat(), is_alarming).await
}

/// Selects the log lines that are printed. Faults cause warnings, and rightly; a panic is never right.
fn is_alarming(line: &str) -> bool {
    line.contains("panicked") || line.contains("ERROR") || std::env::var_os("CHAOS_LOG").is_some()
}

/// Whether an instance's readiness probe is green.
pub async fn is_ready(address: SocketAddr) -> bool {
    Request::get("/health/ready").send(address).await.is_ok_and(|response| response.status == 200)
}

/// The value of an instance's metric, summed over all labels.
pub async fn read_metric(address: SocketAddr, name: &str) -> anyhow::Result<f64> {
    let request = Request::get("/metrics").header("authorization", &format!("Bearer {METRICS_TOKEN}"));
    let response = request.send(address).await?;
    ensure!(response.status == 200, "metrics are answered with {}", response.status);
    Ok(sum(&response.text(), name))
}

/// Limits that allow thousands of clients from one address.
pub fn wide_limits() -> EnvVars {
    let limits =
        ["SENDS_PER_SECOND", "SENDS_BURST", "FRAMES_PER_SECOND", "FRAMES_BURST", "JOINS_BURST", "HISTORY_LIMIT"];
    let limits = limits.map(|name| (name, "1000000".to_owned()));
    [limits.as_slice(), &[("MAX_CONNECTIONS", "20000".to_owned())]].concat()
}

fn sum(metrics: &str, name: &str) -> f64 {
    let lines = metrics.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix([' ', '{']));
    lines.filter_map(|rest| rest.rsplit(' ').next()?.parse::<f64>().ok()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_is_summed_over_its_labels() {
        let metrics = "# HELP a b\na_total{x=\"1\"} 2\na_total{x=\"2\"} 3\na_total_more 9\nb 1\n";
        assert_eq!((sum(metrics, "a_total"), sum(metrics, "b"), sum(metrics, "c")), (5.0, 1.0, 0.0));
    }
}
