use std::time::Duration;

use crate::{
    checker::AllowedLoss,
    clients::Workload,
    harness::FaultConfig,
    report::ScenarioReport,
    run::RunConfig,
    test_env::{Setup, TestEnv},
};

pub async fn run(config: RunConfig) -> anyhow::Result<ScenarioReport> {
    let env = TestEnv::set(config, Setup::of(Workload::standard(config))).await?;
    // So that several are on their way when the connection is cut.
    let delay = Duration::from_millis(5);
    env.redis_proxy.make(FaultConfig { swallow: 0.03, delay, ..FaultConfig::default() });
    env.send_for(config.seconds(12, 60)).await;
    env.redis_proxy.make(FaultConfig::default());
    let mut report = env.close(AllowedLoss::None).await?;
    report.expect(report.faults > 10, "hardly a reply was swallowed");
    report.expect(report.resets == 0, "a room was reset");
    Ok(report)
}
