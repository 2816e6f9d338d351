use std::time::Duration;

use anyhow::ensure;
use tokio::time::sleep;

use crate::{
    checker::AllowedLoss,
    clients::Workload,
    harness::RedisServer,
    report::Metric,
    report::ScenarioReport,
    run::RunConfig,
    test_env::{Setup, TestEnv},
};

/// How soon an instance that is deaf has found another connection to listen on.
const PROMISED: Duration = Duration::from_secs(10);

pub async fn run(config: RunConfig) -> anyhow::Result<ScenarioReport> {
    let mut env = TestEnv::set(config, Setup::of(Workload::standard(config))).await?;
    let replica = RedisServer::start().await?;
    let master = env.redis.port();
    let mut longest = Some(0);
    for _ in 0..config.pick(1, 4) {
        replica.ask::<String>(&["REPLICAOF", "127.0.0.1", &master.to_string()]).await?;
        env.send_for(Duration::from_secs(2)).await;
        // Who listens is led to the replica, which passes on what the master publishes; who writes stays.
        env.redis_proxy.redirect(replica.port());
        env.redis.ask::<u64>(&["CLIENT", "KILL", "TYPE", "pubsub"]).await?;
        env.send_for(Duration::from_secs(3)).await;
        env.redis_proxy.redirect(master);
        // Now nothing comes that way any more, and every connection is healthy.
        replica.ask::<String>(&["REPLICAOF", "NO", "ONE"]).await?;
        env.fault_started();
        env.fault_ended();
        let deaf = env.clock.now();
        ensure!(env.wait_ready(false, Duration::from_secs(10)).await?, "an instance is deaf and calls itself ready");
        let listens = env.wait_ready(true, PROMISED).await?.then(|| env.clock.now() - deaf);
        longest = longest.zip(listens).map(|(one, other)| one.max(other));
        sleep(Duration::from_secs(2)).await;
    }
    let mut report = env.close(AllowedLoss::None).await?;
    let interruptions = report.interruptions();
    report.expect(interruptions == 0, format!("people saw {interruptions} interruptions"));
    report.record_recovery_time();
    report.record(Metric::time("a deaf instance listens again", Some(PROMISED), longest));
    Ok(report)
}
