use std::time::Duration;

use crate::{
    check::Loss,
    figure::Figure,
    people::Cast,
    report::Report,
    run::Run,
    stage::{Plan, Stage},
    world::Mischief,
};

/// How soon a gap is closed, also one at the end of which nothing tells.
const PROMISED: Duration = Duration::from_secs(10);

pub async fn play(run: Run) -> anyhow::Result<Report> {
    let stage = Stage::set(run, Plan::of(Cast::usual(run))).await?;
    stage.wire.make(Mischief { drop: 0.01, repeat: 0.01, reorder: 0.01, ..Mischief::default() });
    stage.talk_for(run.seconds(12, 60)).await;
    stage.wire.make(Mischief { drop: 1.0, ..Mischief::default() });
    stage.talk_for(Duration::from_secs(1)).await;
    let settled = stage.settle(PROMISED).await?;
    let repairs = stage.metric("sala_repairs_total").await?;
    let mut report = stage.close(Loss::None).await?;
    let settled = settled.map(|time| u64::try_from(time.as_millis()).expect("it is within what is promised"));
    report.tell(Figure::time("what nobody heard is on all screens", Some(PROMISED), settled));
    report.expect(repairs > 0.0, "no room was repaired, so nothing was missed");
    report.expect(report.interruptions() == 0, "somebody lost the link");
    report.expect(report.resets == 0, "a room was reset");
    Ok(report)
}
