use std::time::Duration;

use tokio::time::sleep;

use crate::{
    check::Loss,
    people::{Cast, Order},
    report::Report,
    run::Run,
    stage::{Plan, Stage},
};

pub async fn play(run: Run) -> anyhow::Result<Report> {
    let cast = Cast { rooms: 1, people: 12, talkers: 12, pace: Duration::from_millis(50), padding: 0 };
    // As little as can be kept, and a heartbeat that soon finds out who does not answer.
    let settings = vec![("HISTORY_LIMIT", "100".to_owned()), ("HEARTBEAT_MS", "1000".to_owned())];
    let mut stage = Stage::set(run, Plan { settings, ..Plan::of(cast) }).await?;
    let frozen = run.pick(2, 4);
    for _ in 0..run.pick(1, 3) {
        stage.talk_for(Duration::from_secs(1)).await;
        let time = run.seconds(10, 15);
        stage.crowd.order(0..frozen, Order::Freeze(time)).await;
        stage.fault();
        sleep(time + Duration::from_secs(2)).await;
        stage.crowd.all_live(Duration::from_secs(25)).await;
    }
    let mut report = stage.close(Loss::None).await?;
    let told = report.told_of_gaps();
    report.expect(told == frozen, format!("{told} people were told of a gap, and {frozen} were frozen"));
    report.expect(report.resets == 0, "a room was reset");
    Ok(report)
}
