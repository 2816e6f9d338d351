use std::time::Duration;

use protocol::CloseCode;

use crate::{
    checker::AllowedLoss,
    clients::Workload,
    report::Metric,
    report::ScenarioReport,
    run::RunConfig,
    test_env::{Setup, TestEnv, Topology},
};

/// Cloud Run kills an instance 10 s after it asked it to end.
const KILLED: Duration = Duration::from_secs(10);
const PROMISED: Duration = Duration::from_secs(9);

pub async fn run(config: RunConfig) -> anyhow::Result<ScenarioReport> {
    let workload = Workload::standard(config);
    let mut env = TestEnv::set(config, Setup { front: Topology::LoadBalanced(3), ..Setup::of(workload) }).await?;
    let mut longest = 0;
    for round in 0..config.pick(3, 12) {
        env.send_for(Duration::from_secs(1)).await;
        let number = round % env.instances.len();
        let asked = env.clock.now();
        env.instances[number].terminate(KILLED).await?;
        longest = longest.max(env.clock.now() - asked);
        env.fault_started();
        env.restart_instance(number).await?;
    }
    env.clients.wait_all_live(Duration::from_secs(25)).await;
    let mut report = env.close(AllowedLoss::None).await?;
    let going_away = u16::from(CloseCode::GoingAway);
    let (meant, other) = (report.closes(|code| code == going_away), report.closes(|code| code != going_away));
    report.expect(meant > 0, "no socket was told that its instance goes away");
    report.record(Metric::count("sockets closed without the code for it", 0, other));
    report.record(Metric::time("an instance has ended", Some(PROMISED), Some(longest)));
    report.record_resume_times();
    report.expect_presence(workload.per_room());
    Ok(report)
}
