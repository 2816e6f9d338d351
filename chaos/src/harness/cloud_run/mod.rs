//! A local Cloud Run: instances of a service behind HAProxy on one machine.
//!
//! As on Cloud Run, by its documentation:
//!
//! - Each instance gets `PORT`, `K_SERVICE`, `K_REVISION` and `K_CONFIGURATION`, and no requests before its startup probe,
//!   `/health/ready`, is green.
//! - A socket is a request. An instance has at most `concurrency` requests; others go to the next instance. If no instance
//!   has capacity, a request waits for 10 s and is then answered with 429.
//! - A revision gets another instance if its instances are used by more than 60 %, up to the maximum, and loses one that
//!   had no request for a while. Without instances, the next request starts one.
//! - A request is closed at its timeout, even a busy socket.
//! - The cookie `GAESA` leads a client back to its instance, whatever the traffic split, unless that instance is full,
//!   shutting down, or gone.
//! - An instance that is to end gets no new requests and `SIGTERM`, and is killed 10 s later.
//! - A roll-out starts a new revision and gives it a part of the traffic, then all of it.
//!
//! Different from Cloud Run:
//!
//! - Cloud Run lets the requests of a revision without traffic run until their timeout. Here its instances are terminated one
//!   after the other, so that the result of a roll-out is visible without waiting for an hour.
//! - A new revision with a small part of the traffic that is full leaves it to the other revision.
//! - Idle instances end one by one: nothing gathers the remaining clients on fewer instances.
//! - A cold start takes as long as the process: no image is pulled, no sandbox started.
//! - CPU, memory, zones, TLS, HTTP/2 and prices are not modelled.

mod event;
mod haproxy_stats;
mod load_balancer;
mod platform;
mod request_queue;
mod scaling;
mod status;
mod supervisor;
#[cfg(test)]
mod tests;

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use anyhow::{Context, anyhow};
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot, watch},
    task::JoinSet,
    time::timeout,
};

use super::EnvVars;
use platform::{Platform, PlatformRequest};

pub use event::PlatformEvent;
pub use platform::PlatformCommand;
pub use status::ServiceStatus;

/// The configuration of a service.
#[derive(Clone, Debug)]
pub struct ServiceConfig {
    /// The minimum and maximum number of instances of each revision with traffic.
    pub min: usize,
    pub max: usize,
    /// The maximum number of concurrent requests of an instance.
    pub concurrency: usize,
    /// The maximum duration of a request.
    pub timeout: Duration,
    /// How long an instance without requests is kept.
    pub idle: Duration,
    /// The duration of each step of a roll-out.
    pub step: Duration,
}

/// A running service. It ends when this is dropped, with all its processes.
pub struct CloudRun {
    pub address: SocketAddr,
    requests: mpsc::Sender<PlatformRequest>,
    status: watch::Receiver<ServiceStatus>,
    task: JoinSet<anyhow::Result<()>>,
}

impl CloudRun {
    /// Starts the platform on a port, with the first revision of the service. `events` is unbounded, because there are only a
    /// few events per second.
    pub async fn start(
        port: u16,
        redis_url: &str,
        service: ServiceConfig,
        env: EnvVars,
        events: mpsc::UnboundedSender<PlatformEvent>,
    ) -> anyhow::Result<Self> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        // HAProxy would not say why it cannot listen.
        TcpListener::bind(address).await.with_context(|| format!("port {port} cannot be used, choose another one"))?;
        let (requests, receiver) = mpsc::channel(16);
        let (platform, status) = Platform::start(address, redis_url, service, env, events).await?;
        let mut task = JoinSet::new();
        task.spawn(platform.run(receiver));
        Ok(Self { address, requests, status, task })
    }

    /// Executes a command, and returns when it has taken effect.
    pub async fn execute(&self, command: PlatformCommand) -> anyhow::Result<()> {
        let (reply, replied) = oneshot::channel();
        self.requests.send(PlatformRequest { command, reply }).await.ok().context("the platform has ended")?;
        replied.await.context("the platform has ended")?
    }

    pub fn status(&self) -> watch::Receiver<ServiceStatus> {
        self.status.clone()
    }

    pub async fn wait_until(
        &self,
        max_wait: Duration,
        condition: impl FnMut(&ServiceStatus) -> bool,
    ) -> anyhow::Result<()> {
        let mut status = self.status();
        let waiting = timeout(max_wait, status.wait_for(condition)).await.map(|seen| seen.map(drop));
        waiting
            .with_context(|| format!("the status after {max_wait:?}:\n{}", *self.status.borrow()))?
            .context("the platform has ended")
    }

    /// Waits until the platform fails, and returns the reason.
    pub async fn failed(&mut self) -> anyhow::Error {
        match self.task.join_next().await {
            Some(Ok(Err(error))) => error,
            Some(Err(error)) => anyhow!(error),
            Some(Ok(Ok(()))) | None => anyhow!("the platform has ended"),
        }
    }
}
