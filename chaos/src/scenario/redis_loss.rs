use std::{collections::BTreeSet, time::Duration};

use anyhow::ensure;

use crate::{
    check::Loss,
    people::{Cast, Journal},
    report::Report,
    run::Run,
    stage::{Plan, Stage},
    world::{Evictions, key},
};

const LOSSES: [&str; 4] = ["restart", "flush", "meta", "stream"];
/// With these, nothing that has no expiry is evicted: so no room in which something was said.
const KEEPING: [&str; 2] = ["noeviction", "volatile-lru"];

pub async fn play(run: Run) -> anyhow::Result<Report> {
    let cast = Cast::usual(run);
    let mut stage = Stage::set(run, Plan::of(cast)).await?;
    for loss in LOSSES {
        stage.talk_for(Duration::from_secs(1)).await;
        lose(&mut stage, loss, cast.rooms).await?;
        stage.fault();
        stage.heal();
        stage.talk_for(run.seconds(6, 10)).await;
    }
    // Whoever is still to be told of the last one is told by then.
    stage.talk_for(run.seconds(4, 1)).await;
    let evicting = stage.clock.now();
    let evicted = evict(&mut stage, run).await?;
    let keeping = stage.clock.now();
    for policy in KEEPING {
        fill(&mut stage, run, policy).await?;
    }
    let mut report = stage.close(Loss::Declared).await?;
    let (untold, all) = (report.without_resets(LOSSES.len(), evicting), report.clients);
    report.expect(untold == 0, format!("{untold} of {all} people were not told of each loss"));
    report.expect(report.gone > 0, "nothing that was acknowledged is gone, so nothing was lost");
    expect_told(&mut report, &evicted, evicting, keeping);
    report.tell_news();
    Ok(report)
}

async fn lose(stage: &mut Stage, loss: &str, rooms: usize) -> anyhow::Result<()> {
    match loss {
        "restart" => stage.redis.restart_empty().await,
        "flush" => stage.redis.ask(&["FLUSHALL"]).await,
        part => {
            let keys: Vec<String> = (0..rooms).map(|number| key(&format!("room{number}"), part)).collect();
            let words: Vec<&str> = ["DEL"].into_iter().chain(keys.iter().map(String::as_str)).collect();
            stage.redis.ask(&words).await
        }
    }
}

/// Redis is full, and throws out whatever was not used for longest. Returns the rooms of which it threw out something.
async fn evict(stage: &mut Stage, run: Run) -> anyhow::Result<BTreeSet<String>> {
    let evictions = Evictions::of(&stage.redis).await?;
    stage.redis.limit(stage.redis.memory().await?, "allkeys-lru").await?;
    stage.fault();
    stage.talk_for(run.seconds(4, 15)).await;
    stage.redis.limit(0, "noeviction").await?;
    stage.heal();
    stage.talk_for(run.seconds(3, 10)).await;
    let rooms = evictions.rooms();
    ensure!(!rooms.is_empty(), "no room lost anything, among {} keys that were evicted", evictions.count());
    Ok(rooms)
}

/// Redis is full, and refuses what is new. What people say waits.
async fn fill(stage: &mut Stage, run: Run, policy: &str) -> anyhow::Result<()> {
    let evictions = Evictions::of(&stage.redis).await?;
    stage.redis.limit(stage.redis.memory().await?, policy).await?;
    stage.fault();
    stage.talk_for(run.seconds(3, 10)).await;
    let waits = stage.crowd.waits(Duration::from_secs(10)).await;
    stage.redis.limit(0, policy).await?;
    stage.heal();
    stage.talk_for(run.seconds(2, 6)).await;
    ensure!(waits, "nothing waits where Redis is full, with {policy}");
    let rooms = evictions.rooms();
    ensure!(rooms.is_empty(), "{} rooms lost something with {policy}", rooms.len());
    Ok(())
}

/// Those whose room lost something were told, and nobody else; and nobody where Redis is full and keeps what it has.
fn expect_told(report: &mut Report, evicted: &BTreeSet<String>, evicting: u64, keeping: u64) {
    let resets = |journal: &Journal, from: u64, until: u64| {
        journal.resets().filter(|reset| (from..until).contains(&reset.since)).count()
    };
    let is_wrong = |journal: &&Journal| (resets(journal, evicting, keeping) > 0) != evicted.contains(&journal.room);
    let wrong = report.journals.iter().filter(is_wrong).count();
    report.expect(
        wrong == 0,
        format!("{wrong} people were told of an eviction in another room, or not of one in theirs"),
    );
    let late: usize = report.journals.iter().map(|journal| resets(journal, keeping, u64::MAX)).sum();
    report.expect(late == 0, format!("{late} times somebody was told of a loss where nothing was lost"));
    let refusals: usize = report.journals.iter().map(|journal| journal.refusals).sum();
    report.expect(refusals > 0, "nobody was refused anything where Redis was full");
}
