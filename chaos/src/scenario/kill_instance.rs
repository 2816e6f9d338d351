use std::time::Duration;

use rand::Rng;
use tokio::time::sleep;

use crate::{
    check::Loss,
    people::Cast,
    report::Report,
    run::Run,
    stage::{Plan, Stage},
};

pub async fn play(run: Run) -> anyhow::Result<Report> {
    let cast = Cast::usual(run);
    let mut stage = Stage::set(run, Plan { instances: 3, balanced: true, ..Plan::of(cast) }).await?;
    let mut chance = run.seed.chance("kill-instance", 0);
    stage.crowd.talk();
    for _ in 0..run.pick(3, 12) {
        sleep(Duration::from_millis(chance.random_range(1_500..3_000))).await;
        let victim = chance.random_range(0..stage.instances.len());
        stage.instances[victim].kill().await?;
        stage.fault();
        sleep(Duration::from_millis(chance.random_range(500..1_500))).await;
        stage.revive(victim).await?;
    }
    stage.crowd.all_live(Duration::from_secs(25)).await;
    let mut report = stage.close(Loss::None).await?;
    report.expect(report.interruptions() > 0, "nobody noticed, so nothing was tried");
    report.tell_resumes();
    report.expect_presence(cast.in_a_room());
    Ok(report)
}
