//! Faults of Redis and of the connections to it that lose nothing.

use std::time::Duration;

use anyhow::ensure;
use tokio::time::sleep;

use crate::{
    checker::AllowedLoss,
    clients::Workload,
    harness::{FaultConfig, start_replica},
    report::{Metric, ScenarioReport},
    run_config::RunConfig,
    test_env::{Setup, TestEnv},
};

/// Promise G3: how soon a gap is repaired, also at the end of a room, where no later event reveals it. Also how soon an
/// instance whose subscription is down has another one.
const REPAIR_LIMIT: Duration = Duration::from_secs(10);

pub async fn pubsub_kill(config: RunConfig) -> anyhow::Result<ScenarioReport> {
    let mut env = TestEnv::start(config, Setup::new(Workload::standard(config))).await?;
    let kills = config.pick(5, 30);
    for _ in 0..kills {
        env.send_for(Duration::from_secs(2)).await;
        env.redis.query::<u64>(&["CLIENT", "KILL", "TYPE", "pubsub"]).await?;
        env.fault_started();
    }
    // Silence follows the last fault, so that no later event reveals the gap.
    env.send_for(Duration::from_millis(100)).await;
    let settled = env.settle(REPAIR_LIMIT).await?;
    let repairs = env.metric("sala_repairs_total").await?;
    // One for each fault, and one in which the periodic comparison of heads comes before the reconnection.
    let max_repairs = (kills + 1) * env.rooms() * env.instances.len();
    let mut report = env.finish(AllowedLoss::None).await?;
    report.expect_no_interruptions();
    report.expect(settled.is_some(), format!("the last messages are not on all screens after {REPAIR_LIMIT:?}"));
    report.expect(repairs > 0.0, "no room was repaired, so nothing was missed");
    report.expect(
        repairs <= max_repairs as f64,
        format!("{repairs} repairs, where one per room, instance and fault, and one more, makes {max_repairs}"),
    );
    report.expect_no_resets();
    Ok(report)
}

pub async fn redis_stop(config: RunConfig) -> anyhow::Result<ScenarioReport> {
    let mut env = TestEnv::start(config, Setup::new(Workload::standard(config))).await?;
    env.send_for(Duration::from_secs(2)).await;
    for pause in config.pick(&[5][..], &[5, 60]) {
        let before = env.clients.acknowledged();
        env.redis.pause()?;
        env.fault_started();
        // Acknowledgements that were on their way may still arrive.
        sleep(Duration::from_millis(200)).await;
        let paused = env.clients.acknowledged();
        sleep(Duration::from_secs(*pause)).await;
        ensure!(env.clients.acknowledged() == paused, "a message was acknowledged while Redis was suspended");
        env.fault_ended();
        env.redis.resume()?;
        env.send_for(Duration::from_secs(12)).await;
        ensure!(env.clients.acknowledged() > before, "no message was acknowledged");
    }
    let mut report = env.finish(AllowedLoss::None).await?;
    report.expect_no_interruptions();
    report.record_recovery_time();
    report.expect_no_resets();
    Ok(report)
}

pub async fn wrong_node(config: RunConfig) -> anyhow::Result<ScenarioReport> {
    let mut env = TestEnv::start(config, Setup::new(Workload::standard(config))).await?;
    let master = env.redis.port();
    let replica = start_replica(&env.redis).await?;
    let mut longest = Some(0);
    for round in 0..config.pick(1, 4) {
        if round > 0 {
            replica.query::<()>(&["REPLICAOF", "127.0.0.1", &master.to_string()]).await?;
        }
        env.send_for(Duration::from_secs(2)).await;
        // Subscribers reconnect to the replica, which forwards what is published on the master. Other connections stay.
        env.redis_proxy.redirect(replica.port());
        env.redis.query::<u64>(&["CLIENT", "KILL", "TYPE", "pubsub"]).await?;
        env.send_for(Duration::from_secs(3)).await;
        env.redis_proxy.redirect(master);
        // From here on the subscribers receive nothing, although every connection is healthy.
        replica.query::<()>(&["REPLICAOF", "NO", "ONE"]).await?;
        env.fault_started();
        env.fault_ended();
        let separated = env.clock.now();
        ensure!(env.wait_ready(false, REPAIR_LIMIT).await, "an instance without a subscription is ready");
        let restored = env.wait_ready(true, REPAIR_LIMIT).await.then(|| env.clock.now() - separated);
        longest = longest.zip(restored).map(|(one, other)| one.max(other));
        sleep(Duration::from_secs(2)).await;
    }
    let mut report = env.finish(AllowedLoss::None).await?;
    report.expect_no_interruptions();
    report.record_recovery_time();
    report.record(Metric::time("the subscription is restored", Some(REPAIR_LIMIT), longest));
    Ok(report)
}

pub async fn bad_pubsub(config: RunConfig) -> anyhow::Result<ScenarioReport> {
    let env = TestEnv::start(config, Setup::new(Workload::standard(config))).await?;
    env.redis_proxy.inject(FaultConfig { drop: 0.01, repeat: 0.01, reorder: 0.01, ..FaultConfig::default() });
    env.send_for(config.seconds(12, 60)).await;
    env.redis_proxy.inject(FaultConfig { drop: 1.0, ..FaultConfig::default() });
    env.send_for(Duration::from_secs(1)).await;
    let settled = env.settle(REPAIR_LIMIT).await?;
    let repairs = env.metric("sala_repairs_total").await?;
    let mut report = env.finish(AllowedLoss::None).await?;
    let settled = settled.map(|time| u64::try_from(time.as_millis()).expect("it is within the limit"));
    report.record(Metric::time("dropped events are on all screens", Some(REPAIR_LIMIT), settled));
    report.expect(repairs > 0.0, "no room was repaired, so nothing was missed");
    report.expect_no_interruptions();
    report.expect_no_resets();
    Ok(report)
}

pub async fn lost_reply(config: RunConfig) -> anyhow::Result<ScenarioReport> {
    let env = TestEnv::start(config, Setup::new(Workload::standard(config))).await?;
    // The delay lets several appends be in flight when the connection is closed.
    let delay = Duration::from_millis(5);
    env.redis_proxy.inject(FaultConfig { swallow: 0.03, delay, ..FaultConfig::default() });
    env.send_for(config.seconds(12, 60)).await;
    env.redis_proxy.inject(FaultConfig::default());
    let mut report = env.finish(AllowedLoss::None).await?;
    report.expect(report.faults > 10, "hardly any reply was swallowed");
    report.expect_no_resets();
    Ok(report)
}
