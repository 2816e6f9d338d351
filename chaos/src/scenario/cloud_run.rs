use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::Context;
use protocol::CloseCode;
use tokio::{sync::watch, task::JoinSet, time::sleep};

use crate::{
    check::Loss,
    figure::Figure,
    people::Cast,
    report::Report,
    run::Run,
    stage::{Cloud, Front, Plan, Stage},
    world::{Event, Order, Service, Status, metric},
};

/// Of so many people in the short form one may be cut off at the cap. There the change of sockets has a second, which a busy machine takes.
const ALLOWED: usize = 10;

/// How long a roll-out or a scale-down may take.
const PATIENCE: Duration = Duration::from_secs(120);

pub async fn play(run: Run) -> anyhow::Result<Report> {
    let cast = Cast { people: run.pick(100, 300), ..Cast::usual(run) };
    let (concurrency, max) = run.pick((35, 6), (80, 8));
    let (timeout, step) = (run.seconds(15, 30), run.seconds(2, 10));
    let service = Service { min: 0, max, concurrency, timeout, idle: Duration::from_secs(30), step };
    // From nothing: the first who signs in starts the first instance.
    let plan = Plan { front: Front::CloudRun(service), ..Plan::of(cast) };
    let mut stage = Stage::set(run, plan).await?;
    let mut cloud = stage.cloud.take().context("it was planned")?;
    let most = Arc::new(AtomicUsize::new(0));
    let mut counting = JoinSet::new();
    counting.spawn(count_sockets(cloud.run.status(), Arc::clone(&most)));
    // Long enough that every socket comes to its end.
    stage.talk_for(timeout + Duration::from_secs(2)).await;
    let needed = cloud.run.status().borrow().serving();

    cloud.run.order(Order::Deploy).await?;
    stage.fault();
    cloud.run.until(PATIENCE, |status| status.revisions.len() == 1 && status.serving() > 0).await?;
    stage.talk_for(run.seconds(2, 20)).await;

    let fewer = cloud.run.status().borrow().serving().saturating_sub(run.pick(1, 2));
    cloud.run.order(Order::Scale { min: 0, max: Some(fewer) }).await?;
    stage.fault();
    cloud.run.until(PATIENCE, |status| status.instances.len() <= fewer).await?;
    stage.talk_for(run.seconds(2, 40)).await;

    stage.crowd.all_live(Duration::from_secs(25)).await;
    let mut report = stage.close(Loss::None).await?;
    drop(counting);
    report.expect(needed > 1, "one instance was enough, so nothing was tried");
    report.expect(most.load(Ordering::Relaxed) > 0, "no instance told how many sockets it has");
    report.tell(Figure::count(
        "sockets of one instance, where its concurrency is the most",
        concurrency,
        most.load(Ordering::Relaxed),
    ));
    let allowed = run.pick(cast.people / ALLOWED, 0);
    tell_events(&mut report, &mut cloud, allowed);
    tell_people(&mut report, allowed);
    report.expect_presence(cast.in_a_room());
    Ok(report)
}

/// Asks every instance how many sockets it has, again and again.
async fn count_sockets(status: watch::Receiver<Status>, most: Arc<AtomicUsize>) {
    loop {
        let addresses: Vec<_> = status.borrow().instances.iter().filter_map(|row| row.address).collect();
        for address in addresses {
            // One that has just ended has none.
            let sockets = metric(address, "sala_connections").await.unwrap_or_default();
            most.fetch_max(sockets as usize, Ordering::Relaxed);
        }
        sleep(Duration::from_millis(200)).await;
    }
}

fn tell_events(report: &mut Report, Cloud { events, .. }: &mut Cloud, allowed: usize) {
    let (mut cold_start, mut kills, mut cuts, mut deaths) = (None, 0, 0, 0);
    while let Ok(event) = events.try_recv() {
        match event {
            Event::Serving { took, .. } => {
                cold_start.get_or_insert(took);
            }
            Event::Killed { .. } => kills += 1,
            Event::Cut { requests, .. } => cuts += requests,
            Event::Died { .. } | Event::NotStarted { .. } => deaths += 1,
            _ => {}
        }
    }
    let cold_start = cold_start.map(|took| u64::try_from(took.as_millis()).expect("it is within a minute"));
    report.tell(Figure::time("a cold start, without an image to fetch", None, cold_start));
    report.tell(Figure::count("instances that had to be killed", 0, kills));
    report.tell(Figure::count("requests that were cut because their time was up", allowed, cuts));
    report.expect(deaths == 0, format!("{deaths} instances died, or did not start"));
}

fn tell_people(report: &mut Report, allowed: usize) {
    let rotations: usize = report.journals.iter().map(|journal| journal.rotations).sum();
    report.expect(
        rotations >= report.clients,
        format!("people were asked only {rotations} times for a change of socket"),
    );
    let going_away = u16::from(CloseCode::GoingAway);
    let (meant, other) = (report.closes(|code| code == going_away), report.closes(|code| code != going_away));
    report.expect(meant > 0, "no socket was told that its instance goes away");
    report.tell(Figure::count("sockets closed without the code for it", allowed, other));
    let interruptions = report.interruptions();
    report.tell(Figure {
        promised: None,
        ..Figure::count("interruptions, all at the end of an instance", 0, interruptions)
    });
    let (wanted, had) = report.affinity();
    report.tell(Figure::share("sockets led to the instance of the one before", had, wanted));
    report.tell_resumes();
}
