use std::time::Duration;

use rand::Rng;
use tokio::time::sleep;

use crate::{
    checker::AllowedLoss,
    clients::{Instruction, Workload},
    report::Metric,
    report::ScenarioReport,
    run::RunConfig,
    test_env::{Setup, TestEnv, Topology},
};

/// How soon those who never come back are off everybody's list.
const GONE: Duration = Duration::from_secs(60);

pub async fn run(config: RunConfig) -> anyhow::Result<ScenarioReport> {
    let workload = Workload::standard(config);
    let mut env = TestEnv::set(config, Setup { front: Topology::LoadBalanced(3), ..Setup::of(workload) }).await?;
    // One more in each room, all on the instance that is killed first. They do not come back.
    let lost = Workload { people: workload.rooms, senders: 1, ..workload };
    env.clients.add(lost, env.instances[0].address, env.clock, config.seed).await?;
    let mut rng = config.seed.rng("kill-instance", 0);
    env.clients.start_sending();
    for round in 0..config.pick(3, 12) {
        sleep(Duration::from_millis(rng.random_range(1_500..3_000))).await;
        let victim = if round == 0 { 0 } else { rng.random_range(0..env.instances.len()) };
        env.instances[victim].kill().await?;
        env.fault_started();
        if round == 0 {
            env.clients.instruct(workload.people..env.clients.len(), Instruction::Vanish).await;
        }
        sleep(Duration::from_millis(rng.random_range(500..1_500))).await;
        env.restart_instance(victim).await?;
    }
    env.clients.wait_all_live(Duration::from_secs(25)).await;
    // Who is not gone by then is found on the screens.
    env.clients.wait_for_member_count(workload.per_room(), GONE).await;
    let mut report = env.close(AllowedLoss::None).await?;
    report.expect(report.interruptions() > 0, "nobody noticed, so nothing was tried");
    report.record_resume_times();
    let ghost = report.longest_stale_presence();
    report.record(Metric::time("whoever never comes back is off every list", Some(GONE), ghost));
    report.expect_presence(workload.per_room());
    Ok(report)
}
