use anyhow::ensure;
use rand::Rng;
use tokio::time::Instant;

use super::{
    instance::InstanceState,
    platform::{Platform, SERVICE_NAME},
    scaling::REPLACED,
};

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
    pub fn new(number: usize) -> Self {
        const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz";
        let mut rng = rand::rng();
        let suffix: String = (0..3).map(|_| char::from(LETTERS[rng.random_range(0..LETTERS.len())])).collect();
        Self { name: format!("{SERVICE_NAME}-{number:05}-{suffix}"), percent: 0 }
    }
}

impl Platform {
    /// Begins to roll out a new revision.
    pub fn deploy(&mut self) -> anyhow::Result<()> {
        ensure!(self.rollout.is_none(), "a roll-out is in progress");
        self.deployed += 1;
        let revision = Revision::new(self.deployed);
        self.launch(&revision.name);
        self.revisions.push(revision);
        self.rollout = Some(Rollout { step: None, since: Instant::now() });
        Ok(())
    }

    /// Takes the next step of a roll-out if it is due.
    pub fn advance_rollout(&mut self) {
        let Some(Rollout { step, since }) = self.rollout else { return };
        let newest = self.revisions.last().expect("there is always a revision").name.clone();
        let own = || self.instances.iter().filter(|instance| instance.revision == newest);
        let (has_ended, serves) = (own().next().is_none(), own().any(|instance| instance.is_serving()));
        match step {
            None if has_ended => {
                self.revisions.pop();
                self.rollout = None;
                self.log(format!("{newest} is rolled back, the previous revision keeps the traffic"));
            }
            None if serves => self.start_step(0, &newest),
            Some(step) if step + 1 == STEPS.len() => self.replace_old_instances(&newest),
            Some(step) if since.elapsed() >= self.service.step => self.start_step(step + 1, &newest),
            None | Some(_) => {}
        }
    }

    fn start_step(&mut self, step: usize, revision: &str) {
        let percent = STEPS[step];
        split(&mut self.revisions, percent);
        self.rollout = Some(Rollout { step: Some(step), since: Instant::now() });
        self.log(format!("{revision} gets {percent} % of the traffic"));
    }

    /// Terminates the instances of old revisions, one after the other.
    fn replace_old_instances(&mut self, newest: &str) {
        let old = || self.instances.iter().filter(|instance| instance.revision != newest);
        if old().next().is_none() {
            self.revisions.retain(|revision| revision.name == newest);
            self.rollout = None;
            self.log(format!("{newest} is rolled out"));
        } else if old().all(|instance| instance.state != InstanceState::Ending) {
            let serving = old().filter(|instance| instance.is_serving());
            let next = serving.min_by_key(|instance| instance.requests).map(|instance| instance.number);
            next.into_iter().for_each(|number| self.terminate(number, REPLACED));
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
        let mut revisions: Vec<Revision> = (1..=3).map(Revision::new).collect();
        assert!(revisions[0].name.starts_with("sala-00001-"), "{}", revisions[0].name);
        for (count, percent, expected) in [(1, 100, vec![100]), (2, 10, vec![90, 10]), (3, 50, vec![0, 50, 50])] {
            split(&mut revisions[..count], percent);
            assert_eq!(revisions[..count].iter().map(|revision| revision.percent).collect::<Vec<_>>(), expected);
        }
    }
}
