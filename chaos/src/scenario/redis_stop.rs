use std::time::Duration;

use tokio::time::sleep;

use crate::{
    check::Loss,
    people::Cast,
    report::Report,
    run::Run,
    stage::{Plan, Stage},
};

pub async fn play(run: Run) -> anyhow::Result<Report> {
    let mut stage = Stage::set(run, Plan::of(Cast::usual(run))).await?;
    stage.talk_for(Duration::from_secs(2)).await;
    for pause in run.pick(&[5][..], &[5, 60]) {
        let before = stage.crowd.acknowledged();
        stage.redis.pause().await?;
        stage.fault();
        // What was on its way when Redis stopped may still arrive.
        sleep(Duration::from_millis(200)).await;
        let meanwhile = stage.crowd.acknowledged();
        sleep(Duration::from_secs(*pause)).await;
        anyhow::ensure!(stage.crowd.acknowledged() == meanwhile, "something was acknowledged while Redis stood still");
        stage.heal();
        stage.redis.resume().await?;
        stage.talk_for(Duration::from_secs(12)).await;
        anyhow::ensure!(stage.crowd.acknowledged() > before, "nothing was acknowledged");
    }
    let mut report = stage.close(Loss::None).await?;
    let interruptions = report.interruptions();
    report.expect(interruptions == 0, format!("people lost their sockets {interruptions} times"));
    report.tell_news();
    report.expect(report.resets == 0, "a room was reset");
    Ok(report)
}
