use anyhow::{Context, ensure};
use tokio::time::Instant;

use super::{NAME, Platform, instances::Unit};
use crate::world::cloud_run::{
    Event, State,
    revision::{Revision, SPLIT, split},
    scaling::Why,
};

/// A roll-out: which of the parts of [`SPLIT`] the last revision has, and since when. It has none until an instance of it serves.
pub struct Rolling {
    step: Option<usize>,
    since: Instant,
}

impl Platform {
    /// Begins to roll out another revision.
    pub(super) fn deploy(&mut self) -> anyhow::Result<()> {
        ensure!(self.rolling.is_none(), "a roll-out is under way");
        self.deployed += 1;
        let revision = Revision::of(NAME, self.deployed);
        let name = revision.name.clone();
        self.revisions.push(revision);
        self.rolling = Some(Rolling { step: None, since: Instant::now() });
        self.launch(&name);
        Ok(())
    }

    /// Takes the next step of a roll-out, if it is time.
    pub(super) async fn roll(&mut self) -> anyhow::Result<()> {
        let Some(Rolling { step, since }) = self.rolling else { return Ok(()) };
        let newest = self.revisions.last().context("there is always a revision")?.name.clone();
        let states: Vec<State> =
            self.units.iter().filter(|unit| unit.is_of(&newest)).map(|unit| unit.row.state).collect();
        match step {
            None if states.is_empty() => {
                self.revisions.pop();
                self.rolling = None;
                self.tell(Event::GivenUp { revision: newest });
                Ok(())
            }
            None if states.contains(&State::Serving) => self.step(0).await,
            None => Ok(()),
            Some(step) if step + 1 == SPLIT.len() => self.replace(newest).await,
            Some(step) if since.elapsed() >= self.service.step => self.step(step + 1).await,
            Some(_) => Ok(()),
        }
    }

    /// Whether new requests may come to it.
    pub(super) fn has_traffic(&self, unit: &Unit) -> bool {
        self.revisions.iter().any(|revision| unit.is_of(&revision.name) && revision.share > 0)
    }

    async fn step(&mut self, step: usize) -> anyhow::Result<()> {
        let share = SPLIT[step];
        split(&mut self.revisions, share);
        self.rolling = Some(Rolling { step: Some(step), since: Instant::now() });
        let revision = self.revisions.last().context("there is always a revision")?.name.clone();
        self.tell(Event::Split { revision, share });
        let outdated = self.units.iter().filter(|unit| unit.row.state == State::Serving && !self.has_traffic(unit));
        for slot in outdated.map(|unit| unit.slot).collect::<Vec<_>>() {
            self.balancer.take_out(slot).await?;
        }
        self.weigh().await
    }

    /// Ends what is left of other revisions, one instance after the other.
    async fn replace(&mut self, newest: String) -> anyhow::Result<()> {
        let old: Vec<&Unit> = self.units.iter().filter(|unit| !unit.is_of(&newest)).collect();
        if old.is_empty() {
            self.revisions.retain(|revision| revision.name == newest);
            self.rolling = None;
            self.tell(Event::RolledOut { revision: newest });
            return Ok(());
        }
        if old.iter().any(|unit| unit.row.state == State::Ending) {
            return Ok(());
        }
        let serving = old.into_iter().filter(|unit| unit.row.state == State::Serving);
        let next = serving.min_by_key(|unit| unit.row.requests).map(|unit| unit.row.number);
        match next {
            Some(number) => self.ask_to_end(number, Why::Replaced).await,
            None => Ok(()),
        }
    }
}
