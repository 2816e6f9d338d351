use std::time::Duration;

use anyhow::Context;
use tokio::{sync::mpsc, time::Instant};

use super::{Platform, SERVICE_NAME};
use crate::harness::cloud_run::{
    PlatformEvent,
    haproxy_stats::RequestCounts,
    load_balancer::SLOTS,
    scaling::{InstanceLoad, TerminationReason, weights},
    status::{InstanceState, InstanceStatus},
    supervisor::{InstanceCommand, InstanceExit, InstanceReady, supervise},
};

/// How long no instance is started after one that did not start.
const START_PAUSE: Duration = Duration::from_secs(2);

/// An instance from its start to its end.
pub struct ManagedInstance {
    pub status: InstanceStatus,
    pub slot: usize,
    pub commands: mpsc::Sender<InstanceCommand>,
    last_request: Instant,
    total_requests: usize,
    requests_at_termination: usize,
}

impl ManagedInstance {
    pub fn update(&mut self, counts: RequestCounts) {
        if counts.current > 0 || counts.total != self.total_requests {
            self.last_request = Instant::now();
        }
        (self.status.requests, self.total_requests) = (counts.current, counts.total);
    }

    /// `None` if it is ending.
    pub fn load(&self) -> Option<InstanceLoad> {
        let InstanceStatus { number, state, requests, .. } = self.status;
        let (serving, idle) = (self.status.is_serving(), self.last_request.elapsed());
        (state != InstanceState::Ending).then_some(InstanceLoad { number, serving, requests, idle })
    }

    fn name(&self) -> String {
        format!("{}/{}", self.status.revision, self.status.number)
    }
}

impl Platform {
    /// Starts an instance of a revision. Does nothing while all slots are taken: an ending instance will free one.
    pub(super) fn launch(&mut self, revision: &str) {
        let is_free = |slot: &usize| self.instances.iter().all(|instance| instance.slot != *slot);
        let Some(slot) = (0..SLOTS).find(is_free) else { return };
        self.started += 1;
        let number = self.started;
        let mut env = self.env.clone();
        let names = [("K_SERVICE", SERVICE_NAME), ("K_CONFIGURATION", SERVICE_NAME), ("K_REVISION", revision)];
        env.extend(names.map(|(name, value)| (name, value.to_owned())));
        env.push(("REQUEST_TIMEOUT", self.service.timeout.as_secs().to_string()));
        let (commands, receiver) = mpsc::channel(2);
        self.supervisors.spawn(supervise(number, self.redis_url.clone(), env, receiver, self.ready.0.clone()));
        let (revision, since, state) = (revision.to_owned(), Instant::now(), InstanceState::Starting);
        let status = InstanceStatus { number, revision, address: None, state, requests: 0, since };
        let instance = ManagedInstance {
            status,
            slot,
            commands,
            last_request: since,
            total_requests: 0,
            requests_at_termination: 0,
        };
        self.emit(PlatformEvent::Starting { name: instance.name(), waiting: self.waiting() });
        self.instances.push(instance);
    }

    /// Lets an instance that is ready serve requests.
    pub(super) async fn add_to_balancing(&mut self, ready: InstanceReady) -> anyhow::Result<()> {
        let InstanceReady { number, address } = ready;
        // An instance that crashed at once may have been removed before.
        let Ok(instance) = self.instance(number) else { return Ok(()) };
        (instance.status.state, instance.status.address) = (InstanceState::Serving, Some(address));
        instance.last_request = Instant::now();
        let (name, slot, took) = (instance.name(), instance.slot, instance.status.since.elapsed());
        // If it is the first instance of a new revision, that revision now gets traffic.
        self.advance_rollout().await?;
        if self.serving().any(|instance| instance.status.number == number && self.has_traffic(instance)) {
            self.load_balancer.enable(slot, address).await?;
            self.update_weights().await?;
        }
        self.emit(PlatformEvent::Serving { name, took, serving: self.serving().count() });
        Ok(())
    }

    /// Removes an instance from balancing, and sends it SIGTERM.
    pub(super) async fn terminate(&mut self, number: usize, reason: TerminationReason) -> anyhow::Result<()> {
        let instance = self.instance(number)?;
        let requests = instance.status.requests;
        (instance.status.state, instance.requests_at_termination) = (InstanceState::Ending, requests);
        let (name, slot, commands) = (instance.name(), instance.slot, instance.commands.clone());
        self.load_balancer.disable(slot).await?;
        // An instance that has just ended receives nothing; its exit follows.
        let _ = commands.try_send(InstanceCommand::Terminate);
        self.emit(PlatformEvent::Terminating { name, reason, requests });
        self.update_weights().await
    }

    /// Removes an instance that has ended.
    pub(super) async fn remove(&mut self, number: usize, exit: InstanceExit) -> anyhow::Result<()> {
        let index = self.instances.iter().position(|instance| instance.status.number == number);
        let instance = self.instances.remove(index.context("an unknown instance ended")?);
        let (name, requests) = (instance.name(), instance.requests_at_termination);
        self.load_balancer.disable(instance.slot).await?;
        if matches!(exit, InstanceExit::NotStarted(_)) {
            self.paused_until = Instant::now() + START_PAUSE;
        }
        self.emit(match exit {
            InstanceExit::Terminated(took) => PlatformEvent::Terminated { name, took, requests },
            InstanceExit::Killed(error) => PlatformEvent::Killed { name, reason: format!("{error:#}") },
            InstanceExit::Died(status) => PlatformEvent::Died { name, status },
            InstanceExit::NotStarted(error) => PlatformEvent::NotStarted { name, reason: format!("{error:#}") },
        });
        self.update_weights().await
    }

    /// Divides each revision's traffic among its instances.
    pub(super) async fn update_weights(&self) -> anyhow::Result<()> {
        let with_traffic = self.revisions.iter().filter(|revision| revision.percent > 0);
        let (percents, slots): (Vec<u32>, Vec<Vec<usize>>) = with_traffic
            .map(|revision| {
                let own = self.serving().filter(|instance| instance.status.revision == revision.name);
                (revision.percent, own.map(|instance| instance.slot).collect())
            })
            .unzip();
        let parts: Vec<(u32, usize)> = percents.into_iter().zip(slots.iter().map(Vec::len)).collect();
        let weights = slots.into_iter().zip(weights(&parts));
        let weights: Vec<(usize, u16)> =
            weights.flat_map(|(slots, weight)| slots.into_iter().map(move |slot| (slot, weight))).collect();
        self.load_balancer.set_weights(&weights).await
    }

    fn instance(&mut self, number: usize) -> anyhow::Result<&mut ManagedInstance> {
        self.instances.iter_mut().find(|instance| instance.status.number == number).context("no such instance")
    }
}
