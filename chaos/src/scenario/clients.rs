//! Clients that read slowly or not at all.

use std::{ops::Range, time::Duration};

use anyhow::ensure;
use protocol::CloseCode;
use testkit::percentile;
use tokio::time::sleep;

use crate::{
    checker::AllowedLoss,
    clients::{Instruction, Workload},
    harness::ClientProxy,
    report::{Metric, ScenarioReport},
    run_config::RunConfig,
    test_env::{Setup, TestEnv},
};

/// Bytes per second of the slow reader.
const SLOW: usize = 1_024;
/// How many bytes an instance may grow: its bound for one connection, and room for everything else.
const MEMORY_LIMIT: u64 = 64 * 1_024 * 1_024;

pub async fn slow_reader(config: RunConfig) -> anyhow::Result<ScenarioReport> {
    let (clients, send_interval) = config.pick((60, Duration::from_millis(200)), (500, Duration::from_secs(1)));
    // Together the senders exceed by far what a slow reader takes and an instance holds.
    let workload = Workload { rooms: 1, clients, senders: 20, send_interval, padding: 2_000 };
    let mut env = TestEnv::start(config, Setup::new(workload)).await?;
    let targets = env.instances.iter().map(|instance| instance.address).collect();
    let slow_proxy = ClientProxy::start(targets, None, Some(usize::MAX)).await?;
    let slow = Workload { clients: 1, senders: 0, ..workload };
    env.clients.add(slow, slow_proxy.address, env.clock, config.seed).await?;
    env.send_for(Duration::from_secs(1)).await;
    // The same clients send the same in both halves. In the second one a client reads slowly.
    let start = env.clock.now();
    env.send_for(config.seconds(5, 60)).await;
    let slowed = env.clock.now();
    slow_proxy.throttle(Some(SLOW));
    let before = env.instances[0].process.memory()?;
    env.send_for(config.seconds(15, 90)).await;
    env.fault_started();
    let (growth, end) = (env.instances[0].process.memory()?.saturating_sub(before), env.clock.now());
    ensure!(env.clients.live() >= workload.clients, "others lost their connection because of a slow reader");
    slow_proxy.throttle(None);
    let mut report = env.finish(AllowedLoss::None).await?;
    report.expect(growth < MEMORY_LIMIT, format!("an instance grew by {growth} bytes"));
    let interrupted = report.journals.iter().filter(|journal| !journal.outages.is_empty()).count();
    report.expect(interrupted <= 1, format!("{interrupted} clients lost their connection, one of them reads slowly"));
    let fell_behind = report.journals.last().is_some_and(|slow| !slow.outages.is_empty());
    let (too_slow, _) = report.closes(CloseCode::TooSlow);
    report.expect(fell_behind, format!("the slow reader kept up (closed as too slow {too_slow} times)"));
    // In the short form one pause of a busy machine is more than 1 % of the time.
    record_delivery_times(&mut report, start..slowed, slowed..end, config.pick(500, 0));
    Ok(report)
}

/// Promise G6: others are not delayed. The machine that measures also runs everything that is measured, so the limit only
/// catches a gross regression.
fn record_delivery_times(report: &mut ScenarioReport, without: Range<u64>, beside: Range<u64>, min_limit: u64) {
    let [without, beside] =
        [without, beside].map(|span| [0.5, 0.99].map(|share| percentile(report.delivery_times(&span), share)));
    let limit = Duration::from_millis((without[1].unwrap_or_default() * 3 + 50).max(min_limit));
    for (what, limit, observed) in [
        ("delivery to others without a slow reader, p50", None, without[0]),
        ("delivery to others without a slow reader, p99", None, without[1]),
        ("delivery to others beside a slow reader, p50", None, beside[0]),
        ("delivery to others beside a slow reader, p99", Some(limit), beside[1]),
    ] {
        report.record(Metric::time(what, limit, observed));
    }
}

pub async fn frozen_client(config: RunConfig) -> anyhow::Result<ScenarioReport> {
    let send_interval = Duration::from_millis(50);
    let workload = Workload { rooms: 1, clients: 12, senders: 12, send_interval, padding: 0 };
    // The shortest possible history, and a heartbeat that soon finds a client that does not answer.
    let env = vec![("HISTORY_LIMIT", "100".to_owned()), ("HEARTBEAT_MS", "1000".to_owned())];
    let mut env = TestEnv::start(config, Setup { env, ..Setup::new(workload) }).await?;
    let frozen = config.pick(2, 4);
    for _ in 0..config.pick(1, 3) {
        env.send_for(Duration::from_secs(1)).await;
        let time = config.seconds(10, 15);
        env.clients.instruct(0..frozen, Instruction::Freeze(time)).await;
        env.fault_started();
        sleep(time + Duration::from_secs(2)).await;
        env.clients.wait_all_live(Duration::from_secs(25)).await;
    }
    let mut report = env.finish(AllowedLoss::None).await?;
    let told = report.count_told_of_gaps();
    report.expect(told == frozen, format!("{told} clients were told of a gap, and {frozen} were frozen"));
    report.expect_no_resets();
    Ok(report)
}
