use std::time::Duration;

use crate::{
    checker::AllowedLoss,
    clients::Workload,
    report::Metric,
    report::ScenarioReport,
    run::RunConfig,
    test_env::{Setup, TestEnv},
};

const CAP: Duration = Duration::from_secs(20);

pub async fn run(config: RunConfig) -> anyhow::Result<ScenarioReport> {
    let mut report = capped(config, true).await?;
    let rotations: usize = report.journals.iter().map(|journal| journal.rotations).sum();
    report.record(Metric::count("interruptions where the cap is known", 0, report.interruptions()));
    report
        .expect(rotations >= report.clients, format!("the server asked only {rotations} times for a change of socket"));
    report.expect_presence(Workload::standard(config).per_room());
    let other = capped(config, false).await?;
    let interrupted = other.interruptions();
    report.expect(interrupted >= other.clients, "without changes of socket nobody was cut off, so nothing was tried");
    Ok(both(report, other))
}

async fn capped(config: RunConfig, rotates: bool) -> anyhow::Result<ScenarioReport> {
    let workload = Workload::standard(config);
    let timeout = if rotates { CAP.as_secs() } else { 0 };
    let settings = vec![("REQUEST_TIMEOUT", timeout.to_string())];
    let mut env = TestEnv::set(config, Setup { cap: Some(CAP), settings, ..Setup::of(workload) }).await?;
    env.send_for(config.seconds(25, 70)).await;
    env.fault_started();
    env.close(AllowedLoss::None).await
}

fn both(one: ScenarioReport, other: ScenarioReport) -> ScenarioReport {
    ScenarioReport {
        clients: one.clients + other.clients,
        messages: one.messages + other.messages,
        faults: one.faults + other.faults,
        violations: [one.violations, other.violations].concat(),
        failed_expectations: [one.failed_expectations, other.failed_expectations].concat(),
        metrics: [one.metrics, other.metrics].concat(),
        resumes: [one.resumes, other.resumes].concat(),
        missing_from_history: one.missing_from_history + other.missing_from_history,
        resets: one.resets + other.resets,
        journals: [one.journals, other.journals].concat(),
    }
}
