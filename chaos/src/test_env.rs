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
    checker::{AllowedLoss, check_room, count_missing},
    clients::{Clients, Journal, Workload},
    clock::Clock,
    harness::{
        CloudRun, EnvVars, Haproxy, HistoryReader, Instance, PlatformEvent, RedisProxy, RedisServer, ServiceConfig,
        TcpProxy, WITHOUT, free_port, wide_limits,
    },
    report::ScenarioReport,
    run::RunConfig,
};

/// How long it may take until nothing waits any more, once all is well.
const SETTLING: Duration = Duration::from_secs(30);

/// What a scenario is played with.
pub struct Setup {
    pub workload: Workload,
    pub front: Topology,
    pub settings: EnvVars,
    /// How long the door lets a connection live.
    pub cap: Option<Duration>,
}

impl Setup {
    /// A crowd before two instances.
    pub fn of(workload: Workload) -> Self {
        Self { workload, front: Topology::Instances(2), settings: EnvVars::new(), cap: None }
    }
}

/// What the door leads to.
pub enum Topology {
    /// So many instances, one after the other.
    Instances(usize),
    /// A load balancer before so many instances.
    LoadBalanced(usize),
    /// A platform, which starts and ends instances by itself.
    CloudRun(ServiceConfig),
}

/// A platform, and what it told.
pub struct CloudRunEnv {
    pub service: CloudRun,
    pub events: mpsc::UnboundedReceiver<PlatformEvent>,
}

/// Everything that runs: people, the door, perhaps a load balancer or a platform, instances, the wire, Redis.
pub struct TestEnv {
    pub clock: Clock,
    pub redis: RedisServer,
    pub redis_proxy: RedisProxy,
    pub instances: Vec<Instance>,
    pub tcp_proxy: TcpProxy,
    pub clients: Clients,
    /// Where the plan wants a platform.
    pub cloud: Option<CloudRunEnv>,
    url: String,
    settings: EnvVars,
    _haproxy: Option<Haproxy>,
    rooms: BTreeSet<String>,
    /// When faults were over.
    healed: Vec<u64>,
    /// Faults that were counted one by one.
    faults: usize,
}

impl TestEnv {
    /// Starts everything, and returns when all people are in their rooms.
    pub async fn set(config: RunConfig, setup: Setup) -> anyhow::Result<Self> {
        let redis = RedisServer::start().await?;
        Self::around(redis, None, config, setup).await
    }

    /// The same around a Redis that runs already; instances find it by `url`, or else over the wire.
    pub async fn around(
        redis: RedisServer,
        url: Option<String>,
        config: RunConfig,
        setup: Setup,
    ) -> anyhow::Result<Self> {
        let Setup { workload, front, settings, cap } = setup;
        let without = config.without.map(|defence| (WITHOUT, defence.to_owned()));
        let settings: EnvVars = wide_limits().into_iter().chain(settings).chain(without).collect();
        let clock = Clock::start();
        let redis_proxy = RedisProxy::start(redis.port(), config.seed).await?;
        let url = url.unwrap_or_else(|| redis_proxy.url());
        let number = if let Topology::Instances(number) | Topology::LoadBalanced(number) = front { number } else { 0 };
        let starting = (0..number).map(|_| async { Instance::start(free_port().await?, &url, &settings).await });
        let instances = try_join_all(starting).await?;
        let addresses: Vec<SocketAddr> = instances.iter().map(|instance| instance.address).collect();
        let (mut haproxy, mut cloud) = (None, None);
        let targets = match front {
            Topology::Instances(_) => addresses,
            Topology::LoadBalanced(_) => vec![haproxy.insert(Haproxy::before(&addresses).await?).address],
            Topology::CloudRun(service) => {
                vec![cloud.insert(CloudRunEnv::open(&url, service, &settings).await?).service.address]
            }
        };
        let tcp_proxy = TcpProxy::open(targets, cap, None).await?;
        let clients = Clients::gather(workload, tcp_proxy.address, clock, config.seed).await?;
        let rooms = (0..workload.rooms).map(|number| format!("room{number}")).collect();
        let (healed, faults, _haproxy) = (Vec::new(), 0, haproxy);
        Ok(Self {
            clock,
            redis,
            redis_proxy,
            instances,
            tcp_proxy,
            clients,
            cloud,
            url,
            settings,
            _haproxy,
            rooms,
            healed,
            faults,
        })
    }

    /// Lets people talk for a while.
    pub async fn send_for(&self, time: Duration) {
        self.clients.start_sending();
        sleep(time).await;
    }

    /// A fault begins.
    pub fn fault_started(&mut self) {
        self.faults += 1;
    }

    /// All is well from now on.
    pub fn fault_ended(&mut self) {
        self.healed.push(self.clock.now());
    }

    pub fn rooms(&self) -> usize {
        self.rooms.len()
    }

    /// Starts an instance anew where one has ended.
    pub async fn restart_instance(&mut self, number: usize) -> anyhow::Result<()> {
        let port = self.instances[number].address.port();
        self.instances[number] = Instance::start(port, &self.url, &self.settings).await?;
        Ok(())
    }

    /// The sum of a metric over all instances.
    pub async fn metric(&self, name: &str) -> anyhow::Result<f64> {
        Ok(try_join_all(self.instances.iter().map(|instance| instance.metric(name))).await?.iter().sum())
    }

    /// Waits until every instance is ready, or none is.
    pub async fn wait_ready(&self, ready: bool, max_wait: Duration) -> anyhow::Result<bool> {
        let deadline = Instant::now() + max_wait;
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
    pub async fn settle(&self, max_wait: Duration) -> anyhow::Result<Option<Duration>> {
        self.clients.stop_sending();
        let start = Instant::now();
        loop {
            let heads = self.heads().await?;
            let left = max_wait.saturating_sub(start.elapsed());
            if !self.clients.settle(&heads, left.min(Duration::from_secs(1))).await {
                if left.is_zero() {
                    return Ok(None);
                }
            } else if self.heads().await? == heads {
                return Ok(Some(start.elapsed()));
            }
        }
    }

    /// Lets everybody fall silent and leave, and compares what they wrote down with what is kept.
    pub async fn close(self, loss: AllowedLoss) -> anyhow::Result<ScenarioReport> {
        let mut failed_expectations = Vec::new();
        if self.settle(SETTLING).await?.is_none() {
            failed_expectations.push(format!("something still waits {SETTLING:?} after the last fault"));
        }
        let clients = self.clients.len();
        let mut journals = self.clients.finish().await?;
        ensure!(!journals.is_empty(), "nobody was there");
        let archive = HistoryReader(&self.redis);
        let (mut violations, mut lost) = (Vec::new(), 0);
        let mut by_room: BTreeMap<String, Vec<Journal>> = BTreeMap::new();
        for journal in journals.drain(..) {
            by_room.entry(journal.room.clone()).or_default().push(journal);
        }
        for (room, journals) in &by_room {
            let history = archive.history(room).await.with_context(|| format!("the history of {room}"))?;
            violations.extend(check_room(&history, journals, loss));
            lost += count_missing(&history, journals);
        }
        let journals: Vec<Journal> = by_room.into_values().flatten().collect();
        Ok(ScenarioReport {
            clients,
            messages: journals.iter().map(|journal| journal.acknowledged.len()).sum(),
            faults: self.faults + self.redis_proxy.faults(),
            violations,
            failed_expectations,
            metrics: Vec::new(),
            resumes: resumes(&journals, &self.healed),
            missing_from_history: lost,
            resets: journals.iter().map(|journal| journal.resets().count()).sum(),
            journals,
        })
    }

    async fn heads(&self) -> anyhow::Result<BTreeMap<String, u64>> {
        HistoryReader(&self.redis).heads(self.rooms.iter().cloned()).await
    }
}

impl CloudRunEnv {
    async fn open(url: &str, service: ServiceConfig, settings: &EnvVars) -> anyhow::Result<Self> {
        let (telling, events) = mpsc::unbounded_channel();
        let service = CloudRun::start(free_port().await?, url, service, settings.clone(), telling).await?;
        Ok(Self { service, events })
    }
}

fn resumes(journals: &[Journal], healed: &[u64]) -> Vec<u64> {
    let outages = journals.iter().flat_map(|journal| &journal.outages);
    let returns = outages.filter_map(|outage| Some(outage.until? - outage.since));
    let news =
        journals.iter().flat_map(|journal| healed.iter().filter_map(|at| Some(journal.heard_after(*at)?.at - at)));
    returns.chain(news).collect()
}
