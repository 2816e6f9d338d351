use anyhow::{Context, ensure};
use tokio::time::Instant;

use super::{Platform, SERVICE_NAME, instances::ManagedInstance};
use crate::harness::cloud_run::{
    InstanceState, PlatformEvent,
    revision::{Revision, SPLIT, split},
    scaling::TerminationReason,
};

/// A roll-out: which of the parts of [`SPLIT`] the last revision has, and since when. It has none until an instance of it serves.
pub struct Rollout {
    step: Option<usize>,
    since: Instant,
}

impl Platform {
    /// Begins to roll out another revision.
    pub(super) fn deploy(&mut self) -> anyhow::Result<()> {
        ensure!(self.rollout.is_none(), "a roll-out is under way");
        self.deployed += 1;
        let revision = Revision::of(SERVICE_NAME, self.deployed);
        let name = revision.name.clone();
        self.revisions.push(revision);
        self.rollout = Some(Rollout { step: None, since: Instant::now() });
        self.launch(&name);
        Ok(())
    }

    /// Takes the next step of a roll-out, if it is time.
    pub(super) async fn advance_rollout(&mut self) -> anyhow::Result<()> {
        let Some(Rollout { step, since }) = self.rollout else { return Ok(()) };
        let newest = self.revisions.last().context("there is always a revision")?.name.clone();
        let states: Vec<InstanceState> = self
            .instances
            .iter()
            .filter(|instance| instance.is_of(&newest))
            .map(|instance| instance.status.state)
            .collect();
        match step {
            None if states.is_empty() => {
                self.revisions.pop();
                self.rollout = None;
                self.emit(PlatformEvent::GivenUp { revision: newest });
                Ok(())
            }
            None if states.contains(&InstanceState::Serving) => self.step(0).await,
            None => Ok(()),
            Some(step) if step + 1 == SPLIT.len() => self.replace(newest).await,
            Some(step) if since.elapsed() >= self.service.step => self.step(step + 1).await,
            Some(_) => Ok(()),
        }
    }

    /// Whether new requests may come to it.
    pub(super) fn has_traffic(&self, instance: &ManagedInstance) -> bool {
        self.revisions.iter().any(|revision| instance.is_of(&revision.name) && revision.share > 0)
    }

    async fn step(&mut self, step: usize) -> anyhow::Result<()> {
        let share = SPLIT[step];
        split(&mut self.revisions, share);
        self.rollout = Some(Rollout { step: Some(step), since: Instant::now() });
        let revision = self.revisions.last().context("there is always a revision")?.name.clone();
        self.emit(PlatformEvent::Split { revision, share });
        let outdated = self
            .instances
            .iter()
            .filter(|instance| instance.status.state == InstanceState::Serving && !self.has_traffic(instance));
        for slot in outdated.map(|instance| instance.slot).collect::<Vec<_>>() {
            self.balancer.take_out(slot).await?;
        }
        self.update_weights().await
    }

    /// Ends what is left of other revisions, one instance after the other.
    async fn replace(&mut self, newest: String) -> anyhow::Result<()> {
        let old: Vec<&ManagedInstance> = self.instances.iter().filter(|instance| !instance.is_of(&newest)).collect();
        if old.is_empty() {
            self.revisions.retain(|revision| revision.name == newest);
            self.rollout = None;
            self.emit(PlatformEvent::RolledOut { revision: newest });
            return Ok(());
        }
        if old.iter().any(|instance| instance.status.state == InstanceState::Ending) {
            return Ok(());
        }
        let serving = old.into_iter().filter(|instance| instance.status.state == InstanceState::Serving);
        let next = serving.min_by_key(|instance| instance.status.requests).map(|instance| instance.status.number);
        match next {
            Some(number) => self.ask_to_end(number, TerminationReason::Replaced).await,
            None => Ok(()),
        }
    }
}
