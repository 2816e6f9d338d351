//! Connections that are cut between the clients and the instances.

use std::time::Duration;

use crate::{
    checker::AllowedLoss,
    clients::Workload,
    report::{Metric, ScenarioReport},
    run_config::RunConfig,
    test_env::{Setup, TestEnv},
};

/// How soon all clients are live again after a mass disconnection.
const RECONNECT_LIMIT: Duration = Duration::from_secs(30);
/// The maximum age of a connection in `request-cap`.
const MAX_AGE: Duration = Duration::from_secs(20);

pub async fn mass_reconnect(config: RunConfig) -> anyhow::Result<ScenarioReport> {
    let (rooms, clients) = config.pick((50, 500), (200, 5_000));
    let workload = Workload { rooms, clients, senders: 2, send_interval: config.seconds(2, 8), padding: 0 };
    let mut env = TestEnv::start(config, Setup::new(workload)).await?;
    let (mut all_returned, mut reads) = (true, 0.0_f64);
    let cuts = config.pick(2, 3);
    for _ in 0..cuts {
        env.send_for(Duration::from_secs(3)).await;
        let before = env.metric("sala_range_reads_total").await?;
        env.client_proxy.cut();
        env.fault_started();
        // A client that has not noticed the cut yet still counts as live.
        env.send_for(Duration::from_secs(1)).await;
        all_returned &= env.clients.wait_all_live(RECONNECT_LIMIT).await;
        reads = reads.max(env.metric("sala_range_reads_total").await? - before);
    }
    let max_reads = rooms * env.instances.len();
    let mut report = env.finish(AllowedLoss::None).await?;
    let last = report.resume_time(1.0).filter(|_| all_returned);
    report.record(Metric::time("all clients are live again", Some(RECONNECT_LIMIT), last));
    report.record(Metric::count("range reads, at most rooms × instances", max_reads, reads as usize));
    report.expect(report.interruptions() >= clients * cuts, "a client was not disconnected");
    report.expect_presence(workload.per_room());
    Ok(report)
}

pub async fn request_cap(config: RunConfig) -> anyhow::Result<ScenarioReport> {
    let mut rotating = run_with_max_age(config, true).await?;
    rotating.record(Metric::count("interruptions with rotation", 0, rotating.interruptions()));
    let rotations = rotating.rotations();
    rotating.expect(
        rotations >= rotating.clients,
        format!("the server asked only {rotations} times for a change of socket"),
    );
    rotating.expect_presence(Workload::standard(config).per_room());
    let mut fixed = run_with_max_age(config, false).await?;
    let is_interrupted = fixed.interruptions() >= fixed.clients;
    fixed.expect(is_interrupted, "without rotation no client was interrupted, so nothing was tested");
    Ok(rotating + fixed)
}

async fn run_with_max_age(config: RunConfig, rotates: bool) -> anyhow::Result<ScenarioReport> {
    let timeout = if rotates { MAX_AGE.as_secs() } else { 0 };
    let env = vec![("REQUEST_TIMEOUT", timeout.to_string())];
    let setup = Setup { max_age: Some(MAX_AGE), env, ..Setup::new(Workload::standard(config)) };
    let mut env = TestEnv::start(config, setup).await?;
    env.send_for(config.seconds(25, 70)).await;
    env.fault_started();
    env.finish(AllowedLoss::None).await
}
