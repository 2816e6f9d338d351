use std::{ops::Range, time::Duration};

use anyhow::ensure;
use protocol::CloseCode;

use crate::{
    check::Loss,
    figure::Figure,
    people::Cast,
    report::Report,
    run::Run,
    stage::{Plan, Stage},
    statistics::percentile,
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
    let slow_door = Door::open(targets, None, Some(usize::MAX)).await?;
    let slow = Cast { people: 1, talkers: 0, ..cast };
    stage.crowd.add(slow, slow_door.address, stage.clock, run.seed).await?;
    stage.talk_for(Duration::from_secs(1)).await;
    // The same people say the same in both halves, and one of them begins to read slowly.
    let start = stage.clock.now();
    stage.talk_for(run.seconds(5, 60)).await;
    let slowed = stage.clock.now();
    slow_door.pace(Some(SLOW));
    let before = stage.instances[0].memory()?;
    stage.talk_for(run.seconds(15, 90)).await;
    stage.fault();
    let (grown, end) = (stage.instances[0].memory()?.saturating_sub(before), stage.clock.now());
    ensure!(stage.crowd.live() >= cast.people, "others lost their link for one who reads slowly");
    slow_door.pace(None);
    let mut report = stage.close(Loss::None).await?;
    let too_slow = report.closes(|code| code == u16::from(CloseCode::TooSlow));
    report.expect(grown < MEMORY, format!("an instance grew by {grown} bytes"));
    let others = report.journals.iter().filter(|journal| !journal.outages.is_empty()).count();
    report.expect(others <= 1, format!("{others} people lost their link, of whom one reads slowly"));
    let fell_behind = report.journals.last().is_some_and(|slow| !slow.outages.is_empty());
    report.expect(fell_behind, format!("the slow reader kept up (closed as too slow {too_slow} times)"));
    // In the short form one pause of a busy machine is more than 1 % of the time.
    let least = run.pick(500, 0);
    tell_deliveries(&mut report, start..slowed, slowed..end, least);
    Ok(report)
}

/// Promise G6: others do not notice. The machine that measures is the one that is measured, so it is no more than a bound on what is
/// plainly wrong.
fn tell_deliveries(report: &mut Report, without: Range<u64>, beside: Range<u64>, least: u64) {
    let (without, beside) = (report.deliveries(&without), report.deliveries(&beside));
    let [half, most] = [0.5, 0.99].map(|share| percentile(&without, share));
    report.tell(Figure::time("delivery to the others without a slow reader, p50", None, half));
    report.tell(Figure::time("delivery to the others without a slow reader, p99", None, most));
    report.tell(Figure::time("delivery to the others beside a slow reader, p50", None, percentile(&beside, 0.5)));
    let promised = Some(Duration::from_millis((most.unwrap_or_default() * 3 + 50).max(least)));
    report.tell(Figure::time("delivery to the others beside a slow reader, p99", promised, percentile(&beside, 0.99)));
}
