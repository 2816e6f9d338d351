//! The control loop that starts and terminates instances.

mod instances;
mod rollout;

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context, bail, ensure};
use tokio::{
    sync::{mpsc, oneshot, watch},
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval},
};

use super::{
    PlatformEvent, ServiceConfig, ServiceStatus,
    load_balancer::{LoadBalancer, SLOTS, name},
    request_queue::{MAX_WAIT, RequestQueue},
    scaling::{InstanceLoad, decide},
    supervisor::{InstanceCommand, InstanceExit, InstanceReady},
};
use crate::harness::EnvVars;
use instances::ManagedInstance;
use rollout::{Revision, Rollout};

/// `K_SERVICE` of all instances.
const SERVICE_NAME: &str = "sala";
/// How often the load is read. Cloud Run takes seconds, which is longer than an instance takes to start here.
const LOAD_INTERVAL: Duration = Duration::from_millis(200);
/// How often requests are compared with their timeout.
const TIMEOUT_INTERVAL: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlatformCommand {
    /// Sets the minimum number of instances, and the maximum unless it is `None`.
    Scale { min: usize, max: Option<usize> },
    /// Rolls out a new revision.
    Deploy,
    /// Kills an instance.
    Kill(usize),
}

pub struct PlatformRequest {
    pub command: PlatformCommand,
    pub reply: oneshot::Sender<anyhow::Result<()>>,
}

/// A service with its instances.
pub struct Platform {
    service: ServiceConfig,
    load_balancer: LoadBalancer,
    queue: RequestQueue,
    redis_url: String,
    env: EnvVars,
    /// The oldest first. The last one may still be rolled out.
    revisions: Vec<Revision>,
    rollout: Option<Rollout>,
    instances: Vec<ManagedInstance>,
    supervisors: JoinSet<(usize, InstanceExit)>,
    ready: (mpsc::Sender<InstanceReady>, mpsc::Receiver<InstanceReady>),
    events: mpsc::UnboundedSender<PlatformEvent>,
    status: watch::Sender<ServiceStatus>,
    /// How many instances were started, and how many revisions deployed, so far.
    started: usize,
    deployed: usize,
    /// Requests that HAProxy holds because no instance has capacity.
    queued: usize,
    /// Whether [`PlatformEvent::Full`] was emitted for the present shortage.
    is_full: bool,
    /// No instance is started before.
    paused_until: Instant,
}

impl Platform {
    pub async fn start(
        address: SocketAddr,
        redis_url: &str,
        service: ServiceConfig,
        env: EnvVars,
        events: mpsc::UnboundedSender<PlatformEvent>,
    ) -> anyhow::Result<(Self, watch::Receiver<ServiceStatus>)> {
        validate(service.min, service.max)?;
        let queue = RequestQueue::start(MAX_WAIT).await?;
        let load_balancer = LoadBalancer::start(address, service.concurrency, &queue).await?;
        let (status, receiver) = watch::channel(ServiceStatus::default());
        let platform = Self {
            service,
            load_balancer,
            queue,
            redis_url: redis_url.to_owned(),
            env,
            revisions: vec![Revision { percent: 100, ..Revision::new(SERVICE_NAME, 1) }],
            rollout: None,
            instances: Vec::new(),
            supervisors: JoinSet::new(),
            ready: mpsc::channel(SLOTS),
            events,
            status,
            started: 0,
            deployed: 1,
            queued: 0,
            is_full: false,
            paused_until: Instant::now(),
        };
        Ok((platform, receiver))
    }

    /// Runs until the sender of requests is dropped.
    pub async fn run(mut self, mut requests: mpsc::Receiver<PlatformRequest>) -> anyhow::Result<()> {
        let mut waiting = self.queue.waiting();
        let (mut load, mut timeout) = (interval(LOAD_INTERVAL), interval(TIMEOUT_INTERVAL));
        load.set_missed_tick_behavior(MissedTickBehavior::Delay);
        timeout.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            // All are cancel-safe: what is not taken stays in its channel, set or interval.
            tokio::select! {
                request = requests.recv() => {
                    let Some(PlatformRequest { command, reply }) = request else { return Ok(()) };
                    let result = self.execute(command);
                    // The status is current when the reply arrives.
                    self.publish_status();
                    // A sender that does not wait needs no reply.
                    let _ = reply.send(result);
                }
                Some(ready) = self.ready.1.recv() => self.add_to_balancing(ready).await?,
                Some(exit) = self.supervisors.join_next() => {
                    let (number, exit) = exit.context("a supervisor panicked")?;
                    self.remove(number, exit).await?;
                }
                changed = waiting.changed() => changed.context("the request queue has ended")?,
                _ = load.tick() => self.read_load().await?,
                _ = timeout.tick() => self.close_timed_out().await?,
            }
            self.advance_rollout().await?;
            self.scale().await?;
            self.publish_status();
        }
    }

    fn execute(&mut self, command: PlatformCommand) -> anyhow::Result<()> {
        match command {
            PlatformCommand::Scale { min, max } => {
                let max = max.unwrap_or(self.service.max);
                validate(min, max)?;
                (self.service.min, self.service.max) = (min, max);
            }
            PlatformCommand::Deploy => self.deploy()?,
            PlatformCommand::Kill(number) => {
                let instance = self.serving().find(|instance| instance.status.number == number);
                let Some(instance) = instance else { bail!("no instance {number} serves") };
                instance.commands.try_send(InstanceCommand::Kill).context("it is about to end")?;
            }
        }
        Ok(())
    }

    async fn read_load(&mut self) -> anyhow::Result<()> {
        let load = self.load_balancer.load().await?;
        for instance in &mut self.instances {
            instance.update(load.of(&name(instance.slot))?);
        }
        self.queued = load.queued;
        Ok(())
    }

    async fn close_timed_out(&mut self) -> anyhow::Result<()> {
        let timeout = self.service.timeout;
        let requests = self.load_balancer.close_older_than(timeout).await?;
        if requests > 0 {
            self.emit(PlatformEvent::TimedOut { requests, timeout });
        }
        Ok(())
    }

    /// Starts and terminates instances of the revisions that have traffic.
    async fn scale(&mut self) -> anyhow::Result<()> {
        let waiting = self.waiting();
        let largest = self.revisions.iter().map(|revision| revision.percent).max();
        for Revision { name, percent } in self.revisions.clone() {
            if percent == 0 {
                continue;
            }
            let own = self.instances.iter().filter(|instance| instance.status.revision == name);
            let loads: Vec<InstanceLoad> = own.filter_map(ManagedInstance::load).collect();
            // Waiting requests are counted for the revision with most of the traffic.
            let waiting = if Some(percent) == largest { waiting } else { 0 };
            let decision = decide(&self.service, &loads, waiting);
            for (number, reason) in decision.terminate {
                self.terminate(number, reason).await?;
            }
            if Instant::now() >= self.paused_until {
                (0..decision.start).for_each(|_| self.launch(&name));
            }
            let is_full = self.queued > 0 && loads.len() >= self.service.max && loads.iter().all(|one| one.serving);
            if Some(percent) == largest && is_full != std::mem::replace(&mut self.is_full, is_full) && is_full {
                self.emit(PlatformEvent::Full { waiting });
            }
        }
        Ok(())
    }

    /// How many requests wait for an instance.
    fn waiting(&self) -> usize {
        self.queued + *self.queue.waiting().borrow()
    }

    fn serving(&self) -> impl Iterator<Item = &ManagedInstance> {
        self.instances.iter().filter(|instance| instance.status.is_serving())
    }

    fn publish_status(&self) {
        self.queue.set_released(self.serving().any(|instance| self.has_traffic(instance)));
        let revisions = self.revisions.iter().map(|revision| (revision.name.clone(), revision.percent)).collect();
        let instances = self.instances.iter().map(|instance| instance.status.clone()).collect();
        self.status.send_replace(ServiceStatus { revisions, instances, waiting: self.waiting() });
    }

    fn emit(&self, event: PlatformEvent) {
        // A receiver that was dropped needs no events.
        let _ = self.events.send(event);
    }
}

fn validate(min: usize, max: usize) -> anyhow::Result<()> {
    // A roll-out has two revisions, and instances that end still occupy their slots.
    ensure!((1..=SLOTS / 4).contains(&max), "the maximum is 1 to {} instances, and not {max}", SLOTS / 4);
    ensure!(min <= max, "the minimum of {min} instances exceeds the maximum of {max}");
    Ok(())
}
