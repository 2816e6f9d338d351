use std::{process::Stdio, time::Duration};

use anyhow::{Context, bail};
use redis::FromRedisValue;
use tempfile::TempDir;
use tokio::{
    process::Command,
    time::{Instant, sleep, timeout},
};

use super::{
    RedisServer,
    process::{Process, free_port},
};

const COUNT: usize = 3;
const TIMEOUT: Duration = Duration::from_secs(20);

/// Three Sentinels, two of which must agree, that watch a master and its replicas.
#[derive(Debug)]
pub struct Sentinels {
    _processes: Vec<Process>,
    _folder: TempDir,
    ports: Vec<u16>,
}

impl Sentinels {
    /// Starts them, and returns when they know of the replicas and of each other: only then a failover can succeed.
    pub async fn watch(master: &RedisServer, replicas: usize) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let (mut processes, mut ports) = (Vec::new(), Vec::new());
        for _ in 0..COUNT {
            let port = free_port().await?;
            let file = folder.path().join(format!("{port}.conf"));
            std::fs::write(&file, configuration(port, master.port()))?;
            let mut command = Command::new("redis-server");
            command.arg(&file).arg("--sentinel").stdout(Stdio::null()).stderr(Stdio::null());
            processes.push(Process::start("redis-server", &mut command)?);
            ports.push(port);
        }
        let sentinels = Self { _processes: processes, _folder: folder, ports };
        for port in &sentinels.ports {
            counted(*port, "REPLICAS", replicas).await?;
            counted(*port, "SENTINELS", COUNT - 1).await?;
        }
        Ok(sentinels)
    }

    /// For `REDIS_URL`.
    pub fn url(&self) -> String {
        let addresses: Vec<String> = self.ports.iter().map(|port| format!("127.0.0.1:{port}")).collect();
        format!("redis+sentinel://{}/main", addresses.join(","))
    }

    /// Waits until they name another master than the one on that port, and returns its port.
    pub async fn another_than(&self, port: u16) -> anyhow::Result<u16> {
        let deadline = Instant::now() + TIMEOUT;
        while Instant::now() < deadline {
            let (_, named): (String, u16) = ask(self.ports[0], &["GET-MASTER-ADDR-BY-NAME", "main"]).await?;
            if named != port {
                return Ok(named);
            }
            sleep(Duration::from_millis(50)).await;
        }
        bail!("the Sentinels keep to a master that is dead")
    }
}

async fn counted(port: u16, what: &str, wanted: usize) -> anyhow::Result<()> {
    let deadline = Instant::now() + TIMEOUT;
    while Instant::now() < deadline {
        if ask::<Vec<redis::Value>>(port, &[what, "main"]).await.is_ok_and(|known| known.len() == wanted) {
            return Ok(());
        }
        sleep(Duration::from_millis(50)).await;
    }
    bail!("a Sentinel does not find {wanted} {what}")
}

async fn ask<T: FromRedisValue>(port: u16, words: &[&str]) -> anyhow::Result<T> {
    let asking = async {
        let client = redis::Client::open(format!("redis://127.0.0.1:{port}"))?;
        let mut connection = client.get_multiplexed_async_connection().await?;
        anyhow::Ok(redis::cmd("SENTINEL").arg(words).query_async(&mut connection).await?)
    };
    timeout(TIMEOUT, asking).await.context("a Sentinel does not answer")?
}

fn configuration(port: u16, master: u16) -> String {
    format!(
        "port {port}\nbind 127.0.0.1\nsentinel monitor main 127.0.0.1 {master} 2\n\
         sentinel down-after-milliseconds main 1000\nsentinel failover-timeout main 5000\n"
    )
}
