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
    harness::{PlatformCommand, PlatformEvent, ServiceConfig, ServiceStatus, metric},
    report::Metric,
    report::ScenarioReport,
    run::RunConfig,
    test_env::{CloudRunEnv, Setup, TestEnv, Topology},
};

/// Of so many people in the short form one may be cut off at the cap. There the change of sockets has a second, which a busy machine takes.
const ALLOWED: usize = 10;

/// How long a roll-out or a scale-down may take.
const TIMEOUT: Duration = Duration::from_secs(120);

pub async fn run(config: RunConfig) -> anyhow::Result<ScenarioReport> {
    let workload = Workload { people: config.pick(100, 300), ..Workload::standard(config) };
    let (concurrency, max) = config.pick((35, 6), (80, 8));
    let (timeout, step) = (config.seconds(15, 30), config.seconds(2, 10));
    let service = ServiceConfig { min: 0, max, concurrency, timeout, idle: Duration::from_secs(30), step };
    // From nothing: the first who signs in starts the first instance.
    let setup = Setup { front: Topology::CloudRun(service), ..Setup::of(workload) };
    let mut env = TestEnv::set(config, setup).await?;
    let mut cloud = env.cloud.take().context("it was planned")?;
    let most = Arc::new(AtomicUsize::new(0));
    let mut counting = JoinSet::new();
    counting.spawn(count_sockets(cloud.service.status(), Arc::clone(&most)));
    // Long enough that every socket comes to its end.
    env.send_for(timeout + Duration::from_secs(2)).await;
    let needed = cloud.service.status().borrow().serving();

    cloud.service.order(PlatformCommand::Deploy).await?;
    env.fault_started();
    cloud.service.until(TIMEOUT, |status| status.revisions.len() == 1 && status.serving() > 0).await?;
    env.send_for(config.seconds(2, 20)).await;

    let fewer = cloud.service.status().borrow().serving().saturating_sub(config.pick(1, 2));
    cloud.service.order(PlatformCommand::Scale { min: 0, max: Some(fewer) }).await?;
    env.fault_started();
    cloud.service.until(TIMEOUT, |status| status.instances.len() <= fewer).await?;
    env.send_for(config.seconds(2, 40)).await;

    env.clients.wait_all_live(Duration::from_secs(25)).await;
    let mut report = env.close(AllowedLoss::None).await?;
    drop(counting);
    report.expect(needed > 1, "one instance was enough, so nothing was tried");
    report.expect(most.load(Ordering::Relaxed) > 0, "no instance told how many sockets it has");
    report.record(Metric::count(
        "sockets of one instance, where its concurrency is the most",
        concurrency,
        most.load(Ordering::Relaxed),
    ));
    let allowed = config.pick(workload.people / ALLOWED, 0);
    record_events(&mut report, &mut cloud, allowed);
    record_people(&mut report, allowed);
    report.expect_presence(workload.per_room());
    Ok(report)
}

/// Asks every instance how many sockets it has, again and again.
async fn count_sockets(status: watch::Receiver<ServiceStatus>, most: Arc<AtomicUsize>) {
    loop {
        let addresses: Vec<_> = status.borrow().instances.iter().filter_map(|row| row.address).collect();
        for address in addresses {
            // One that has just ended has none.
            let sockets = metric(address, "sala_connections").await.unwrap_or_default();
            most.fetch_max(sockets as usize, Ordering::Relaxed);
        }
        sleep(Duration::from_millis(200)).await;
    }
}

fn record_events(report: &mut ScenarioReport, CloudRunEnv { events, .. }: &mut CloudRunEnv, allowed: usize) {
    let (mut cold_start, mut kills, mut cuts, mut deaths) = (None, 0, 0, 0);
    while let Ok(event) = events.try_recv() {
        match event {
            PlatformEvent::Serving { took, .. } => {
                cold_start.get_or_insert(took);
            }
            PlatformEvent::Killed { .. } => kills += 1,
            PlatformEvent::Cut { requests, .. } => cuts += requests,
            PlatformEvent::Died { .. } | PlatformEvent::NotStarted { .. } => deaths += 1,
            _ => {}
        }
    }
    let cold_start = cold_start.map(|took| u64::try_from(took.as_millis()).expect("it is within a minute"));
    report.record(Metric::time("a cold start, without an image to fetch", None, cold_start));
    report.record(Metric::count("instances that had to be killed", 0, kills));
    report.record(Metric::count("requests that were cut because their time was up", allowed, cuts));
    report.expect(deaths == 0, format!("{deaths} instances died, or did not start"));
}

fn record_people(report: &mut ScenarioReport, allowed: usize) {
    let rotations: usize = report.journals.iter().map(|journal| journal.rotations).sum();
    report.expect(
        rotations >= report.clients,
        format!("people were asked only {rotations} times for a change of socket"),
    );
    let going_away = u16::from(CloseCode::GoingAway);
    let (meant, other) = (report.closes(|code| code == going_away), report.closes(|code| code != going_away));
    report.expect(meant > 0, "no socket was told that its instance goes away");
    report.record(Metric::count("sockets closed without the code for it", allowed, other));
    let interruptions = report.interruptions();
    report.record(Metric {
        limit: None,
        ..Metric::count("interruptions, all at the end of an instance", 0, interruptions)
    });
    let (wanted, had) = report.affinity();
    report.record(Metric::share("sockets led to the instance of the one before", had, wanted));
    report.record_resume_times();
}
