use std::time::Duration;

use anyhow::Context;
use tokio::time::sleep;

use crate::{
    check::Loss,
    people::Cast,
    report::Report,
    run::Run,
    stage::{Plan, Stage},
    world::{Redis, Sentinels},
};

pub async fn play(run: Run) -> anyhow::Result<Report> {
    let master = Redis::start().await?;
    let mut replicas = vec![Redis::start().await?, Redis::start().await?];
    for replica in &replicas {
        replica.ask::<String>(&["REPLICAOF", "127.0.0.1", &master.port().to_string()]).await?;
    }
    let sentinels = Sentinels::watch(&master, replicas.len()).await?;
    let plan = Plan::of(Cast { pace: Duration::from_millis(200), ..Cast::usual(run) });
    let mut stage = Stage::around(master, Some(sentinels.url()), run, plan).await?;

    stage.talk_for(run.seconds(3, 20)).await;
    // From here on the replicas lag behind, and what is acknowledged is on its way to be lost.
    stage.redis.ask::<()>(&["ACL", "SETUSER", "default", "-psync", "-sync"]).await?;
    stage.redis.ask::<u64>(&["CLIENT", "KILL", "TYPE", "replica"]).await?;
    sleep(Duration::from_secs(1)).await;
    stage.redis.kill().await?;
    stage.fault();
    let promoted = sentinels.another_than(stage.redis.port()).await?;
    let nth = replicas.iter().position(|replica| replica.port() == promoted).context("nobody's port is master now")?;
    stage.redis = replicas.swap_remove(nth);
    stage.heal();
    // As many again, so that the numbers of what was lost are given to others.
    stage.talk_for(run.seconds(12, 40)).await;

    let mut report = stage.close(Loss::Declared).await?;
    report.expect(report.gone > 0, "nothing that was acknowledged is gone, so nothing was lost");
    let (untold, all) = (report.without_resets(1, u64::MAX), report.clients);
    report.expect(untold == 0, format!("{untold} of {all} people were not told that messages were lost"));
    let with_authors: usize = report.journals.iter().map(|journal| journal.screen.failed.len()).sum();
    let gone = report.gone;
    // Of what lies before a page after a fork nothing can be said, and only the full form has as much.
    let is_enough = if run.full { with_authors > 0 && with_authors <= gone } else { with_authors == gone };
    report.expect(is_enough, format!("{gone} messages are gone, and {with_authors} are back with their authors"));
    report.tell_news();
    Ok(report)
}
