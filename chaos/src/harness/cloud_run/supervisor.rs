use std::{
    net::SocketAddr,
    process::ExitStatus,
    time::{Duration, Instant},
};

use anyhow::ensure;
use tokio::{sync::mpsc, time::sleep};

use crate::harness::{EnvVars, Instance, free_port};

/// How long the startup probe is tried, and how often.
const PROBED: Duration = Duration::from_secs(60);
const PROBE: Duration = Duration::from_millis(100);
/// How long an instance has to end before it is killed.
const GRACE: Duration = Duration::from_secs(10);

/// What is asked of a running instance.
#[derive(Clone, Copy, Debug)]
pub enum InstanceCommand {
    Terminate,
    /// Die at once, with all that it holds.
    Kill,
}

/// An instance is ready for requests.
#[derive(Debug)]
pub struct InstanceReady {
    pub number: usize,
    pub address: SocketAddr,
}

/// How an instance came to its end.
#[derive(Debug)]
pub enum InstanceExit {
    /// It never got ready.
    NotStarted(anyhow::Error),
    /// It was asked to, and did, within that time.
    Ended(Duration),
    /// It was asked to, and had to be killed.
    Killed(anyhow::Error),
    /// It was not asked.
    Died(ExitStatus),
}

/// The life of one instance, from its start to its end.
pub async fn supervise(
    number: usize,
    redis_url: String,
    settings: EnvVars,
    mut commands: mpsc::Receiver<InstanceCommand>,
    ready: mpsc::Sender<InstanceReady>,
) -> (usize, InstanceExit) {
    let mut instance = match start(&redis_url, &settings).await {
        Ok(instance) => instance,
        Err(error) => return (number, InstanceExit::NotStarted(error)),
    };
    let end = async {
        // The platform is there for as long as its instances are.
        let _ = ready.send(InstanceReady { number, address: instance.address }).await;
        // Both are cancel-safe: an end stays what it is, and an ask stays in the channel.
        let ask = tokio::select! {
            status = instance.ended() => return Ok(InstanceExit::Died(status?)),
            ask = commands.recv() => ask,
        };
        if let Some(InstanceCommand::Kill) = ask {
            instance.kill().await?;
            return Ok(InstanceExit::Died(instance.ended().await?));
        }
        let asked = Instant::now();
        let Err(error) = instance.terminate(GRACE).await else { return Ok(InstanceExit::Ended(asked.elapsed())) };
        instance.kill().await?;
        Ok(InstanceExit::Killed(error))
    };
    (number, end.await.unwrap_or_else(InstanceExit::Killed))
}

async fn start(redis_url: &str, settings: &EnvVars) -> anyhow::Result<Instance> {
    let instance = Instance::start(free_port().await?, redis_url, settings).await?;
    let started = Instant::now();
    while !instance.is_ready().await {
        ensure!(started.elapsed() < PROBED, "its startup probe is red for {PROBED:?}");
        sleep(PROBE).await;
    }
    Ok(instance)
}
