use std::time::Duration;

use anyhow::ensure;
use tokio::time::{Instant, sleep};

use crate::{
    check::Loss,
    people::Cast,
    report::Report,
    run::Run,
    stage::{Plan, Stage},
    world::Redis,
};

pub async fn play(run: Run) -> anyhow::Result<Report> {
    let cast = Cast { rooms: 10, people: run.pick(60, 150), talkers: 4, pace: Duration::from_millis(200) };
    let mut stage = Stage::set(run, Plan::of(cast)).await?;
    let failovers = run.pick(1, 4);
    for _ in 0..failovers {
        let replica = follow(&stage.redis).await?;
        stage.talk_for(Duration::from_secs(2)).await;
        // From here on it lags behind, and what is acknowledged is on its way to be lost.
        replica.ask::<String>(&["REPLICAOF", "NO", "ONE"]).await?;
        sleep(Duration::from_secs(1)).await;
        stage.wire.lead_to(replica.port());
        // The old one dies here, and every connection to it.
        stage.redis = replica;
        stage.fault();
        stage.heal();
        stage.talk_for(Duration::from_secs(10)).await;
    }
    let mut report = stage.close(Loss::Declared).await?;
    let (untold, all) = (report.without_resets(failovers), report.clients);
    report.expect(untold == 0, format!("{untold} of {all} people were not told that messages were lost"));
    Ok(report)
}

/// Starts a replica, and returns when it has caught up.
async fn follow(master: &Redis) -> anyhow::Result<Redis> {
    let replica = Redis::start().await?;
    replica.ask::<String>(&["REPLICAOF", "127.0.0.1", &master.port().to_string()]).await?;
    let deadline = Instant::now() + Duration::from_secs(10);
    while !replica.ask::<String>(&["INFO", "replication"]).await?.contains("master_link_status:up") {
        ensure!(Instant::now() < deadline, "a replica does not catch up");
        sleep(Duration::from_millis(50)).await;
    }
    Ok(replica)
}
