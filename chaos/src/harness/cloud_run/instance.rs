use std::{net::SocketAddr, process::ExitStatus, time::Duration};

use anyhow::ensure;
use testkit::{SalaServer, free_port};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep},
};

use crate::harness::{EnvVars, is_ready, start_instance};

const STARTUP_TIMEOUT: Duration = Duration::from_secs(60);
const PROBE_INTERVAL: Duration = Duration::from_millis(100);
/// From SIGTERM to SIGKILL.
const GRACE_PERIOD: Duration = Duration::from_secs(10);

/// An instance from its start to its end.
#[derive(Debug)]
pub struct Instance {
    pub number: usize,
    pub revision: String,
    /// `None` until it serves.
    pub address: Option<SocketAddr>,
    pub state: InstanceState,
    pub since: Instant,
    pub commands: mpsc::Sender<InstanceCommand>,
    pub requests: usize,
    /// Since when it has had no request, if it has none.
    pub idle_since: Instant,
    pub requests_at_termination: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstanceState {
    Starting,
    Serving,
    Ending,
}

#[derive(Clone, Copy, Debug)]
pub enum InstanceCommand {
    Terminate,
    Kill,
}

/// What becomes of an instance that was started. All but the first are its end.
#[derive(Debug)]
pub enum InstanceChange {
    /// Its startup probe is green.
    Ready(SocketAddr),
    NotStarted(anyhow::Error),
    /// After SIGTERM, within this time.
    Terminated(Duration),
    /// It did not end in time after SIGTERM.
    Killed(anyhow::Error),
    /// Without SIGTERM.
    Died(ExitStatus),
}

impl Instance {
    /// An instance that starts, and the receiver of its commands.
    pub fn new(number: usize, revision: &str) -> (Self, mpsc::Receiver<InstanceCommand>) {
        let ((commands, receiver), since) = (mpsc::channel(2), Instant::now());
        let instance = Self {
            number,
            revision: revision.to_owned(),
            address: None,
            state: InstanceState::Starting,
            since,
            commands,
            requests: 0,
            idle_since: since,
            requests_at_termination: 0,
        };
        (instance, receiver)
    }

    pub fn is_serving(&self) -> bool {
        self.state == InstanceState::Serving
    }

    pub fn name(&self) -> String {
        format!("{}/{}", self.revision, self.number)
    }
}

/// Runs an instance from its start to its end, and reports both.
pub async fn run_instance(
    number: usize,
    redis_url: String,
    env: EnvVars,
    mut commands: mpsc::Receiver<InstanceCommand>,
    changes: mpsc::UnboundedSender<(usize, InstanceChange)>,
) {
    // The platform outlives its instances, so it receives both.
    let end = match start(&redis_url, &env).await {
        Ok(instance) => {
            let _ = changes.send((number, InstanceChange::Ready(instance.address)));
            run_until_end(instance, &mut commands).await.unwrap_or_else(InstanceChange::Killed)
        }
        Err(error) => InstanceChange::NotStarted(error),
    };
    let _ = changes.send((number, end));
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

async fn run_until_end(
    mut instance: SalaServer,
    commands: &mut mpsc::Receiver<InstanceCommand>,
) -> anyhow::Result<InstanceChange> {
    // Both are cancel-safe: an exit status is kept, and a command stays in the channel.
    let command = tokio::select! {
        status = instance.process.wait() => return Ok(InstanceChange::Died(status?)),
        command = commands.recv() => command,
    };
    if let Some(InstanceCommand::Kill) = command {
        instance.process.kill().await?;
        return Ok(InstanceChange::Died(instance.process.wait().await?));
    }
    let start = Instant::now();
    let Err(error) = instance.process.terminate(GRACE_PERIOD).await else {
        return Ok(InstanceChange::Terminated(start.elapsed()));
    };
    instance.process.kill().await?;
    Ok(InstanceChange::Killed(error))
}
