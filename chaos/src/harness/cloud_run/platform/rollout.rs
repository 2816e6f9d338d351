use anyhow::{Context, ensure};
use rand::Rng;
use tokio::time::Instant;

use super::{Platform, SERVICE_NAME, instances::ManagedInstance};
use crate::harness::cloud_run::{PlatformEvent, scaling::TerminationReason, status::InstanceState};

/// The percentages of the traffic that a new revision gets, one after the other.
const STEPS: [u32; 3] = [10, 50, 100];

#[derive(Clone, Debug)]
pub struct Revision {
    pub name: String,
    /// Its percentage of the traffic.
    pub percent: u32,
}

/// The progress of a roll-out: the index into [`STEPS`], `None` until an instance of the new revision serves.
pub struct Rollout {
    step: Option<usize>,
    since: Instant,
}

impl Revision {
    /// A revision without traffic, named as Cloud Run does, such as `sala-00001-kfd`.
    pub fn new(service: &str, number: usize) -> Self {
        const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz";
        let mut rng = rand::rng();
        let suffix: String = (0..3).map(|_| char::from(LETTERS[rng.random_range(0..LETTERS.len())])).collect();
        Self { name: format!("{service}-{number:05}-{suffix}"), percent: 0 }
    }
}

impl Platform {
    /// Begins to roll out a new revision.
    pub(super) fn deploy(&mut self) -> anyhow::Result<()> {
        ensure!(self.rollout.is_none(), "a roll-out is in progress");
        self.deployed += 1;
        let revision = Revision::new(SERVICE_NAME, self.deployed);
        let name = revision.name.clone();
        self.revisions.push(revision);
        self.rollout = Some(Rollout { step: None, since: Instant::now() });
        self.launch(&name);
        Ok(())
    }

    /// Takes the next step of a roll-out if it is due.
    pub(super) async fn advance_rollout(&mut self) -> anyhow::Result<()> {
        let Some(Rollout { step, since }) = self.rollout else { return Ok(()) };
        let newest = self.revisions.last().context("there is always a revision")?.name.clone();
        let own = || self.instances.iter().filter(|instance| instance.status.revision == newest);
        let (has_ended, serves) = (own().next().is_none(), own().any(|instance| instance.status.is_serving()));
        match step {
            None if has_ended => {
                self.revisions.pop();
                self.rollout = None;
                self.emit(PlatformEvent::RolledBack { revision: newest });
                Ok(())
            }
            None if serves => self.start_step(0).await,
            None => Ok(()),
            Some(step) if step + 1 == STEPS.len() => self.replace_old_instances(newest).await,
            Some(step) if since.elapsed() >= self.service.step => self.start_step(step + 1).await,
            Some(_) => Ok(()),
        }
    }

    pub(super) fn has_traffic(&self, instance: &ManagedInstance) -> bool {
        self.revisions.iter().any(|revision| instance.status.revision == revision.name && revision.percent > 0)
    }

    async fn start_step(&mut self, step: usize) -> anyhow::Result<()> {
        let percent = STEPS[step];
        split(&mut self.revisions, percent);
        self.rollout = Some(Rollout { step: Some(step), since: Instant::now() });
        let revision = self.revisions.last().context("there is always a revision")?.name.clone();
        self.emit(PlatformEvent::Split { revision, percent });
        let outdated: Vec<usize> =
            self.serving().filter(|instance| !self.has_traffic(instance)).map(|instance| instance.slot).collect();
        for slot in outdated {
            self.load_balancer.disable(slot).await?;
        }
        self.update_weights().await
    }

    /// Terminates the instances of old revisions, one after the other.
    async fn replace_old_instances(&mut self, newest: String) -> anyhow::Result<()> {
        let old = || self.instances.iter().filter(|instance| instance.status.revision != newest);
        if old().next().is_none() {
            self.revisions.retain(|revision| revision.name == newest);
            self.rollout = None;
            self.emit(PlatformEvent::RolledOut { revision: newest });
            return Ok(());
        }
        if old().any(|instance| instance.status.state == InstanceState::Ending) {
            return Ok(());
        }
        let serving = old().filter(|instance| instance.status.is_serving());
        let next = serving.min_by_key(|instance| instance.status.requests).map(|instance| instance.status.number);
        match next {
            Some(number) => self.terminate(number, TerminationReason::Replaced).await,
            None => Ok(()),
        }
    }
}

/// Gives the last revision so many percent of the traffic, and the one before it the rest.
fn split(revisions: &mut [Revision], percent: u32) {
    for (index, revision) in revisions.iter_mut().rev().enumerate() {
        revision.percent = match index {
            0 => percent,
            1 => 100 - percent,
            _ => 0,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_two_revisions_share_the_traffic() {
        let mut revisions: Vec<Revision> = (1..=3).map(|number| Revision::new("sala", number)).collect();
        assert!(revisions[0].name.starts_with("sala-00001-"), "{}", revisions[0].name);
        for (count, percent, expected) in [(1, 100, vec![100]), (2, 10, vec![90, 10]), (3, 50, vec![0, 50, 50])] {
            split(&mut revisions[..count], percent);
            assert_eq!(revisions[..count].iter().map(|revision| revision.percent).collect::<Vec<_>>(), expected);
        }
    }
}
