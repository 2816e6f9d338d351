use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    time::Duration,
};

use anyhow::{Context, ensure};
use futures_util::future::try_join_all;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep},
};

use crate::{
    check::{Loss, examine, gone},
    clock::Clock,
    people::{Cast, Crowd, Journal},
    report::Report,
    run::Run,
    world::{
        Archive, CloudRun, Door, Event, Haproxy, Instance, Redis, Service, Settings, WITHOUT, Wire, free_port,
        wide_limits,
    },
};

/// How long it may take until nothing waits any more, once all is well.
const SETTLING: Duration = Duration::from_secs(30);

/// What a scenario is played with.
pub struct Plan {
    pub cast: Cast,
    pub front: Front,
    pub settings: Settings,
    /// How long the door lets a connection live.
    pub cap: Option<Duration>,
}

impl Plan {
    /// A crowd before two instances.
    pub fn of(cast: Cast) -> Self {
        Self { cast, front: Front::Instances(2), settings: Settings::new(), cap: None }
    }
}

/// What the door leads to.
pub enum Front {
    /// So many instances, one after the other.
    Instances(usize),
    /// A load balancer before so many instances.
    Balanced(usize),
    /// A platform, which starts and ends instances by itself.
    CloudRun(Service),
}

/// A platform, and what it told.
pub struct Cloud {
    pub run: CloudRun,
    pub events: mpsc::UnboundedReceiver<Event>,
}

/// Everything that runs: people, the door, perhaps a load balancer or a platform, instances, the wire, Redis.
pub struct Stage {
    pub clock: Clock,
    pub redis: Redis,
    pub wire: Wire,
    pub instances: Vec<Instance>,
    pub door: Door,
    pub crowd: Crowd,
    /// Where the plan wants a platform.
    pub cloud: Option<Cloud>,
    url: String,
    settings: Settings,
    _haproxy: Option<Haproxy>,
    rooms: BTreeSet<String>,
    /// When faults were over.
    healed: Vec<u64>,
    /// Faults that were counted one by one.
    faults: usize,
}

impl Stage {
    /// Starts everything, and returns when all people are in their rooms.
    pub async fn set(run: Run, plan: Plan) -> anyhow::Result<Self> {
        let redis = Redis::start().await?;
        Self::around(redis, None, run, plan).await
    }

    /// The same around a Redis that runs already; instances find it by `url`, or else over the wire.
    pub async fn around(redis: Redis, url: Option<String>, run: Run, plan: Plan) -> anyhow::Result<Self> {
        let Plan { cast, front, settings, cap } = plan;
        let without = run.without.map(|defence| (WITHOUT, defence.to_owned()));
        let settings: Settings = wide_limits().into_iter().chain(settings).chain(without).collect();
        let clock = Clock::start();
        let wire = Wire::start(redis.port(), run.seed).await?;
        let url = url.unwrap_or_else(|| wire.url());
        let number = if let Front::Instances(number) | Front::Balanced(number) = front { number } else { 0 };
        let starting = (0..number).map(|_| async { Instance::start(free_port().await?, &url, &settings).await });
        let instances = try_join_all(starting).await?;
        let addresses: Vec<SocketAddr> = instances.iter().map(|instance| instance.address).collect();
        let (mut haproxy, mut cloud) = (None, None);
        let targets = match front {
            Front::Instances(_) => addresses,
            Front::Balanced(_) => vec![haproxy.insert(Haproxy::before(&addresses).await?).address],
            Front::CloudRun(service) => vec![cloud.insert(Cloud::open(&url, service, &settings).await?).run.address],
        };
        let door = Door::open(targets, cap, None).await?;
        let crowd = Crowd::gather(cast, door.address, clock, run.seed).await?;
        let rooms = (0..cast.rooms).map(|number| format!("room{number}")).collect();
        let (healed, faults, _haproxy) = (Vec::new(), 0, haproxy);
        Ok(Self { clock, redis, wire, instances, door, crowd, cloud, url, settings, _haproxy, rooms, healed, faults })
    }

    /// Lets people talk for a while.
    pub async fn talk_for(&self, time: Duration) {
        self.crowd.talk();
        sleep(time).await;
    }

    /// A fault begins.
    pub fn fault(&mut self) {
        self.faults += 1;
    }

    /// All is well from now on.
    pub fn heal(&mut self) {
        self.healed.push(self.clock.now());
    }

    pub fn rooms(&self) -> usize {
        self.rooms.len()
    }

    /// Starts an instance anew where one has ended.
    pub async fn revive(&mut self, number: usize) -> anyhow::Result<()> {
        let port = self.instances[number].address.port();
        self.instances[number] = Instance::start(port, &self.url, &self.settings).await?;
        Ok(())
    }

    /// The sum of a metric over all instances.
    pub async fn metric(&self, name: &str) -> anyhow::Result<f64> {
        Ok(try_join_all(self.instances.iter().map(|instance| instance.metric(name))).await?.iter().sum())
    }

    /// Waits until every instance is ready, or none is.
    pub async fn until_ready(&self, ready: bool, patience: Duration) -> anyhow::Result<bool> {
        let deadline = Instant::now() + patience;
        while Instant::now() < deadline {
            let mut all = true;
            for instance in &self.instances {
                all &= instance.is_ready().await == ready;
            }
            if all {
                return Ok(true);
            }
            sleep(Duration::from_millis(50)).await;
        }
        Ok(false)
    }

    /// Lets everybody fall silent. Returns how long it took until nothing waited and every screen was up to date; nothing if
    /// that was too long.
    pub async fn settle(&self, patience: Duration) -> anyhow::Result<Option<Duration>> {
        self.crowd.hush();
        let start = Instant::now();
        loop {
            let heads = self.heads().await?;
            let left = patience.saturating_sub(start.elapsed());
            if !self.crowd.settle(&heads, left.min(Duration::from_secs(1))).await {
                if left.is_zero() {
                    return Ok(None);
                }
            } else if self.heads().await? == heads {
                return Ok(Some(start.elapsed()));
            }
        }
    }

    /// Lets everybody fall silent and leave, and compares what they wrote down with what is kept.
    pub async fn close(self, loss: Loss) -> anyhow::Result<Report> {
        let mut disappointments = Vec::new();
        if self.settle(SETTLING).await?.is_none() {
            disappointments.push(format!("something still waits {SETTLING:?} after the last fault"));
        }
        let clients = self.crowd.len();
        let mut journals = self.crowd.part().await?;
        ensure!(!journals.is_empty(), "nobody was there");
        let archive = Archive(&self.redis);
        let (mut findings, mut lost) = (Vec::new(), 0);
        let mut by_room: BTreeMap<String, Vec<Journal>> = BTreeMap::new();
        for journal in journals.drain(..) {
            by_room.entry(journal.room.clone()).or_default().push(journal);
        }
        for (room, journals) in &by_room {
            let history = archive.history(room).await.with_context(|| format!("the history of {room}"))?;
            findings.extend(examine(&history, journals, loss));
            lost += gone(&history, journals);
        }
        let journals: Vec<Journal> = by_room.into_values().flatten().collect();
        Ok(Report {
            clients,
            messages: journals.iter().map(|journal| journal.acknowledged.len()).sum(),
            faults: self.faults + self.wire.faults(),
            findings,
            disappointments,
            figures: Vec::new(),
            resumes: resumes(&journals, &self.healed),
            gone: lost,
            resets: journals.iter().map(|journal| journal.resets().count()).sum(),
            journals,
        })
    }

    async fn heads(&self) -> anyhow::Result<BTreeMap<String, u64>> {
        Archive(&self.redis).heads(self.rooms.iter().cloned()).await
    }
}

impl Cloud {
    async fn open(url: &str, service: Service, settings: &Settings) -> anyhow::Result<Self> {
        let (telling, events) = mpsc::unbounded_channel();
        let run = CloudRun::start(free_port().await?, url, service, settings.clone(), telling).await?;
        Ok(Self { run, events })
    }
}

fn resumes(journals: &[Journal], healed: &[u64]) -> Vec<u64> {
    let outages = journals.iter().flat_map(|journal| &journal.outages);
    let returns = outages.filter_map(|outage| Some(outage.until? - outage.since));
    let news =
        journals.iter().flat_map(|journal| healed.iter().filter_map(|at| Some(journal.heard_after(*at)?.at - at)));
    returns.chain(news).collect()
}
