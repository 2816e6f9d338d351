use std::time::Duration;

use crate::{
    checker::AllowedLoss,
    clients::Workload,
    report::ScenarioReport,
    run::RunConfig,
    test_env::{Setup, TestEnv},
};

/// How soon a gap is closed, also one at the end of which nothing tells.
const PROMISED: Duration = Duration::from_secs(10);

pub async fn run(config: RunConfig) -> anyhow::Result<ScenarioReport> {
    let mut env = TestEnv::set(config, Setup::of(Workload::standard(config))).await?;
    let kills = config.pick(5, 30);
    for _ in 0..kills {
        env.send_for(Duration::from_secs(2)).await;
        env.redis.ask::<u64>(&["CLIENT", "KILL", "TYPE", "pubsub"]).await?;
        env.fault_started();
    }
    // Silence follows upon the last one, so that no next event tells of what was missed.
    env.send_for(Duration::from_millis(100)).await;
    let settled = env.settle(PROMISED).await?;
    let (repairs, most) = (env.metric("sala_repairs_total").await?, kills * env.rooms() * env.instances.len());
    let mut report = env.close(AllowedLoss::None).await?;
    let interruptions = report.interruptions();
    report.expect(interruptions == 0, format!("people saw {interruptions} interruptions"));
    report.expect(settled.is_some(), format!("the last messages are not on all screens after {PROMISED:?}"));
    report.expect(repairs > 0.0, "no room was read again, so nothing was missed");
    report.expect(repairs <= most as f64, format!("{repairs} repairs where one for each room and fault makes {most}"));
    report.expect(report.resets == 0, "a room was reset");
    Ok(report)
}
