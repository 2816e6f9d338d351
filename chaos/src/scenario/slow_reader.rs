use std::{ops::Range, time::Duration};

use anyhow::ensure;
use protocol::CloseCode;

use crate::{
    checker::AllowedLoss,
    clients::Workload,
    harness::TcpProxy,
    report::Metric,
    report::ScenarioReport,
    report::percentile,
    run::RunConfig,
    test_env::{Setup, TestEnv},
};

/// Bytes a second.
const SLOW: usize = 1_024;
/// What an instance may hold for one reader, however slow, and then some for everything else that happens.
const MEMORY: u64 = 64 * 1_024 * 1_024;

pub async fn run(config: RunConfig) -> anyhow::Result<ScenarioReport> {
    let (people, send_interval) = config.pick((60, Duration::from_millis(200)), (500, Duration::from_secs(1)));
    // Together the talkers say far more than a slow reader takes and an instance holds.
    let workload = Workload { rooms: 1, people, senders: 20, send_interval, padding: 2_000 };
    let mut env = TestEnv::set(config, Setup::of(workload)).await?;
    let targets = env.instances.iter().map(|instance| instance.address).collect();
    let slow_proxy = TcpProxy::open(targets, None, Some(usize::MAX)).await?;
    let slow = Workload { people: 1, senders: 0, ..workload };
    env.clients.add(slow, slow_proxy.address, env.clock, config.seed).await?;
    env.send_for(Duration::from_secs(1)).await;
    // The same people say the same in both halves, and one of them begins to read slowly.
    let start = env.clock.now();
    env.send_for(config.seconds(5, 60)).await;
    let slowed = env.clock.now();
    slow_proxy.send_interval(Some(SLOW));
    let before = env.instances[0].memory()?;
    env.send_for(config.seconds(15, 90)).await;
    env.fault_started();
    let (grown, end) = (env.instances[0].memory()?.saturating_sub(before), env.clock.now());
    ensure!(env.clients.live() >= workload.people, "others lost their link for one who reads slowly");
    slow_proxy.send_interval(None);
    let mut report = env.close(AllowedLoss::None).await?;
    let too_slow = report.closes(|code| code == u16::from(CloseCode::TooSlow));
    report.expect(grown < MEMORY, format!("an instance grew by {grown} bytes"));
    let others = report.journals.iter().filter(|journal| !journal.outages.is_empty()).count();
    report.expect(others <= 1, format!("{others} people lost their link, of whom one reads slowly"));
    let fell_behind = report.journals.last().is_some_and(|slow| !slow.outages.is_empty());
    report.expect(fell_behind, format!("the slow reader kept up (closed as too slow {too_slow} times)"));
    // In the short form one pause of a busy machine is more than 1 % of the time.
    let least = config.pick(500, 0);
    record_deliveries(&mut report, start..slowed, slowed..end, least);
    Ok(report)
}

/// Promise G6: others do not notice. The machine that measures is the one that is measured, so it is no more than a bound on what is
/// plainly wrong.
fn record_deliveries(report: &mut ScenarioReport, without: Range<u64>, beside: Range<u64>, least: u64) {
    let (without, beside) = (report.deliveries(&without), report.deliveries(&beside));
    let [half, most] = [0.5, 0.99].map(|share| percentile(&without, share));
    report.record(Metric::time("delivery to the others without a slow reader, p50", None, half));
    report.record(Metric::time("delivery to the others without a slow reader, p99", None, most));
    report.record(Metric::time("delivery to the others beside a slow reader, p50", None, percentile(&beside, 0.5)));
    let limit = Some(Duration::from_millis((most.unwrap_or_default() * 3 + 50).max(least)));
    report.record(Metric::time("delivery to the others beside a slow reader, p99", limit, percentile(&beside, 0.99)));
}
