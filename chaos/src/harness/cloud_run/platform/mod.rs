//! The platform itself: one loop that looks how everything stands, and starts, admits and ends instances.

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
    InstanceState, PlatformEvent, SLOTS, ServiceConfig, ServiceStatus,
    load_balancer::{LoadBalancer, name},
    request_queue::{RequestQueue, TIMEOUT},
    revision::{Revision, split},
    scaling::{InstanceLoad, decide},
    supervisor::{InstanceCommand, InstanceExit, InstanceReady},
};
use crate::harness::EnvVars;
use instances::ManagedInstance;
use rollout::Rollout;

/// What instances know as the name of their service.
const SERVICE_NAME: &str = "sala";
/// How often it looks how everything stands. Cloud Run takes seconds; then a request would wait for longer than a start takes.
const REFRESH_INTERVAL: Duration = Duration::from_millis(200);
/// How often it looks for requests whose time is up.
const CUT_INTERVAL: Duration = Duration::from_secs(1);

/// What can be asked of the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlatformCommand {
    /// How many instances a revision has at least, and at most unless that stays.
    Scale { min: usize, max: Option<usize> },
    /// Roll out a new revision.
    Deploy,
    /// Let an instance die.
    Kill(usize),
}

/// An order, and where the answer goes.
pub struct PlatformRequest {
    pub order: PlatformCommand,
    pub answer: oneshot::Sender<anyhow::Result<()>>,
}

/// Runs a service: everything happens in one loop.
pub struct Platform {
    service: ServiceConfig,
    balancer: LoadBalancer,
    room: RequestQueue,
    redis_url: String,
    settings: EnvVars,
    /// The oldest first. The last one may be rolled out just now.
    revisions: Vec<Revision>,
    rollout: Option<Rollout>,
    instances: Vec<ManagedInstance>,
    supervisors: JoinSet<(usize, InstanceExit)>,
    ready: (mpsc::Sender<InstanceReady>, mpsc::Receiver<InstanceReady>),
    events: mpsc::UnboundedSender<PlatformEvent>,
    status: watch::Sender<ServiceStatus>,
    started: usize,
    deployed: usize,
    /// Requests that HAProxy holds because no instance has room.
    queued: usize,
    /// Whether it was told that there is no room.
    full: bool,
    /// Nothing is started before.
    pause: Instant,
}

impl Platform {
    pub async fn start(
        address: SocketAddr,
        redis_url: &str,
        service: ServiceConfig,
        settings: EnvVars,
        events: mpsc::UnboundedSender<PlatformEvent>,
    ) -> anyhow::Result<(Self, watch::Receiver<ServiceStatus>)> {
        check(service.min, service.max)?;
        let room = RequestQueue::open(TIMEOUT).await?;
        let balancer = LoadBalancer::start(address, service.concurrency, &room).await?;
        let (status, seen) = watch::channel(ServiceStatus::default());
        let mut revisions = vec![Revision::of(SERVICE_NAME, 1)];
        split(&mut revisions, 100);
        let platform = Self {
            service,
            balancer,
            room,
            redis_url: redis_url.to_owned(),
            settings,
            revisions,
            rollout: None,
            instances: Vec::new(),
            supervisors: JoinSet::new(),
            ready: mpsc::channel(SLOTS),
            events,
            status,
            started: 0,
            deployed: 1,
            queued: 0,
            full: false,
            pause: Instant::now(),
        };
        Ok((platform, seen))
    }

    /// Runs for as long as somebody may give orders.
    pub async fn run(mut self, mut requests_in: mpsc::Receiver<PlatformRequest>) -> anyhow::Result<()> {
        let mut coming = self.room.waiting();
        let (mut look, mut cut) = (interval(REFRESH_INTERVAL), interval(CUT_INTERVAL));
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        cut.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            // All are cancel-safe: what is not taken stays in its channel, its set or its interval.
            tokio::select! {
                request = requests_in.recv() => {
                    let Some(PlatformRequest { order, answer }) = request else { return Ok(()) };
                    let done = self.handle_command(order).await;
                    // Whoever has the answer may look at once.
                    self.publish();
                    // Who does not wait for it does not need it.
                    let _ = answer.send(done);
                }
                Some(ready) = self.ready.1.recv() => self.admit(ready).await?,
                Some(ended) = self.supervisors.join_next() => {
                    let (number, end) = ended.context("the life of an instance panicked")?;
                    self.remove(number, end).await?;
                }
                changed = coming.changed() => changed.context("the waiting room is gone")?,
                _ = look.tick() => self.refresh_load().await?,
                _ = cut.tick() => self.cut().await?,
            }
            self.advance_rollout().await?;
            self.scale().await?;
            self.publish();
        }
    }

    async fn handle_command(&mut self, order: PlatformCommand) -> anyhow::Result<()> {
        match order {
            PlatformCommand::Scale { min, max } => {
                let max = max.unwrap_or(self.service.max);
                check(min, max)?;
                (self.service.min, self.service.max) = (min, max);
            }
            PlatformCommand::Deploy => self.deploy()?,
            PlatformCommand::Kill(number) => {
                let instance = self.instances.iter().find(|instance| {
                    instance.status.number == number && instance.status.state == InstanceState::Serving
                });
                let Some(instance) = instance else { bail!("no instance {number} serves") };
                instance.commands.try_send(InstanceCommand::Kill).context("it is about to end")?;
            }
        }
        Ok(())
    }

    /// Takes down how many requests there are.
    async fn refresh_load(&mut self) -> anyhow::Result<()> {
        let load = self.balancer.load().await?;
        for instance in &mut self.instances {
            instance.update(load.of(&name(instance.slot))?);
        }
        self.queued = load.queued;
        Ok(())
    }

    async fn cut(&mut self) -> anyhow::Result<()> {
        let timeout = self.service.timeout;
        let requests = self.balancer.cut(timeout).await?;
        if requests > 0 {
            self.emit(PlatformEvent::Cut { requests, timeout });
        }
        Ok(())
    }

    /// Starts and ends instances of the revisions that have traffic, as their load asks for.
    async fn scale(&mut self) -> anyhow::Result<()> {
        let waiting = self.waiting();
        let most = self.revisions.iter().map(|revision| revision.share).max();
        for Revision { name, share } in self.revisions.clone() {
            if share == 0 {
                continue;
            }
            let seen: Vec<InstanceLoad> = self
                .instances
                .iter()
                .filter(|instance| instance.is_of(&name))
                .filter_map(ManagedInstance::seen)
                .collect();
            // What waits comes to the revision that has most of the traffic.
            let waiting = if Some(share) == most { waiting } else { 0 };
            let decision = decide(&self.service, &seen, waiting);
            for (number, why) in decision.end {
                self.ask_to_end(number, why).await?;
            }
            if Instant::now() >= self.pause {
                (0..decision.start).for_each(|_| self.launch(&name));
            }
            let is_full = self.queued > 0 && seen.len() >= self.service.max && seen.iter().all(|one| one.serving);
            if Some(share) == most && is_full != std::mem::replace(&mut self.full, is_full) && is_full {
                self.emit(PlatformEvent::Full { waiting });
            }
        }
        Ok(())
    }

    /// How many requests have no instance yet.
    fn waiting(&self) -> usize {
        self.queued + *self.room.waiting().borrow()
    }

    fn publish(&self) {
        self.room.set_open(
            self.instances
                .iter()
                .any(|instance| instance.status.state == InstanceState::Serving && self.has_traffic(instance)),
        );
        let revisions = self.revisions.iter().map(|revision| (revision.name.clone(), revision.share)).collect();
        let instances = self.instances.iter().map(|instance| instance.status.clone()).collect();
        self.status.send_replace(ServiceStatus { revisions, instances, waiting: self.waiting() });
    }

    fn emit(&self, event: PlatformEvent) {
        // Who does not listen does not want to know.
        let _ = self.events.send(event);
    }
}

fn check(min: usize, max: usize) -> anyhow::Result<()> {
    // During a roll-out there are two revisions, and what ends has its slot still.
    ensure!((1..=SLOTS / 4).contains(&max), "there can be 1 to {} instances at most, and not {max}", SLOTS / 4);
    ensure!(min <= max, "there cannot be {min} instances at least and {max} at most");
    Ok(())
}
