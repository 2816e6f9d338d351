use std::time::Duration;

use crate::{
    checker::AllowedLoss,
    clients::Workload,
    report::Metric,
    report::ScenarioReport,
    run::RunConfig,
    test_env::{Setup, TestEnv},
};

/// How soon all are live again.
const PROMISED: Duration = Duration::from_secs(30);

pub async fn run(config: RunConfig) -> anyhow::Result<ScenarioReport> {
    let (rooms, people) = config.pick((50, 500), (200, 5_000));
    let send_interval = config.seconds(2, 8);
    let workload = Workload { rooms, people, senders: 2, send_interval, padding: 0 };
    let mut env = TestEnv::set(config, Setup::of(workload)).await?;
    let (mut all_came, mut reads) = (true, 0.0_f64);
    let cuts = config.pick(2, 3);
    for _ in 0..cuts {
        env.send_for(Duration::from_secs(3)).await;
        let before = env.metric("sala_range_reads_total").await?;
        env.tcp_proxy.cut();
        env.fault_started();
        // Whoever has not noticed yet still counts as live.
        env.send_for(Duration::from_secs(1)).await;
        all_came &= env.clients.wait_all_live(PROMISED).await;
        reads = reads.max(env.metric("sala_range_reads_total").await? - before);
    }
    let most_reads = rooms * env.instances.len();
    let mut report = env.close(AllowedLoss::None).await?;
    let last = report.resume(1.0).filter(|_| all_came);
    report.record(Metric::time("all are live again", Some(PROMISED), last));
    report.record(Metric::count("reads of history, where rooms × instances are the most", most_reads, reads as usize));
    report.expect(report.interruptions() >= people * cuts, "somebody was not cut off");
    report.expect_presence(workload.per_room());
    Ok(report)
}
