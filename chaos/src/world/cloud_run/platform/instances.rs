use std::time::Duration;

use anyhow::Context;
use tokio::{sync::mpsc, time::Instant};

use super::{NAME, Platform};
use crate::world::cloud_run::{
    Event, Row, SLOTS, State,
    life::{Ask, End, Ready, live},
    scaling::{Seen, Why, weights},
    statistics::Requests,
};

/// How long nothing is started after an instance that did not start.
const PAUSE: Duration = Duration::from_secs(2);

/// An instance, as the platform knows it.
pub struct Unit {
    pub row: Row,
    pub slot: usize,
    pub asks: mpsc::Sender<Ask>,
    /// When it last had a request.
    busy: Instant,
    ever: usize,
    /// How many requests it had when it was asked to end.
    left: usize,
}

impl Unit {
    pub fn is_of(&self, revision: &str) -> bool {
        self.row.revision == revision
    }

    pub fn see(&mut self, requests: Requests) {
        if requests.now > 0 || requests.ever != self.ever {
            self.busy = Instant::now();
        }
        (self.row.requests, self.ever) = (requests.now, requests.ever);
    }

    /// One that ends counts no more.
    pub fn seen(&self) -> Option<Seen> {
        let Row { number, state, requests, .. } = self.row;
        let serving = state == State::Serving;
        (state != State::Ending).then(|| Seen { number, serving, requests, idle: self.busy.elapsed() })
    }

    fn name(&self) -> String {
        format!("{}/{}", self.row.revision, self.row.number)
    }
}

impl Platform {
    /// Starts an instance of a revision, unless all slots are taken: then one that ends frees one.
    pub(super) fn launch(&mut self, revision: &str) {
        let is_free = |slot: &usize| self.units.iter().all(|unit| unit.slot != *slot);
        let Some(slot) = (0..SLOTS).find(is_free) else { return };
        self.started += 1;
        let number = self.started;
        let mut settings = self.settings.clone();
        let names = [("K_SERVICE", NAME), ("K_CONFIGURATION", NAME), ("K_REVISION", revision)];
        settings.extend(names.map(|(name, value)| (name, value.to_owned())));
        settings.push(("REQUEST_TIMEOUT", self.service.timeout.as_secs().to_string()));
        let (asks, asked) = mpsc::channel(2);
        self.lives.spawn(live(number, self.redis_url.clone(), settings, asked, self.ready.0.clone()));
        let (revision, now) = (revision.to_owned(), Instant::now());
        let row = Row { number, revision, address: None, state: State::Starting, requests: 0, since: now };
        let unit = Unit { row, slot, asks, busy: now, ever: 0, left: 0 };
        self.tell(Event::Starting { name: unit.name(), waiting: self.waiting() });
        self.units.push(unit);
    }

    /// Lets an instance that is ready have requests.
    pub(super) async fn admit(&mut self, Ready { number, address }: Ready) -> anyhow::Result<()> {
        // One that died at once may have been buried before.
        let Ok(unit) = self.unit(number) else { return Ok(()) };
        (unit.row.state, unit.row.address, unit.busy) = (State::Serving, Some(address), Instant::now());
        let (name, slot, took) = (unit.name(), unit.slot, unit.row.since.elapsed());
        // It may be the one that its revision waited for, which gives it its part.
        self.roll().await?;
        let unit = self.units.iter().find(|unit| unit.row.number == number);
        if unit.is_some_and(|unit| unit.row.state == State::Serving && self.has_traffic(unit)) {
            self.balancer.admit(slot, address).await?;
            self.weigh().await?;
        }
        let serving = self.units.iter().filter(|unit| unit.row.state == State::Serving).count();
        self.tell(Event::Serving { name, took, serving });
        Ok(())
    }

    /// Takes an instance out of balancing, and asks it to end.
    pub(super) async fn ask_to_end(&mut self, number: usize, why: Why) -> anyhow::Result<()> {
        let unit = self.unit(number)?;
        (unit.row.state, unit.left) = (State::Ending, unit.row.requests);
        let (name, slot, requests) = (unit.name(), unit.slot, unit.left);
        let asks = unit.asks.clone();
        self.balancer.take_out(slot).await?;
        // One that has just died hears nothing, and is buried at once.
        let _ = asks.try_send(Ask::End);
        self.tell(Event::Asked { name, why, requests });
        self.weigh().await
    }

    /// An instance is gone.
    pub(super) async fn bury(&mut self, number: usize, end: End) -> anyhow::Result<()> {
        let place = self.units.iter().position(|unit| unit.row.number == number).context("nobody's end")?;
        let unit = self.units.remove(place);
        let (name, requests) = (unit.name(), unit.left);
        self.balancer.take_out(unit.slot).await?;
        if matches!(end, End::Stillborn(_)) {
            self.pause = Instant::now() + PAUSE;
        }
        self.tell(match end {
            End::Ended(took) => Event::Ended { name, took, requests },
            End::Killed(error) => Event::Killed { name, why: format!("{error:#}") },
            End::Died(status) => Event::Died { name, status },
            End::Stillborn(error) => Event::NotStarted { name, why: format!("{error:#}") },
        });
        self.weigh().await
    }

    /// Lets the instances that serve share the traffic of their revisions.
    pub(super) async fn weigh(&self) -> anyhow::Result<()> {
        let serving = |name: &str| {
            let own = self.units.iter().filter(|unit| unit.row.state == State::Serving && unit.is_of(name));
            own.map(|unit| unit.slot).collect::<Vec<usize>>()
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
        self.balancer.weigh(&weights).await
    }

    fn unit(&mut self, number: usize) -> anyhow::Result<&mut Unit> {
        self.units.iter_mut().find(|unit| unit.row.number == number).context("nobody has that number")
    }
}
