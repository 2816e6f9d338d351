use std::time::Duration;

use tokio::time::sleep;

use crate::{
    checker::AllowedLoss,
    clients::{Instruction, Workload},
    report::ScenarioReport,
    run::RunConfig,
    test_env::{Setup, TestEnv},
};

pub async fn run(config: RunConfig) -> anyhow::Result<ScenarioReport> {
    let workload = Workload { rooms: 1, people: 12, senders: 12, send_interval: Duration::from_millis(50), padding: 0 };
    // As little as can be kept, and a heartbeat that soon finds out who does not answer.
    let settings = vec![("HISTORY_LIMIT", "100".to_owned()), ("HEARTBEAT_MS", "1000".to_owned())];
    let mut env = TestEnv::set(config, Setup { settings, ..Setup::of(workload) }).await?;
    let frozen = config.pick(2, 4);
    for _ in 0..config.pick(1, 3) {
        env.send_for(Duration::from_secs(1)).await;
        let time = config.seconds(10, 15);
        env.clients.instruct(0..frozen, Instruction::Freeze(time)).await;
        env.fault_started();
        sleep(time + Duration::from_secs(2)).await;
        env.clients.wait_all_live(Duration::from_secs(25)).await;
    }
    let mut report = env.close(AllowedLoss::None).await?;
    let told = report.count_told_of_gaps();
    report.expect(told == frozen, format!("{told} people were told of a gap, and {frozen} were frozen"));
    report.expect(report.resets == 0, "a room was reset");
    Ok(report)
}
