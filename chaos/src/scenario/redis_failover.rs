use std::time::Duration;

use anyhow::Context;
use tokio::time::sleep;

use crate::{
    checker::AllowedLoss,
    clients::Workload,
    harness::{RedisServer, Sentinels},
    report::ScenarioReport,
    run::RunConfig,
    test_env::{Setup, TestEnv},
};

pub async fn run(config: RunConfig) -> anyhow::Result<ScenarioReport> {
    let master = RedisServer::start().await?;
    let mut replicas = vec![RedisServer::start().await?, RedisServer::start().await?];
    for replica in &replicas {
        replica.ask::<String>(&["REPLICAOF", "127.0.0.1", &master.port().to_string()]).await?;
    }
    let sentinels = Sentinels::watch(&master, replicas.len()).await?;
    let setup = Setup::of(Workload { send_interval: Duration::from_millis(200), ..Workload::standard(config) });
    let mut env = TestEnv::around(master, Some(sentinels.url()), config, setup).await?;

    env.send_for(config.seconds(3, 20)).await;
    // From here on the replicas lag behind, and what is acknowledged is on its way to be lost.
    env.redis.ask::<()>(&["ACL", "SETUSER", "default", "-psync", "-sync"]).await?;
    env.redis.ask::<u64>(&["CLIENT", "KILL", "TYPE", "replica"]).await?;
    sleep(Duration::from_secs(1)).await;
    env.redis.kill().await?;
    env.fault_started();
    let promoted = sentinels.another_than(env.redis.port()).await?;
    let nth = replicas.iter().position(|replica| replica.port() == promoted).context("nobody's port is master now")?;
    env.redis = replicas.swap_remove(nth);
    env.fault_ended();
    // As many again, so that the numbers of what was lost are given to others.
    env.send_for(config.seconds(12, 40)).await;

    let mut report = env.close(AllowedLoss::Declared).await?;
    report.expect(report.missing_from_history > 0, "nothing that was acknowledged is gone, so nothing was lost");
    let (untold, all) = (report.without_resets(1, u64::MAX), report.clients);
    report.expect(untold == 0, format!("{untold} of {all} people were not told that messages were lost"));
    let with_authors: usize = report.journals.iter().map(|journal| journal.screen.failed.len()).sum();
    let missing_from_history = report.missing_from_history;
    // Of what lies before a page after a fork nothing can be said, and only the full form has as much.
    let is_enough = if config.full {
        with_authors > 0 && with_authors <= missing_from_history
    } else {
        with_authors == missing_from_history
    };
    report.expect(
        is_enough,
        format!("{missing_from_history} messages are gone, and {with_authors} are back with their authors"),
    );
    report.record_recovery_time();
    Ok(report)
}
