use std::{collections::BTreeSet, time::Duration};

use anyhow::ensure;

use crate::{
    checker::AllowedLoss,
    clients::{Journal, Workload},
    harness::{EvictionMonitor, key},
    report::ScenarioReport,
    run::RunConfig,
    test_env::{Setup, TestEnv},
};

const LOSSES: [&str; 4] = ["restart", "flush", "meta", "stream"];
/// With these, nothing that has no expiry is evicted: so no room in which something was said.
const KEEPING: [&str; 2] = ["noeviction", "volatile-lru"];

pub async fn run(config: RunConfig) -> anyhow::Result<ScenarioReport> {
    let workload = Workload::standard(config);
    let mut env = TestEnv::set(config, Setup::of(workload)).await?;
    for loss in LOSSES {
        env.send_for(Duration::from_secs(1)).await;
        lose(&mut env, loss, workload.rooms).await?;
        env.fault_started();
        env.fault_ended();
        env.send_for(config.seconds(6, 10)).await;
    }
    // Whoever is still to be told of the last one is told by then.
    env.send_for(config.seconds(4, 1)).await;
    let evicting = env.clock.now();
    let evicted = evict(&mut env, config).await?;
    let keeping = env.clock.now();
    for policy in KEEPING {
        fill(&mut env, config, policy).await?;
    }
    let mut report = env.close(AllowedLoss::Declared).await?;
    let (untold, all) = (report.without_resets(LOSSES.len(), evicting), report.clients);
    report.expect(untold == 0, format!("{untold} of {all} people were not told of each loss"));
    report.expect(report.missing_from_history > 0, "nothing that was acknowledged is gone, so nothing was lost");
    expect_resets(&mut report, &evicted, evicting, keeping);
    report.record_recovery_time();
    Ok(report)
}

async fn lose(env: &mut TestEnv, loss: &str, rooms: usize) -> anyhow::Result<()> {
    match loss {
        "restart" => env.redis.restart_empty().await,
        "flush" => env.redis.ask(&["FLUSHALL"]).await,
        part => {
            let keys: Vec<String> = (0..rooms).map(|number| key(&format!("room{number}"), part)).collect();
            let words: Vec<&str> = ["DEL"].into_iter().chain(keys.iter().map(String::as_str)).collect();
            env.redis.ask(&words).await
        }
    }
}

/// Redis is full, and throws out whatever was not used for longest. Returns the rooms of which it threw out something.
async fn evict(env: &mut TestEnv, config: RunConfig) -> anyhow::Result<BTreeSet<String>> {
    let evictions = EvictionMonitor::of(&env.redis).await?;
    env.redis.limit(env.redis.memory().await?, "allkeys-lru").await?;
    env.fault_started();
    env.send_for(config.seconds(4, 15)).await;
    env.redis.limit(0, "noeviction").await?;
    env.fault_ended();
    env.send_for(config.seconds(3, 10)).await;
    let rooms = evictions.rooms();
    ensure!(!rooms.is_empty(), "no room lost anything, among {} keys that were evicted", evictions.count());
    Ok(rooms)
}

/// Redis is full, and refuses what is new. What people say waits.
async fn fill(env: &mut TestEnv, config: RunConfig, policy: &str) -> anyhow::Result<()> {
    let evictions = EvictionMonitor::of(&env.redis).await?;
    env.redis.limit(env.redis.memory().await?, policy).await?;
    env.fault_started();
    env.send_for(config.seconds(3, 10)).await;
    let waits = env.clients.any_pending(Duration::from_secs(10)).await;
    env.redis.limit(0, policy).await?;
    env.fault_ended();
    env.send_for(config.seconds(2, 6)).await;
    ensure!(waits, "nothing waits where Redis is full, with {policy}");
    let rooms = evictions.rooms();
    ensure!(rooms.is_empty(), "{} rooms lost something with {policy}", rooms.len());
    Ok(())
}

/// Those whose room lost something were told, and nobody else; and nobody where Redis is full and keeps what it has.
fn expect_resets(report: &mut ScenarioReport, evicted: &BTreeSet<String>, evicting: u64, keeping: u64) {
    let resets = |journal: &Journal, from: u64, until: u64| {
        journal.resets().filter(|reset| (from..until).contains(&reset.since)).count()
    };
    let is_wrong = |journal: &&Journal| (resets(journal, evicting, keeping) > 0) != evicted.contains(&journal.room);
    let wrong = report.journals.iter().filter(is_wrong).count();
    report.expect(
        wrong == 0,
        format!("{wrong} people were told of an eviction in another room, or not of one in theirs"),
    );
    let late: usize = report.journals.iter().map(|journal| resets(journal, keeping, u64::MAX)).sum();
    report.expect(late == 0, format!("{late} times somebody was told of a loss where nothing was lost"));
    let refusals: usize = report.journals.iter().map(|journal| journal.refusals).sum();
    report.expect(refusals > 0, "nobody was refused anything where Redis was full");
}
