//! Faults by which Redis loses events.

use std::{collections::BTreeSet, time::Duration};

use anyhow::{Context, ensure};
use testkit::RedisServer;
use tokio::time::sleep;

use crate::{
    checker::AllowedLoss,
    clients::{Journal, Workload},
    harness::{EvictionMonitor, SentinelProcesses, limit_memory, room_key, start_replica, used_memory},
    report::ScenarioReport,
    run_config::RunConfig,
    test_env::{Setup, TestEnv},
};

/// The last two delete that key of every room.
const LOSSES: [&str; 4] = ["restart", "flush", "meta", "stream"];
/// Policies that evict no key without an expiry, so no room's history.
const KEEPING_POLICIES: [&str; 2] = ["noeviction", "volatile-lru"];

pub async fn redis_failover(config: RunConfig) -> anyhow::Result<ScenarioReport> {
    let master = RedisServer::start().await?;
    let mut replicas = vec![start_replica(&master).await?, start_replica(&master).await?];
    let sentinels = SentinelProcesses::start(&master, replicas.len()).await?;
    let workload = Workload { send_interval: Duration::from_millis(200), ..Workload::standard(config) };
    let setup = Setup::new(workload);
    let mut env = TestEnv::start_with_redis(master, Some(sentinels.url()), config, setup).await?;

    env.send_for(config.seconds(3, 20)).await;
    // From here on the replicas lag behind, and acknowledged events will be lost.
    env.redis.query::<()>(&["ACL", "SETUSER", "default", "-psync", "-sync"]).await?;
    env.redis.query::<u64>(&["CLIENT", "KILL", "TYPE", "replica"]).await?;
    sleep(Duration::from_secs(1)).await;
    env.redis.process.kill().await?;
    env.fault_started();
    let promoted = sentinels.wait_for_failover(env.redis.port()).await?;
    let index = replicas.iter().position(|replica| replica.port() == promoted).context("an unknown master")?;
    env.redis = replicas.swap_remove(index);
    env.fault_ended();
    // Long enough that every lost `seq` is assigned again.
    env.send_for(config.seconds(12, 40)).await;

    let mut report = env.finish(AllowedLoss::Declared).await?;
    report.expect(report.missing > 0, "no acknowledged message is missing, so nothing was lost");
    let (untold, all) = (report.count_without_resets(1, u64::MAX), report.clients);
    report.expect(untold == 0, format!("{untold} of {all} clients were not told that messages were lost"));
    let returned: usize = report.journals.iter().map(|journal| journal.screen.failed.len()).sum();
    let missing = report.missing;
    // Nothing is known about messages older than the page that follows a fork. Only the full form loses as many.
    let is_enough = if config.full { returned > 0 && returned <= missing } else { returned == missing };
    report.expect(is_enough, format!("{missing} messages are missing, and {returned} were returned to their authors"));
    report.record_recovery_time();
    Ok(report)
}

pub async fn redis_loss(config: RunConfig) -> anyhow::Result<ScenarioReport> {
    let workload = Workload::standard(config);
    let mut env = TestEnv::start(config, Setup::new(workload)).await?;
    for loss in LOSSES {
        env.send_for(Duration::from_secs(1)).await;
        lose_history(&mut env, loss, workload.rooms).await?;
        env.fault_started();
        env.fault_ended();
        env.send_for(config.seconds(6, 10)).await;
    }
    // Every client has been told of the last loss by then.
    env.send_for(config.seconds(4, 1)).await;
    let evicting = env.clock.now();
    let evicted = evict(&mut env, config).await?;
    let keeping = env.clock.now();
    for policy in KEEPING_POLICIES {
        fill_memory(&mut env, config, policy).await?;
    }
    let mut report = env.finish(AllowedLoss::Declared).await?;
    let (untold, all) = (report.count_without_resets(LOSSES.len(), evicting), report.clients);
    report.expect(untold == 0, format!("{untold} of {all} clients were not told of each loss"));
    report.expect(report.missing > 0, "no acknowledged message is missing, so nothing was lost");
    expect_resets(&mut report, &evicted, evicting, keeping);
    report.record_recovery_time();
    Ok(report)
}

async fn lose_history(env: &mut TestEnv, loss: &str, rooms: usize) -> anyhow::Result<()> {
    match loss {
        "restart" => env.redis.restart_empty().await,
        "flush" => Ok(env.redis.query(&["FLUSHALL"]).await?),
        part => {
            let keys: Vec<String> = (0..rooms).map(|number| room_key(&format!("room{number}"), part)).collect();
            let command: Vec<&str> = ["DEL"].into_iter().chain(keys.iter().map(String::as_str)).collect();
            Ok(env.redis.query(&command).await?)
        }
    }
}

/// Fills Redis with a policy that evicts the least recently used keys. Returns the rooms that lost history.
async fn evict(env: &mut TestEnv, config: RunConfig) -> anyhow::Result<BTreeSet<String>> {
    let evictions = EvictionMonitor::start(&env.redis).await?;
    limit_memory(&env.redis, used_memory(&env.redis).await?, "allkeys-lru").await?;
    env.fault_started();
    env.send_for(config.seconds(4, 15)).await;
    limit_memory(&env.redis, 0, "noeviction").await?;
    env.fault_ended();
    env.send_for(config.seconds(3, 10)).await;
    let (keys, rooms) = evictions.finish(&env.redis).await?;
    ensure!(!rooms.is_empty(), "no room lost history, although {keys} keys were evicted");
    Ok(rooms)
}

/// Fills Redis with a policy that refuses writes. Messages stay pending.
async fn fill_memory(env: &mut TestEnv, config: RunConfig, policy: &str) -> anyhow::Result<()> {
    let evictions = EvictionMonitor::start(&env.redis).await?;
    limit_memory(&env.redis, used_memory(&env.redis).await?, policy).await?;
    env.fault_started();
    env.send_for(config.seconds(3, 10)).await;
    let is_pending = env.clients.any_pending(Duration::from_secs(10)).await;
    limit_memory(&env.redis, 0, policy).await?;
    env.fault_ended();
    env.send_for(config.seconds(2, 6)).await;
    ensure!(is_pending, "no message is pending while Redis is full, with {policy}");
    let (_, rooms) = evictions.finish(&env.redis).await?;
    ensure!(rooms.is_empty(), "{} rooms lost history with {policy}", rooms.len());
    Ok(())
}

/// Expects that the members of rooms that lost history were told, and nobody else, and nobody while Redis evicted nothing.
fn expect_resets(report: &mut ScenarioReport, evicted: &BTreeSet<String>, evicting: u64, keeping: u64) {
    let resets = |journal: &Journal, from: u64, until: u64| {
        journal.resets().filter(|reset| (from..until).contains(&reset.since)).count()
    };
    let is_told = |journal: &Journal| resets(journal, evicting, keeping) > 0;
    let (of_evicted, of_others): (Vec<_>, Vec<_>) =
        report.journals.iter().partition(|journal| evicted.contains(&journal.room));
    let untold = of_evicted.iter().filter(|journal| !is_told(journal)).count();
    let misled = of_others.iter().filter(|journal| is_told(journal)).count();
    let (affected, others) = (of_evicted.len(), of_others.len());
    report.expect(untold == 0, format!("{untold} of {affected} clients were not told that their room was evicted"));
    report.expect(misled == 0, format!("{misled} of {others} clients were told of an eviction in another room"));
    let unfounded: usize = report.journals.iter().map(|journal| resets(journal, keeping, u64::MAX)).sum();
    report.expect(unfounded == 0, format!("{unfounded} times a client was told of a loss although nothing was lost"));
    let refusals: usize = report.journals.iter().map(|journal| journal.refusals).sum();
    report.expect(refusals > 0, "no command was refused while Redis was full");
}
