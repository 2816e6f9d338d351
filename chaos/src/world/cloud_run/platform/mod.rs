//! The platform itself: one loop that looks how everything stands, and starts, admits and ends instances.

mod instances;
mod roll_out;

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context, bail, ensure};
use tokio::{
    sync::{mpsc, oneshot, watch},
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval},
};

use super::{
    Event, SLOTS, Service, State, Status,
    balancer::{Balancer, name},
    life::{Ask, End, Ready},
    revision::{Revision, split},
    scaling::{Seen, decide},
    waiting_room::{PATIENCE, WaitingRoom},
};
use crate::world::Settings;
use instances::Unit;
use roll_out::Rolling;

/// What instances know as the name of their service.
const NAME: &str = "sala";
/// How often it looks how everything stands. Cloud Run takes seconds; then a request would wait for longer than a start takes.
const LOOK: Duration = Duration::from_millis(200);
/// How often it looks for requests whose time is up.
const CUT: Duration = Duration::from_secs(1);

/// What can be asked of the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// How many instances a revision has at least, and at most unless that stays.
    Scale { min: usize, max: Option<usize> },
    /// Roll out a new revision.
    Deploy,
    /// Let an instance die.
    Kill(usize),
}

/// An order, and where the answer goes.
pub struct Errand {
    pub order: Order,
    pub answer: oneshot::Sender<anyhow::Result<()>>,
}

/// Runs a service: everything happens in one loop.
pub struct Platform {
    service: Service,
    balancer: Balancer,
    room: WaitingRoom,
    redis_url: String,
    settings: Settings,
    /// The oldest first. The last one may be rolled out just now.
    revisions: Vec<Revision>,
    rolling: Option<Rolling>,
    units: Vec<Unit>,
    lives: JoinSet<(usize, End)>,
    ready: (mpsc::Sender<Ready>, mpsc::Receiver<Ready>),
    events: mpsc::UnboundedSender<Event>,
    status: watch::Sender<Status>,
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
        service: Service,
        settings: Settings,
        events: mpsc::UnboundedSender<Event>,
    ) -> anyhow::Result<(Self, watch::Receiver<Status>)> {
        check(service.min, service.max)?;
        let room = WaitingRoom::open(PATIENCE).await?;
        let balancer = Balancer::start(address, service.concurrency, &room).await?;
        let (status, seen) = watch::channel(Status::default());
        let mut revisions = vec![Revision::of(NAME, 1)];
        split(&mut revisions, 100);
        let platform = Self {
            service,
            balancer,
            room,
            redis_url: redis_url.to_owned(),
            settings,
            revisions,
            rolling: None,
            units: Vec::new(),
            lives: JoinSet::new(),
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
    pub async fn run(mut self, mut errands: mpsc::Receiver<Errand>) -> anyhow::Result<()> {
        let mut coming = self.room.waiting();
        let (mut look, mut cut) = (interval(LOOK), interval(CUT));
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        cut.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            // All are cancel-safe: what is not taken stays in its channel, its set or its interval.
            tokio::select! {
                errand = errands.recv() => {
                    let Some(Errand { order, answer }) = errand else { return Ok(()) };
                    let done = self.carry_out(order).await;
                    // Whoever has the answer may look at once.
                    self.publish();
                    // Who does not wait for it does not need it.
                    let _ = answer.send(done);
                }
                Some(ready) = self.ready.1.recv() => self.admit(ready).await?,
                Some(ended) = self.lives.join_next() => {
                    let (number, end) = ended.context("the life of an instance panicked")?;
                    self.bury(number, end).await?;
                }
                changed = coming.changed() => changed.context("the waiting room is gone")?,
                _ = look.tick() => self.look().await?,
                _ = cut.tick() => self.cut().await?,
            }
            self.roll().await?;
            self.scale().await?;
            self.publish();
        }
    }

    async fn carry_out(&mut self, order: Order) -> anyhow::Result<()> {
        match order {
            Order::Scale { min, max } => {
                let max = max.unwrap_or(self.service.max);
                check(min, max)?;
                (self.service.min, self.service.max) = (min, max);
            }
            Order::Deploy => self.deploy()?,
            Order::Kill(number) => {
                let unit = self.units.iter().find(|unit| unit.row.number == number && unit.row.state == State::Serving);
                let Some(unit) = unit else { bail!("no instance {number} serves") };
                unit.asks.try_send(Ask::Die).context("it is about to end")?;
            }
        }
        Ok(())
    }

    /// Takes down how many requests there are.
    async fn look(&mut self) -> anyhow::Result<()> {
        let load = self.balancer.load().await?;
        for unit in &mut self.units {
            unit.see(load.of(&name(unit.slot))?);
        }
        self.queued = load.queued;
        Ok(())
    }

    async fn cut(&mut self) -> anyhow::Result<()> {
        let timeout = self.service.timeout;
        let requests = self.balancer.cut(timeout).await?;
        if requests > 0 {
            self.tell(Event::Cut { requests, timeout });
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
            let seen: Vec<Seen> = self.units.iter().filter(|unit| unit.is_of(&name)).filter_map(Unit::seen).collect();
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
                self.tell(Event::Full { waiting });
            }
        }
        Ok(())
    }

    /// How many requests have no instance yet.
    fn waiting(&self) -> usize {
        self.queued + *self.room.waiting().borrow()
    }

    fn publish(&self) {
        self.room.set_open(self.units.iter().any(|unit| unit.row.state == State::Serving && self.has_traffic(unit)));
        let revisions = self.revisions.iter().map(|revision| (revision.name.clone(), revision.share)).collect();
        let instances = self.units.iter().map(|unit| unit.row.clone()).collect();
        self.status.send_replace(Status { revisions, instances, waiting: self.waiting() });
    }

    fn tell(&self, event: Event) {
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
