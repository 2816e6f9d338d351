//! Cloud Run in small: instances of a service behind HAProxy, as the platform would run them, on one machine.
//!
//! What is as on Cloud Run, by its documentation:
//!
//! - Each instance knows `PORT`, `K_SERVICE`, `K_REVISION` and `K_CONFIGURATION`, and gets requests once its startup probe,
//!   `/health/ready`, is green.
//! - A socket is a request. An instance has so many at once and no more; what it has no room for goes to the next one. Where none
//!   has room, or none is there, a request waits for 10 s, and is then answered with 429.
//! - A revision has one more instance where those there are used by more than 60 %, up to its most, and one less where one
//!   had no request for a while. Without any, the next request starts one.
//! - A request is cut when its time is up, a busy socket as well.
//! - Who comes again is led to the same instance by the cookie `GAESA`, which goes before the split of traffic, unless that
//!   instance is full, about to end, or gone.
//! - An instance that is to end gets no new requests and `SIGTERM`, and is killed 10 s later.
//! - A roll-out starts a new revision and gives it a part of the traffic, then all of it.
//!
//! What is simpler, or harder:
//!
//! - Cloud Run lets requests of a revision without traffic go on until their time is up. Here its instances are asked to end one
//!   after the other, so that one need not wait for an hour to see what happens.
//! - A new revision with a small part of the traffic that is full lets the other one have it.
//! - Instances end when they are idle, one by one: where fewer people come, nothing brings them together on fewer instances.
//! - A cold start takes as long as the process: no image is fetched, no sandbox started.
//! - Nothing is modelled of CPU, memory and their allocation, of zones, TLS, HTTP/2, and of what all this costs.

mod event;
mod haproxy_stats;
mod load_balancer;
mod platform;
mod request_queue;
mod revision;
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
use load_balancer::SLOTS;
use platform::{Platform, PlatformRequest};
use status::{InstanceState, InstanceStatus};

pub use event::PlatformEvent;
pub use platform::PlatformCommand;
pub use status::ServiceStatus;

/// How a service is to be run.
#[derive(Clone, Debug)]
pub struct ServiceConfig {
    /// How many instances each revision with traffic has at least and at most.
    pub min: usize,
    pub max: usize,
    /// How many requests an instance has at once.
    pub concurrency: usize,
    /// How long a request may last.
    pub timeout: Duration,
    /// How long an instance without requests stays.
    pub idle: Duration,
    /// How long each part of a roll-out lasts.
    pub step: Duration,
}

/// A running service. It ends with the value, and so do all its processes.
pub struct CloudRun {
    pub address: SocketAddr,
    requests_in: mpsc::Sender<PlatformRequest>,
    status: watch::Receiver<ServiceStatus>,
    running: JoinSet<anyhow::Result<()>>,
}

impl CloudRun {
    /// Starts the platform on a port, with the first revision of the service. What happens is told to `events`, of which
    /// there are a few a second at most, so nothing bounds them.
    pub async fn start(
        port: u16,
        redis_url: &str,
        service: ServiceConfig,
        settings: EnvVars,
        events: mpsc::UnboundedSender<PlatformEvent>,
    ) -> anyhow::Result<Self> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        // HAProxy would only say that it cannot.
        TcpListener::bind(address).await.with_context(|| format!("port {port} cannot be used, choose another one"))?;
        let (requests_in, queue) = mpsc::channel(16);
        let (platform, status) = Platform::start(address, redis_url, service, settings, events).await?;
        let mut running = JoinSet::new();
        running.spawn(platform.run(queue));
        Ok(Self { address, requests_in, status, running })
    }

    /// Gives an order, and returns when it is being carried out.
    pub async fn order(&self, order: PlatformCommand) -> anyhow::Result<()> {
        let (answer, answered) = oneshot::channel();
        self.requests_in.send(PlatformRequest { order, answer }).await.ok().context("the platform has ended")?;
        answered.await.context("the platform has ended")?
    }

    /// How it stands, now and whenever it changes.
    pub fn status(&self) -> watch::Receiver<ServiceStatus> {
        self.status.clone()
    }

    /// Waits until it stands like that.
    pub async fn until(&self, max_wait: Duration, state: impl FnMut(&ServiceStatus) -> bool) -> anyhow::Result<()> {
        let mut status = self.status();
        let waiting = timeout(max_wait, status.wait_for(state)).await;
        let seen = waiting.map(|seen| seen.map(drop));
        seen.with_context(|| format!("after {max_wait:?} it stands like this:\n{}", *self.status.borrow()))?
            .context("the platform has ended")
    }

    /// Waits until the platform fails, and says why.
    pub async fn failed(&mut self) -> anyhow::Error {
        match self.running.join_next().await {
            Some(Ok(Err(error))) => error,
            Some(Err(error)) => anyhow!(error),
            Some(Ok(Ok(()))) | None => anyhow!("the platform has ended"),
        }
    }
}
