use std::time::Duration;

use crate::{
    check::Loss,
    people::Cast,
    report::Report,
    run::Run,
    stage::{Plan, Stage},
};

/// How soon a gap is closed, also one at the end of which nothing tells.
const PROMISED: Duration = Duration::from_secs(10);

pub async fn play(run: Run) -> anyhow::Result<Report> {
    let mut stage = Stage::set(run, Plan::of(Cast::usual(run))).await?;
    let kills = run.pick(5, 30);
    for _ in 0..kills {
        stage.talk_for(Duration::from_secs(2)).await;
        stage.redis.ask::<u64>(&["CLIENT", "KILL", "TYPE", "pubsub"]).await?;
        stage.fault();
    }
    // Silence follows upon the last one, so that no next event tells of what was missed.
    stage.talk_for(Duration::from_millis(100)).await;
    let settled = stage.settle(PROMISED).await?;
    let (repairs, most) = (stage.metric("sala_repairs_total").await?, kills * stage.rooms() * stage.instances.len());
    let mut report = stage.close(Loss::None).await?;
    let interruptions = report.interruptions();
    report.expect(interruptions == 0, format!("people saw {interruptions} interruptions"));
    report.expect(settled.is_some(), format!("the last messages are not on all screens after {PROMISED:?}"));
    report.expect(repairs > 0.0, "no room was read again, so nothing was missed");
    report.expect(repairs <= most as f64, format!("{repairs} repairs where one for each room and fault makes {most}"));
    report.expect(report.resets == 0, "a room was reset");
    Ok(report)
}
