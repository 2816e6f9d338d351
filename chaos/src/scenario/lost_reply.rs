use std::time::Duration;

use crate::{
    check::Loss,
    people::Cast,
    report::Report,
    run::Run,
    stage::{Plan, Stage},
    world::Mischief,
};

pub async fn play(run: Run) -> anyhow::Result<Report> {
    let stage = Stage::set(run, Plan::of(Cast::usual(run))).await?;
    // So that several are on their way when the connection is cut.
    let delay = Duration::from_millis(5);
    stage.wire.make(Mischief { swallow: 0.03, delay, ..Mischief::default() });
    stage.talk_for(run.seconds(12, 60)).await;
    stage.wire.make(Mischief::default());
    let mut report = stage.close(Loss::None).await?;
    report.expect(report.faults > 10, "hardly a reply was swallowed");
    report.expect(report.resets == 0, "a room was reset");
    Ok(report)
}
