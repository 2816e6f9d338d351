use std::time::Duration;

use crate::{
    checker::AllowedLoss,
    clients::Workload,
    harness::FaultConfig,
    report::Metric,
    report::ScenarioReport,
    run::RunConfig,
    test_env::{Setup, TestEnv},
};

/// How soon a gap is closed, also one at the end of which nothing tells.
const PROMISED: Duration = Duration::from_secs(10);

pub async fn run(config: RunConfig) -> anyhow::Result<ScenarioReport> {
    let env = TestEnv::set(config, Setup::of(Workload::standard(config))).await?;
    env.redis_proxy.make(FaultConfig { drop: 0.01, repeat: 0.01, reorder: 0.01, ..FaultConfig::default() });
    env.send_for(config.seconds(12, 60)).await;
    env.redis_proxy.make(FaultConfig { drop: 1.0, ..FaultConfig::default() });
    env.send_for(Duration::from_secs(1)).await;
    let settled = env.settle(PROMISED).await?;
    let repairs = env.metric("sala_repairs_total").await?;
    let mut report = env.close(AllowedLoss::None).await?;
    let settled = settled.map(|time| u64::try_from(time.as_millis()).expect("it is within what is promised"));
    report.record(Metric::time("what nobody heard is on all screens", Some(PROMISED), settled));
    report.expect(repairs > 0.0, "no room was repaired, so nothing was missed");
    report.expect(report.interruptions() == 0, "somebody lost the link");
    report.expect(report.resets == 0, "a room was reset");
    Ok(report)
}
