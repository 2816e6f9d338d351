use std::time::Duration;

use anyhow::ensure;
use tokio::time::sleep;

use crate::{
    check::Loss,
    figure::Figure,
    people::Cast,
    report::Report,
    run::Run,
    stage::{Plan, Stage},
    world::Redis,
};

/// How soon an instance that is deaf has found another connection to listen on.
const PROMISED: Duration = Duration::from_secs(10);

pub async fn play(run: Run) -> anyhow::Result<Report> {
    let mut stage = Stage::set(run, Plan::of(Cast::usual(run))).await?;
    let replica = Redis::start().await?;
    let master = stage.redis.port();
    let mut longest = Some(0);
    for _ in 0..run.pick(1, 4) {
        replica.ask::<String>(&["REPLICAOF", "127.0.0.1", &master.to_string()]).await?;
        stage.talk_for(Duration::from_secs(2)).await;
        // Who listens is led to the replica, which passes on what the master publishes; who writes stays.
        stage.wire.lead_to(replica.port());
        stage.redis.ask::<u64>(&["CLIENT", "KILL", "TYPE", "pubsub"]).await?;
        stage.talk_for(Duration::from_secs(3)).await;
        stage.wire.lead_to(master);
        // Now nothing comes that way any more, and every connection is healthy.
        replica.ask::<String>(&["REPLICAOF", "NO", "ONE"]).await?;
        stage.fault();
        stage.heal();
        let deaf = stage.clock.now();
        ensure!(stage.until_ready(false, Duration::from_secs(10)).await?, "an instance is deaf and calls itself ready");
        let listens = stage.until_ready(true, PROMISED).await?.then(|| stage.clock.now() - deaf);
        longest = longest.zip(listens).map(|(one, other)| one.max(other));
        sleep(Duration::from_secs(2)).await;
    }
    let mut report = stage.close(Loss::None).await?;
    let interruptions = report.interruptions();
    report.expect(interruptions == 0, format!("people saw {interruptions} interruptions"));
    report.tell_news();
    report.tell(Figure::time("a deaf instance listens again", Some(PROMISED), longest));
    Ok(report)
}
