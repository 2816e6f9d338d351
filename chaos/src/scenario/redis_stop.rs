use std::time::Duration;

use tokio::time::sleep;

use crate::{
    checker::AllowedLoss,
    clients::Workload,
    report::ScenarioReport,
    run::RunConfig,
    test_env::{Setup, TestEnv},
};

pub async fn run(config: RunConfig) -> anyhow::Result<ScenarioReport> {
    let mut env = TestEnv::set(config, Setup::of(Workload::standard(config))).await?;
    env.send_for(Duration::from_secs(2)).await;
    for pause in config.pick(&[5][..], &[5, 60]) {
        let before = env.clients.acknowledged();
        env.redis.pause().await?;
        env.fault_started();
        // What was on its way when Redis stopped may still arrive.
        sleep(Duration::from_millis(200)).await;
        let meanwhile = env.clients.acknowledged();
        sleep(Duration::from_secs(*pause)).await;
        anyhow::ensure!(env.clients.acknowledged() == meanwhile, "something was acknowledged while Redis stood still");
        env.fault_ended();
        env.redis.resume().await?;
        env.send_for(Duration::from_secs(12)).await;
        anyhow::ensure!(env.clients.acknowledged() > before, "nothing was acknowledged");
    }
    let mut report = env.close(AllowedLoss::None).await?;
    let interruptions = report.interruptions();
    report.expect(interruptions == 0, format!("people lost their sockets {interruptions} times"));
    report.record_recovery_time();
    report.expect(report.resets == 0, "a room was reset");
    Ok(report)
}
