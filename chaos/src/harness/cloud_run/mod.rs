//! A local Cloud Run: instances of a service behind a load balancer on one machine.
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

mod instance;
mod load_balancer;
mod platform;
mod rollout;
mod scaling;

use std::{net::SocketAddr, ops::RangeInclusive, time::Duration};

use anyhow::Context;
use clap::{
    Args,
    builder::{RangedU64ValueParser, TypedValueParser},
};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
    time::{MissedTickBehavior, interval, timeout},
};

use super::EnvVars;
use load_balancer::{MAX_WAIT, balance};

pub use platform::Platform;

/// How often the load is read. Cloud Run takes seconds, which is longer than an instance takes to start here.
const LOAD_INTERVAL: Duration = Duration::from_millis(200);

/// The configuration of a service.
#[derive(Clone, Debug, Args)]
pub struct ServiceConfig {
    /// The minimum number of instances
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub min: usize,
    /// The maximum number of instances
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub max: usize,
    /// The maximum number of concurrent requests of an instance; a socket is a request
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = RangedU64ValueParser::<usize>::new().range(1..=1_000))]
    pub concurrency: usize,
    /// The maximum duration of a request
    #[arg(long, value_name = "SECONDS", default_value = "300", value_parser = seconds(10..=3_600))]
    pub timeout: Duration,
    /// How long an instance without requests is kept
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = seconds(0..=u64::MAX))]
    pub idle: Duration,
    /// The duration of each step of a roll-out
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds(0..=u64::MAX))]
    pub step: Duration,
}

fn seconds(range: RangeInclusive<u64>) -> impl TypedValueParser<Value = Duration> {
    RangedU64ValueParser::<u64>::new().range(range).map(Duration::from_secs)
}

/// A running service. It ends when this is dropped, with all its processes.
pub struct CloudRun {
    pub address: SocketAddr,
    platform: watch::Sender<Platform>,
    _requests: JoinSet<()>,
    _control_loop: JoinSet<()>,
}

impl CloudRun {
    /// Starts the platform on a port, a free one for 0, with the first revision of the service. `log` gets a line for
    /// everything that happens.
    pub async fn start(
        port: u16,
        redis_url: &str,
        service: ServiceConfig,
        env: EnvVars,
        log: impl Fn(String) + Send + Sync + 'static,
    ) -> anyhow::Result<Self> {
        let (sender, mut changes) = mpsc::unbounded_channel();
        let platform = watch::channel(Platform::new(redis_url, service, env, sender, Box::new(log))?).0;
        let balancing = balance(port, platform.clone(), MAX_WAIT).await;
        let (address, requests) =
            balancing.with_context(|| format!("port {port} cannot be used, choose another one"))?;
        let (mut control_loop, controlled) = (JoinSet::new(), platform.clone());
        control_loop.spawn(async move {
            let mut tick = interval(LOAD_INTERVAL);
            tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                // Both are cancel-safe: the channel keeps changes until they are received, the interval its next tick.
                let change = tokio::select! {
                    change = changes.recv() => change,
                    _ = tick.tick() => None,
                };
                controlled.send_modify(|platform| platform.update(change));
            }
        });
        Ok(Self { address, platform, _requests: requests, _control_loop: control_loop })
    }

    /// Executes a command of the platform.
    pub fn execute(&self, command: impl FnOnce(&mut Platform) -> anyhow::Result<()>) -> anyhow::Result<()> {
        let mut result = Ok(());
        self.platform.send_modify(|platform| result = command(platform));
        result
    }

    pub fn platform(&self) -> watch::Receiver<Platform> {
        self.platform.subscribe()
    }

    pub async fn wait_until(&self, max_wait: Duration, condition: impl FnMut(&Platform) -> bool) -> anyhow::Result<()> {
        let mut platform = self.platform();
        let waiting = timeout(max_wait, platform.wait_for(condition)).await.map(|seen| seen.map(drop));
        waiting
            .with_context(|| format!("the status after {max_wait:?}:\n{}", *self.platform.borrow()))?
            .context("the platform has ended")
    }
}
