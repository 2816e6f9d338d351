use std::{
    net::SocketAddr,
    process::ExitStatus,
    time::{Duration, Instant},
};

use anyhow::ensure;
use testkit::{SalaServer, free_port};
use tokio::{sync::mpsc, time::sleep};

use crate::harness::{EnvVars, is_ready, start_instance};

const STARTUP_TIMEOUT: Duration = Duration::from_secs(60);
const PROBE_INTERVAL: Duration = Duration::from_millis(100);
/// From SIGTERM to SIGKILL.
const GRACE_PERIOD: Duration = Duration::from_secs(10);

#[derive(Clone, Copy, Debug)]
pub enum InstanceCommand {
    Terminate,
    Kill,
}

/// The startup probe of an instance is green.
#[derive(Debug)]
pub struct InstanceReady {
    pub number: usize,
    pub address: SocketAddr,
}

/// How an instance ended.
#[derive(Debug)]
pub enum InstanceExit {
    NotStarted(anyhow::Error),
    /// After SIGTERM, within this time.
    Terminated(Duration),
    /// It did not end in time after SIGTERM.
    Killed(anyhow::Error),
    /// Without SIGTERM.
    Died(ExitStatus),
}

/// Runs one instance from its start to its end.
pub async fn supervise(
    number: usize,
    redis_url: String,
    env: EnvVars,
    mut commands: mpsc::Receiver<InstanceCommand>,
    ready: mpsc::Sender<InstanceReady>,
) -> (usize, InstanceExit) {
    let mut instance = match start(&redis_url, &env).await {
        Ok(instance) => instance,
        Err(error) => return (number, InstanceExit::NotStarted(error)),
    };
    let exit = async {
        // The platform outlives its instances, so it receives this.
        let _ = ready.send(InstanceReady { number, address: instance.address }).await;
        // Both are cancel-safe: an exit status is kept, and a command stays in the channel.
        let command = tokio::select! {
            status = instance.process.wait() => return Ok(InstanceExit::Died(status?)),
            command = commands.recv() => command,
        };
        if let Some(InstanceCommand::Kill) = command {
            instance.process.kill().await?;
            return Ok(InstanceExit::Died(instance.process.wait().await?));
        }
        let start = Instant::now();
        let Err(error) = instance.process.terminate(GRACE_PERIOD).await else {
            return Ok(InstanceExit::Terminated(start.elapsed()));
        };
        instance.process.kill().await?;
        Ok(InstanceExit::Killed(error))
    };
    (number, exit.await.unwrap_or_else(InstanceExit::Killed))
}

async fn start(redis_url: &str, env: &EnvVars) -> anyhow::Result<SalaServer> {
    let instance = start_instance(free_port()?, redis_url, env).await?;
    let start = Instant::now();
    while !is_ready(instance.address).await {
        ensure!(start.elapsed() < STARTUP_TIMEOUT, "its startup probe is red for {STARTUP_TIMEOUT:?}");
        sleep(PROBE_INTERVAL).await;
    }
    Ok(instance)
}
