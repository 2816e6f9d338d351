use std::time::Duration;

use anyhow::ensure;

use crate::{
    check::Loss,
    people::Cast,
    report::Report,
    run::Run,
    stage::{Plan, Stage},
};

/// How soon all are live again.
const PROMISED: Duration = Duration::from_secs(30);

pub async fn play(run: Run) -> anyhow::Result<Report> {
    let (rooms, people) = run.pick((50, 500), (200, 5_000));
    let pace = run.seconds(2, 8);
    let cast = Cast { rooms, people, talkers: 2, pace, padding: 0 };
    let mut stage = Stage::set(run, Plan::of(cast)).await?;
    for _ in 0..run.pick(2, 3) {
        stage.talk_for(Duration::from_secs(3)).await;
        let before = stage.metric("sala_range_reads_total").await?;
        stage.door.cut();
        stage.fault();
        // Whoever has not noticed yet still counts as live.
        stage.talk_for(Duration::from_secs(1)).await;
        ensure!(stage.crowd.all_live(PROMISED).await, "{} of {people} are live {PROMISED:?} later", stage.crowd.live());
        let reads = stage.metric("sala_range_reads_total").await? - before;
        let most = (rooms * stage.instances.len()) as f64;
        ensure!(reads <= most, "{reads} reads of history, where {most} would do");
    }
    let mut report = stage.close(Loss::None).await?;
    report.expect(report.interruptions() >= people, "somebody was not cut off");
    report.expect_presence(cast.in_a_room());
    Ok(report)
}
