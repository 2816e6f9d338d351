use std::time::Duration;

use crate::{
    check::Loss,
    people::Cast,
    report::Report,
    run::Run,
    stage::{Plan, Stage},
    world::key,
};

/// How soon everybody has to be told.
const PROMISED: Duration = Duration::from_secs(10);

pub async fn play(run: Run) -> anyhow::Result<Report> {
    let cast = Cast::usual(run);
    let mut stage = Stage::set(run, Plan::of(cast)).await?;
    let losses = ["restart", "flush", "meta", "stream"];
    for loss in losses {
        stage.talk_for(Duration::from_secs(2)).await;
        match loss {
            "restart" => stage.redis.restart_empty().await?,
            "flush" => stage.redis.ask::<()>(&["FLUSHALL"]).await?,
            part => {
                let keys: Vec<String> = (0..cast.rooms).map(|number| key(&format!("room{number}"), part)).collect();
                let words: Vec<&str> = ["DEL"].into_iter().chain(keys.iter().map(String::as_str)).collect();
                stage.redis.ask::<u64>(&words).await?;
            }
        }
        stage.fault();
        stage.heal();
        stage.talk_for(run.seconds(6, 10)).await;
    }
    let mut report = stage.close(Loss::Declared).await?;
    let (untold, all) = (report.without_resets(losses.len()), report.clients);
    report.expect(untold == 0, format!("{untold} of {all} people were not told of each loss"));
    report.expect(report.gone > 0, "nothing that was acknowledged is gone, so nothing was lost");
    let worst = report.resume(1.0).map(Duration::from_millis);
    report.expect(worst.is_some_and(|worst| worst <= PROMISED), format!("somebody heard nothing for {worst:?}"));
    Ok(report)
}
