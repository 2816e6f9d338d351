use std::time::Duration;

use crate::{
    check::Loss,
    figure::Figure,
    people::Cast,
    report::Report,
    run::Run,
    stage::{Plan, Stage},
};

const CAP: Duration = Duration::from_secs(20);

pub async fn play(run: Run) -> anyhow::Result<Report> {
    let mut report = capped(run, true).await?;
    let rotations: usize = report.journals.iter().map(|journal| journal.rotations).sum();
    report.tell(Figure::count("interruptions where the cap is known", 0, report.interruptions()));
    report
        .expect(rotations >= report.clients, format!("the server asked only {rotations} times for a change of socket"));
    report.expect_presence(Cast::usual(run).in_a_room());
    let other = capped(run, false).await?;
    let interrupted = other.interruptions();
    report.expect(interrupted >= other.clients, "without changes of socket nobody was cut off, so nothing was tried");
    Ok(both(report, other))
}

async fn capped(run: Run, rotates: bool) -> anyhow::Result<Report> {
    let cast = Cast::usual(run);
    let timeout = if rotates { CAP.as_secs() } else { 0 };
    let settings = vec![("REQUEST_TIMEOUT", timeout.to_string())];
    let mut stage = Stage::set(run, Plan { cap: Some(CAP), settings, ..Plan::of(cast) }).await?;
    stage.talk_for(run.seconds(25, 70)).await;
    stage.fault();
    stage.close(Loss::None).await
}

fn both(one: Report, other: Report) -> Report {
    Report {
        clients: one.clients + other.clients,
        messages: one.messages + other.messages,
        faults: one.faults + other.faults,
        findings: [one.findings, other.findings].concat(),
        disappointments: [one.disappointments, other.disappointments].concat(),
        figures: [one.figures, other.figures].concat(),
        resumes: [one.resumes, other.resumes].concat(),
        gone: one.gone + other.gone,
        resets: one.resets + other.resets,
        journals: [one.journals, other.journals].concat(),
    }
}
