//! Instances that crash and instances that shut down.

use std::time::Duration;

use protocol::CloseCode;
use rand::Rng;
use tokio::time::sleep;

use crate::{
    checker::AllowedLoss,
    clients::{Instruction, Workload},
    report::{Metric, ScenarioReport},
    run_config::RunConfig,
    test_env::{Setup, TestEnv, Topology},
};

/// Promise G7: how soon clients that never come back are off every member list.
const STALE_PRESENCE_LIMIT: Duration = Duration::from_secs(60);
/// Cloud Run kills an instance 10 s after SIGTERM.
const KILL_AFTER: Duration = Duration::from_secs(10);
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(9);
const RESUME_LIMIT: Duration = Duration::from_secs(25);

pub async fn kill_instance(config: RunConfig) -> anyhow::Result<ScenarioReport> {
    let workload = Workload::standard(config);
    let setup = Setup { topology: Topology::LoadBalanced(3), ..Setup::new(workload) };
    let mut env = TestEnv::start(config, setup).await?;
    // One more client per room, all on the instance that is killed first. They never come back.
    let doomed = Workload { clients: workload.rooms, senders: 1, ..workload };
    env.clients.add(doomed, env.instances[0].address, env.clock, config.seed).await?;
    let mut rng = config.seed.rng("kill-instance", 0);
    env.clients.start_sending();
    for round in 0..config.pick(3, 12) {
        sleep(Duration::from_millis(rng.random_range(1_500..3_000))).await;
        let victim = if round == 0 { 0 } else { rng.random_range(0..env.instances.len()) };
        env.instances[victim].process.kill().await?;
        env.fault_started();
        if round == 0 {
            env.clients.instruct(workload.clients..env.clients.len(), Instruction::Vanish).await;
        }
        sleep(Duration::from_millis(rng.random_range(500..1_500))).await;
        env.restart_instance(victim).await?;
    }
    env.clients.wait_all_live(RESUME_LIMIT).await;
    // If a client is still listed after this time, its screen shows it in the report.
    env.clients.wait_for_member_count(workload.per_room(), STALE_PRESENCE_LIMIT).await;
    let mut report = env.finish(AllowedLoss::None).await?;
    report.expect(report.interruptions() > 0, "no client was interrupted, so nothing was tested");
    report.record_resume_times();
    let stale = report.longest_stale_presence();
    report.record(Metric::time("clients that never come back are off every list", Some(STALE_PRESENCE_LIMIT), stale));
    report.expect_presence(workload.per_room());
    Ok(report)
}

pub async fn rolling_restart(config: RunConfig) -> anyhow::Result<ScenarioReport> {
    let workload = Workload::standard(config);
    let setup = Setup { topology: Topology::LoadBalanced(3), ..Setup::new(workload) };
    let mut env = TestEnv::start(config, setup).await?;
    let mut longest = 0;
    for round in 0..config.pick(3, 12) {
        env.send_for(Duration::from_secs(1)).await;
        let index = round % env.instances.len();
        let signalled = env.clock.now();
        env.instances[index].process.terminate(KILL_AFTER).await?;
        longest = longest.max(env.clock.now() - signalled);
        env.fault_started();
        env.restart_instance(index).await?;
    }
    env.clients.wait_all_live(RESUME_LIMIT).await;
    let mut report = env.finish(AllowedLoss::None).await?;
    let (going_away, other) = report.closes(CloseCode::GoingAway);
    report.expect(going_away > 0, "no socket was told that its instance shuts down");
    report.record(Metric::count("sockets closed without the code for a shutdown", 0, other));
    report.record(Metric::time("an instance has shut down", Some(SHUTDOWN_LIMIT), Some(longest)));
    report.record_resume_times();
    report.expect_presence(workload.per_room());
    Ok(report)
}
