use std::time::Duration;

use rand::Rng;
use tokio::time::sleep;

use crate::{
    check::Loss,
    figure::Figure,
    people::{Cast, Order},
    report::Report,
    run::Run,
    stage::{Front, Plan, Stage},
};

/// How soon those who never come back are off everybody's list.
const GONE: Duration = Duration::from_secs(60);

pub async fn play(run: Run) -> anyhow::Result<Report> {
    let cast = Cast::usual(run);
    let mut stage = Stage::set(run, Plan { front: Front::Balanced(3), ..Plan::of(cast) }).await?;
    // One more in each room, all on the instance that is killed first. They do not come back.
    let lost = Cast { people: cast.rooms, talkers: 1, ..cast };
    stage.crowd.add(lost, stage.instances[0].address, stage.clock, run.seed).await?;
    let mut chance = run.seed.chance("kill-instance", 0);
    stage.crowd.talk();
    for round in 0..run.pick(3, 12) {
        sleep(Duration::from_millis(chance.random_range(1_500..3_000))).await;
        let victim = if round == 0 { 0 } else { chance.random_range(0..stage.instances.len()) };
        stage.instances[victim].kill().await?;
        stage.fault();
        if round == 0 {
            stage.crowd.order(cast.people..stage.crowd.len(), Order::Vanish).await;
        }
        sleep(Duration::from_millis(chance.random_range(500..1_500))).await;
        stage.revive(victim).await?;
    }
    stage.crowd.all_live(Duration::from_secs(25)).await;
    // Who is not gone by then is found on the screens.
    stage.crowd.all_see(cast.in_a_room(), GONE).await;
    let mut report = stage.close(Loss::None).await?;
    report.expect(report.interruptions() > 0, "nobody noticed, so nothing was tried");
    report.tell_resumes();
    let ghost = report.longest_ghost();
    report.tell(Figure::time("whoever never comes back is off every list", Some(GONE), ghost));
    report.expect_presence(cast.in_a_room());
    Ok(report)
}
