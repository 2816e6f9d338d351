use std::time::Duration;

use anyhow::ensure;
use protocol::CloseCode;

use crate::{
    check::Loss,
    people::Cast,
    report::Report,
    run::Run,
    stage::{Plan, Stage},
    world::Door,
};

/// Bytes a second.
const SLOW: usize = 1_024;
/// What an instance may hold for one reader, however slow, and then some for everything else that happens.
const MEMORY: u64 = 64 * 1_024 * 1_024;

pub async fn play(run: Run) -> anyhow::Result<Report> {
    let (people, pace) = run.pick((60, Duration::from_millis(200)), (500, Duration::from_secs(1)));
    // Together the talkers say far more than a slow reader takes and an instance holds.
    let cast = Cast { rooms: 1, people, talkers: 20, pace, padding: 2_000 };
    let mut stage = Stage::set(run, Plan::of(cast)).await?;
    let targets = stage.instances.iter().map(|instance| instance.address).collect();
    let slow_door = Door::open(targets, None, Some(SLOW)).await?;
    let slow = Cast { people: 1, talkers: 0, ..cast };
    stage.crowd.add(slow, slow_door.address, stage.clock, run.seed).await?;
    stage.talk_for(Duration::from_secs(2)).await;
    let before = stage.instances[0].memory()?;
    stage.talk_for(run.seconds(15, 90)).await;
    stage.fault();
    let grown = stage.instances[0].memory()?.saturating_sub(before);
    ensure!(stage.crowd.live() >= cast.people, "others lost their link for one who reads slowly");
    slow_door.hurry();
    let mut report = stage.close(Loss::None).await?;
    let too_slow = report.closes(|code| code == u16::from(CloseCode::TooSlow));
    report.expect(grown < MEMORY, format!("an instance grew by {grown} bytes"));
    let others = report.journals.iter().filter(|journal| !journal.outages.is_empty()).count();
    report.expect(others <= 1, format!("{others} people lost their link, of whom one reads slowly"));
    report.expect(others == 1, format!("the slow reader kept up (closed as too slow {too_slow} times)"));
    Ok(report)
}
