use std::time::Duration;

use crate::{
    check::Loss,
    figure::Figure,
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
    let (mut all_came, mut reads) = (true, 0.0_f64);
    let cuts = run.pick(2, 3);
    for _ in 0..cuts {
        stage.talk_for(Duration::from_secs(3)).await;
        let before = stage.metric("sala_range_reads_total").await?;
        stage.door.cut();
        stage.fault();
        // Whoever has not noticed yet still counts as live.
        stage.talk_for(Duration::from_secs(1)).await;
        all_came &= stage.crowd.all_live(PROMISED).await;
        reads = reads.max(stage.metric("sala_range_reads_total").await? - before);
    }
    let most_reads = rooms * stage.instances.len();
    let mut report = stage.close(Loss::None).await?;
    let last = report.resume(1.0).filter(|_| all_came);
    report.tell(Figure::time("all are live again", Some(PROMISED), last));
    report.tell(Figure::count("reads of history, where rooms × instances are the most", most_reads, reads as usize));
    report.expect(report.interruptions() >= people * cuts, "somebody was not cut off");
    report.expect_presence(cast.in_a_room());
    Ok(report)
}
