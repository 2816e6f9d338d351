//! A local Cloud Run that scales, rolls out a revision and closes every request at its timeout.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::Context;
use protocol::CloseCode;
use tokio::{sync::watch, task::JoinSet, time::sleep};

use crate::{
    checker::AllowedLoss,
    clients::Workload,
    harness::{Platform, ServiceConfig, read_metric},
    report::{Metric, ScenarioReport},
    run_config::RunConfig,
    test_env::{Setup, TestEnv, Topology},
};

/// In the short form one of so many clients may be disconnected at the timeout: rotation has one second there, which a busy
/// machine can take up.
const CLIENTS_PER_LATE_ROTATION: usize = 10;

/// How long a roll-out or a scale-down may take.
const PLATFORM_TIMEOUT: Duration = Duration::from_secs(120);

pub async fn cloud_run(config: RunConfig) -> anyhow::Result<ScenarioReport> {
    let workload = Workload { clients: config.pick(100, 300), ..Workload::standard(config) };
    let (concurrency, max) = config.pick((35, 6), (80, 8));
    let (timeout, step) = (config.seconds(15, 30), config.seconds(2, 10));
    let service = ServiceConfig { min: 0, max, concurrency, timeout, idle: Duration::from_secs(30), step };
    // From zero: the first sign-in starts the first instance.
    let setup = Setup { topology: Topology::CloudRun(service), ..Setup::new(workload) };
    let mut env = TestEnv::start(config, setup).await?;
    let service = env.cloud_run.take().context("the setup has a Cloud Run")?;
    let max_sockets = Arc::new(AtomicUsize::new(0));
    let mut counting = JoinSet::new();
    counting.spawn(count_sockets(service.platform(), Arc::clone(&max_sockets)));
    // Long enough that every socket reaches its timeout.
    env.send_for(timeout + Duration::from_secs(2)).await;
    let needed = service.platform().borrow().serving().count();

    service.execute(Platform::deploy)?;
    env.fault_started();
    service.wait_until(PLATFORM_TIMEOUT, |now| now.revisions.len() == 1 && now.serving().next().is_some()).await?;
    env.send_for(config.seconds(2, 20)).await;

    let fewer = service.platform().borrow().serving().count().saturating_sub(config.pick(1, 2));
    service.execute(|platform| platform.set_scale(0, Some(fewer)))?;
    env.fault_started();
    service.wait_until(PLATFORM_TIMEOUT, |now| now.instances.len() <= fewer).await?;
    env.send_for(config.seconds(2, 40)).await;

    env.clients.wait_all_live(Duration::from_secs(25)).await;
    let mut report = env.finish(AllowedLoss::None).await?;
    drop(counting);
    let max_sockets = max_sockets.load(Ordering::Relaxed);
    report.expect(needed > 1, "one instance was enough, so nothing was tested");
    report.expect(max_sockets > 0, "no instance reported its sockets");
    report.record(Metric::count("sockets of one instance, at most its concurrency", concurrency, max_sockets));
    let allowed = config.pick(workload.clients / CLIENTS_PER_LATE_ROTATION, 0);
    record_platform(&mut report, &service.platform().borrow(), allowed);
    record_clients(&mut report, allowed);
    report.expect_presence(workload.per_room());
    Ok(report)
}

/// Polls the number of sockets of every instance.
async fn count_sockets(platform: watch::Receiver<Platform>, max: Arc<AtomicUsize>) {
    loop {
        let addresses: Vec<_> = platform.borrow().instances.iter().filter_map(|instance| instance.address).collect();
        for address in addresses {
            // An instance that has just ended has none.
            let sockets = read_metric(address, "sala_connections").await.unwrap_or_default();
            max.fetch_max(sockets as usize, Ordering::Relaxed);
        }
        sleep(Duration::from_millis(200)).await;
    }
}

fn record_platform(report: &mut ScenarioReport, platform: &Platform, allowed: usize) {
    let Platform { cold_start, killed, crashed, timed_out, .. } = *platform;
    let cold_start = cold_start.map(|took| u64::try_from(took.as_millis()).expect("it is within a minute"));
    report.record(Metric::time("a cold start, without an image to pull", None, cold_start));
    report.record(Metric::count("instances that had to be killed", 0, killed));
    report.record(Metric::count("requests closed at the timeout", allowed, timed_out));
    report.expect(crashed == 0, format!("{crashed} instances crashed or did not start"));
}

fn record_clients(report: &mut ScenarioReport, allowed: usize) {
    let rotations = report.rotations();
    report.expect(
        rotations >= report.clients,
        format!("clients were asked only {rotations} times for a change of socket"),
    );
    let (going_away, other) = report.closes(CloseCode::GoingAway);
    report.expect(going_away > 0, "no socket was told that its instance shuts down");
    report.record(Metric::count("sockets closed without the code for a shutdown", allowed, other));
    let interruptions = Metric::count("interruptions, all at the end of an instance", 0, report.interruptions());
    report.record(interruptions.without_limit());
    let affinities = report.journals.iter().map(|journal| journal.affinity);
    let (requested, kept) =
        affinities.fold((0, 0), |(requested, kept), one| (requested + one.requested, kept + one.kept));
    report.record(Metric::share("sockets led to the previous instance", kept, requested));
    report.record_resume_times();
}
