use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    time::Duration,
};

use anyhow::{Context, ensure};
use futures_util::future::try_join_all;
use testkit::{RedisServer, SalaServer, free_port};
use tokio::time::{Instant, sleep};

use crate::{
    checker::{AllowedLoss, check_room, count_missing},
    clients::{Clients, Journal, Workload},
    harness::{
        ClientProxy, CloudRun, DISABLED_DEFENCE, EnvVars, Haproxy, RedisProxy, ServiceConfig, is_ready, read_heads,
        read_history, read_metric, start_instance, wide_limits,
    },
    report::ScenarioReport,
    run_config::{RunClock, RunConfig},
};

/// How long it may take after the last fault until nothing is pending.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(30);

/// What a scenario needs.
pub struct Setup {
    pub workload: Workload,
    pub topology: Topology,
    /// Additional environment variables of the instances.
    pub env: EnvVars,
    /// The maximum age of a client's connection.
    pub max_age: Option<Duration>,
}

impl Setup {
    /// Two instances without a load balancer.
    pub fn new(workload: Workload) -> Self {
        Self { workload, topology: Topology::Instances(2), env: EnvVars::new(), max_age: None }
    }
}

/// What the clients connect to, through a [`ClientProxy`].
pub enum Topology {
    /// So many instances, in turn.
    Instances(usize),
    /// HAProxy in front of so many instances.
    LoadBalanced(usize),
    /// A local Cloud Run, which starts and ends instances itself.
    CloudRun(ServiceConfig),
}

/// Everything that runs during a scenario.
pub struct TestEnv {
    pub clock: RunClock,
    pub redis: RedisServer,
    pub redis_proxy: RedisProxy,
    pub instances: Vec<SalaServer>,
    pub client_proxy: ClientProxy,
    pub clients: Clients,
    /// Present with [`Topology::CloudRun`].
    pub cloud_run: Option<CloudRun>,
    redis_url: String,
    env: EnvVars,
    _haproxy: Option<Haproxy>,
    rooms: BTreeSet<String>,
    /// When faults ended.
    fault_ends: Vec<u64>,
    /// How many faults the scenario counted itself.
    faults: usize,
}

impl TestEnv {
    /// Starts everything, and returns when all clients have joined their rooms.
    pub async fn start(config: RunConfig, setup: Setup) -> anyhow::Result<Self> {
        Self::start_with_redis(RedisServer::start().await?, None, config, setup).await
    }

    /// The same with a Redis that runs already. Instances connect to `redis_url`, or else through the [`RedisProxy`].
    pub async fn start_with_redis(
        redis: RedisServer,
        redis_url: Option<String>,
        config: RunConfig,
        setup: Setup,
    ) -> anyhow::Result<Self> {
        let Setup { workload, topology, env, max_age } = setup;
        let disabled_defence = config.disabled_defence.map(|defence| (DISABLED_DEFENCE, defence.to_owned()));
        let env: EnvVars = wide_limits().into_iter().chain(env).chain(disabled_defence).collect();
        let clock = RunClock::start();
        let redis_proxy = RedisProxy::start(redis.port(), config.seed).await?;
        let redis_url = redis_url.unwrap_or_else(|| redis_proxy.url());
        let count = if let Topology::Instances(count) | Topology::LoadBalanced(count) = topology { count } else { 0 };
        let starting = (0..count).map(|_| async { start_instance(free_port()?, &redis_url, &env).await });
        let instances = try_join_all(starting).await?;
        let addresses: Vec<SocketAddr> = instances.iter().map(|instance| instance.address).collect();
        let (mut haproxy, mut cloud_run) = (None, None);
        let targets = match topology {
            Topology::Instances(_) => addresses,
            Topology::LoadBalanced(_) => vec![haproxy.insert(Haproxy::in_front_of(&addresses).await?).address],
            Topology::CloudRun(service) => {
                let service = CloudRun::start(0, &redis_url, service, env.clone(), |_| {}).await?;
                vec![cloud_run.insert(service).address]
            }
        };
        let client_proxy = ClientProxy::start(targets, max_age, None).await?;
        let clients = Clients::connect(workload, client_proxy.address, clock, config.seed).await?;
        Ok(Self {
            clock,
            redis,
            redis_proxy,
            instances,
            client_proxy,
            clients,
            cloud_run,
            redis_url,
            env,
            _haproxy: haproxy,
            rooms: (0..workload.rooms).map(|number| format!("room{number}")).collect(),
            fault_ends: Vec::new(),
            faults: 0,
        })
    }

    /// Lets the senders send, and waits.
    pub async fn send_for(&self, time: Duration) {
        self.clients.start_sending();
        sleep(time).await;
    }

    /// Counts a fault.
    pub fn fault_started(&mut self) {
        self.faults += 1;
    }

    /// Notes the end of a fault, from which the time until the next event is measured.
    pub fn fault_ended(&mut self) {
        self.fault_ends.push(self.clock.now());
    }

    pub fn rooms(&self) -> usize {
        self.rooms.len()
    }

    /// Starts an instance again on its port.
    pub async fn restart_instance(&mut self, index: usize) -> anyhow::Result<()> {
        let port = self.instances[index].address.port();
        self.instances[index] = start_instance(port, &self.redis_url, &self.env).await?;
        Ok(())
    }

    /// The sum of a metric over all instances.
    pub async fn metric(&self, name: &str) -> anyhow::Result<f64> {
        let values = self.instances.iter().map(|instance| read_metric(instance.address, name));
        Ok(try_join_all(values).await?.iter().sum())
    }

    /// Waits until all instances are ready, or none is. Returns false on a timeout.
    pub async fn wait_ready(&self, ready: bool, max_wait: Duration) -> bool {
        let deadline = Instant::now() + max_wait;
        while Instant::now() < deadline {
            let mut all = true;
            for instance in &self.instances {
                all &= is_ready(instance.address).await == ready;
            }
            if all {
                return true;
            }
            sleep(Duration::from_millis(50)).await;
        }
        false
    }

    /// Stops sending, and returns how long it took until nothing was pending and every screen was up to date. `None` on a
    /// timeout.
    pub async fn settle(&self, max_wait: Duration) -> anyhow::Result<Option<Duration>> {
        self.clients.stop_sending();
        let start = Instant::now();
        loop {
            let heads = read_heads(&self.redis, &self.rooms).await?;
            let left = max_wait.saturating_sub(start.elapsed());
            if !self.clients.wait_settled(&heads, left.min(Duration::from_secs(1))).await {
                if left.is_zero() {
                    return Ok(None);
                }
            } else if read_heads(&self.redis, &self.rooms).await? == heads {
                return Ok(Some(start.elapsed()));
            }
        }
    }

    /// Lets all clients settle and leave, and checks their journals against the stored histories.
    pub async fn finish(self, loss: AllowedLoss) -> anyhow::Result<ScenarioReport> {
        let mut failed_expectations = Vec::new();
        if self.settle(SETTLE_TIMEOUT).await?.is_none() {
            failed_expectations.push(format!("something is still pending {SETTLE_TIMEOUT:?} after the last fault"));
        }
        let clients = self.clients.len();
        let journals = self.clients.finish().await?;
        ensure!(!journals.is_empty(), "there were no clients");
        let mut by_room: BTreeMap<String, Vec<Journal>> = BTreeMap::new();
        for journal in journals {
            by_room.entry(journal.room.clone()).or_default().push(journal);
        }
        let (mut violations, mut missing) = (Vec::new(), 0);
        for (room, journals) in &by_room {
            let history = read_history(&self.redis, room).await.with_context(|| format!("the history of {room}"))?;
            violations.extend(check_room(&history, journals, loss));
            missing += count_missing(&history, journals);
        }
        let journals: Vec<Journal> = by_room.into_values().flatten().collect();
        Ok(ScenarioReport {
            clients,
            messages: journals.iter().map(|journal| journal.acknowledged.len()).sum(),
            faults: self.faults + self.redis_proxy.faults(),
            violations,
            failed_expectations,
            metrics: Vec::new(),
            resume_times: resume_times(&journals, &self.fault_ends),
            missing,
            resets: journals.iter().map(|journal| journal.resets().count()).sum(),
            journals,
        })
    }
}

fn resume_times(journals: &[Journal], fault_ends: &[u64]) -> Vec<u64> {
    let outages = journals.iter().flat_map(|journal| &journal.outages);
    let outages = outages.filter_map(|outage| Some(outage.until? - outage.since));
    let first_events = journals
        .iter()
        .flat_map(|journal| fault_ends.iter().filter_map(|at| Some(journal.first_event_after(*at)?.at - at)));
    outages.chain(first_events).collect()
}
