use std::time::Duration;

use anyhow::Context;
use tokio::{sync::mpsc, time::Instant};

use super::{Platform, SERVICE_NAME};
use crate::harness::cloud_run::{
    InstanceState, InstanceStatus, PlatformEvent, SLOTS,
    haproxy_stats::RequestCounts,
    scaling::{InstanceLoad, TerminationReason, weights},
    supervisor::{InstanceCommand, InstanceExit, InstanceReady, supervise},
};

/// How long nothing is started after an instance that did not start.
const PAUSE: Duration = Duration::from_secs(2);

/// An instance, as the platform knows it.
pub struct ManagedInstance {
    pub status: InstanceStatus,
    pub slot: usize,
    pub commands: mpsc::Sender<InstanceCommand>,
    /// When it last had a request.
    busy: Instant,
    ever: usize,
    /// How many requests it had when it was asked to end.
    left: usize,
}

impl ManagedInstance {
    pub fn is_of(&self, revision: &str) -> bool {
        self.status.revision == revision
    }

    pub fn update(&mut self, requests: RequestCounts) {
        if requests.now > 0 || requests.ever != self.ever {
            self.busy = Instant::now();
        }
        (self.status.requests, self.ever) = (requests.now, requests.ever);
    }

    /// One that ends counts no more.
    pub fn seen(&self) -> Option<InstanceLoad> {
        let InstanceStatus { number, state, requests, .. } = self.status;
        let serving = state == InstanceState::Serving;
        (state != InstanceState::Ending).then(|| InstanceLoad { number, serving, requests, idle: self.busy.elapsed() })
    }

    fn name(&self) -> String {
        format!("{}/{}", self.status.revision, self.status.number)
    }
}

impl Platform {
    /// Starts an instance of a revision, unless all slots are taken: then one that ends frees one.
    pub(super) fn launch(&mut self, revision: &str) {
        let is_free = |slot: &usize| self.instances.iter().all(|instance| instance.slot != *slot);
        let Some(slot) = (0..SLOTS).find(is_free) else { return };
        self.started += 1;
        let number = self.started;
        let mut settings = self.settings.clone();
        let names = [("K_SERVICE", SERVICE_NAME), ("K_CONFIGURATION", SERVICE_NAME), ("K_REVISION", revision)];
        settings.extend(names.map(|(name, value)| (name, value.to_owned())));
        settings.push(("REQUEST_TIMEOUT", self.service.timeout.as_secs().to_string()));
        let (commands, asked) = mpsc::channel(2);
        self.supervisors.spawn(supervise(number, self.redis_url.clone(), settings, asked, self.ready.0.clone()));
        let (revision, now) = (revision.to_owned(), Instant::now());
        let status =
            InstanceStatus { number, revision, address: None, state: InstanceState::Starting, requests: 0, since: now };
        let instance = ManagedInstance { status, slot, commands, busy: now, ever: 0, left: 0 };
        self.emit(PlatformEvent::Starting { name: instance.name(), waiting: self.waiting() });
        self.instances.push(instance);
    }

    /// Lets an instance that is ready have requests.
    pub(super) async fn admit(&mut self, InstanceReady { number, address }: InstanceReady) -> anyhow::Result<()> {
        // One that died at once may have been buried before.
        let Ok(instance) = self.instance(number) else { return Ok(()) };
        (instance.status.state, instance.status.address, instance.busy) =
            (InstanceState::Serving, Some(address), Instant::now());
        let (name, slot, took) = (instance.name(), instance.slot, instance.status.since.elapsed());
        // It may be the one that its revision waited for, which gives it its part.
        self.advance_rollout().await?;
        let instance = self.instances.iter().find(|instance| instance.status.number == number);
        if instance
            .is_some_and(|instance| instance.status.state == InstanceState::Serving && self.has_traffic(instance))
        {
            self.balancer.admit(slot, address).await?;
            self.update_weights().await?;
        }
        let serving = self.instances.iter().filter(|instance| instance.status.state == InstanceState::Serving).count();
        self.emit(PlatformEvent::Serving { name, took, serving });
        Ok(())
    }

    /// Takes an instance out of balancing, and asks it to end.
    pub(super) async fn ask_to_end(&mut self, number: usize, why: TerminationReason) -> anyhow::Result<()> {
        let instance = self.instance(number)?;
        (instance.status.state, instance.left) = (InstanceState::Ending, instance.status.requests);
        let (name, slot, requests) = (instance.name(), instance.slot, instance.left);
        let commands = instance.commands.clone();
        self.balancer.take_out(slot).await?;
        // One that has just died hears nothing, and is buried at once.
        let _ = commands.try_send(InstanceCommand::Terminate);
        self.emit(PlatformEvent::Asked { name, why, requests });
        self.update_weights().await
    }

    /// An instance is gone.
    pub(super) async fn remove(&mut self, number: usize, end: InstanceExit) -> anyhow::Result<()> {
        let place =
            self.instances.iter().position(|instance| instance.status.number == number).context("nobody's end")?;
        let instance = self.instances.remove(place);
        let (name, requests) = (instance.name(), instance.left);
        self.balancer.take_out(instance.slot).await?;
        if matches!(end, InstanceExit::NotStarted(_)) {
            self.pause = Instant::now() + PAUSE;
        }
        self.emit(match end {
            InstanceExit::Ended(took) => PlatformEvent::Ended { name, took, requests },
            InstanceExit::Killed(error) => PlatformEvent::Killed { name, why: format!("{error:#}") },
            InstanceExit::Died(status) => PlatformEvent::Died { name, status },
            InstanceExit::NotStarted(error) => PlatformEvent::NotStarted { name, why: format!("{error:#}") },
        });
        self.update_weights().await
    }

    /// Lets the instances that serve share the traffic of their revisions.
    pub(super) async fn update_weights(&self) -> anyhow::Result<()> {
        let serving = |name: &str| {
            let own = self
                .instances
                .iter()
                .filter(|instance| instance.status.state == InstanceState::Serving && instance.is_of(name));
            own.map(|instance| instance.slot).collect::<Vec<usize>>()
        };
        let (shares, slots): (Vec<u32>, Vec<Vec<usize>>) = self
            .revisions
            .iter()
            .filter(|revision| revision.share > 0)
            .map(|revision| (revision.share, serving(&revision.name)))
            .unzip();
        let parts: Vec<(u32, usize)> = shares.into_iter().zip(slots.iter().map(Vec::len)).collect();
        let weights = slots.into_iter().zip(weights(&parts));
        let weights: Vec<(usize, u16)> =
            weights.flat_map(|(slots, weight)| slots.into_iter().map(move |slot| (slot, weight))).collect();
        self.balancer.update_weights(&weights).await
    }

    fn instance(&mut self, number: usize) -> anyhow::Result<&mut ManagedInstance> {
        self.instances.iter_mut().find(|instance| instance.status.number == number).context("nobody has that number")
    }
}
