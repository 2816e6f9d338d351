use std::time::Duration;

use protocol::CloseCode;

use crate::{
    check::Loss,
    figure::Figure,
    people::Cast,
    report::Report,
    run::Run,
    stage::{Front, Plan, Stage},
};

/// Cloud Run kills an instance 10 s after it asked it to end.
const KILLED: Duration = Duration::from_secs(10);
const PROMISED: Duration = Duration::from_secs(9);

pub async fn play(run: Run) -> anyhow::Result<Report> {
    let cast = Cast::usual(run);
    let mut stage = Stage::set(run, Plan { front: Front::Balanced(3), ..Plan::of(cast) }).await?;
    let mut longest = 0;
    for round in 0..run.pick(3, 12) {
        stage.talk_for(Duration::from_secs(1)).await;
        let number = round % stage.instances.len();
        let asked = stage.clock.now();
        stage.instances[number].terminate(KILLED).await?;
        longest = longest.max(stage.clock.now() - asked);
        stage.fault();
        stage.revive(number).await?;
    }
    stage.crowd.all_live(Duration::from_secs(25)).await;
    let mut report = stage.close(Loss::None).await?;
    let going_away = u16::from(CloseCode::GoingAway);
    let (meant, other) = (report.closes(|code| code == going_away), report.closes(|code| code != going_away));
    report.expect(meant > 0, "no socket was told that its instance goes away");
    report.tell(Figure::count("sockets closed without the code for it", 0, other));
    report.tell(Figure::time("an instance has ended", Some(PROMISED), Some(longest)));
    report.tell_resumes();
    report.expect_presence(cast.in_a_room());
    Ok(report)
}
