//! Breaks real processes while people talk, and decides from their journals whether the rooms kept their promises.
//! `docs/guarantees.md` says what is promised.

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use rand::Rng;
use tokio::{
    signal::unix::{SignalKind, signal},
    time::timeout,
};

use crate::{
    options::{self, Options},
    page,
    prove::prove,
    report::Report,
    run::Run,
    scenario::{SCENARIOS, Scenario},
    seed::Seed,
    table::Table,
};

/// A scenario that takes longer than this hangs.
pub(crate) const DEADLINE: Duration = Duration::from_secs(600);
/// How many findings of a scenario are told one by one.
const TOLD: usize = 20;

/// Plays what the command line asks for.
///
/// # Errors
/// Arguments that are not understood, and a signal to end.
pub async fn start() -> anyhow::Result<ExitCode> {
    let Some(options) = Options::parse(std::env::args().skip(1))? else {
        print!("{}", options::HELP);
        return Ok(ExitCode::SUCCESS);
    };
    if options.list {
        for Scenario { name, fault, .. } in SCENARIOS {
            println!("{name:<16} {fault}");
        }
        return Ok(ExitCode::SUCCESS);
    }
    let seed = Seed(options.seed.unwrap_or_else(|| rand::rng().random_range(0..1_000_000)));
    println!("Seed {}\n", seed.0);
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        good = play(&options, seed) => Ok(if good? { ExitCode::SUCCESS } else { ExitCode::FAILURE }),
        // What was started ends with the values that stand for it, which are dropped here.
        _ = terminate.recv() => bail!("it was asked to end"),
        _ = interrupt.recv() => bail!("it was interrupted"),
    }
}

/// Whether all that was promised was seen.
async fn play(options: &Options, seed: Seed) -> anyhow::Result<bool> {
    let run = Run { seed, full: !options.quick, without: None };
    let table = play_all(options, run).await;
    print!("{table}");
    let mut good = table.is_good();
    let mut text = table.to_string();
    if options.prove {
        eprintln!("without one defence each ...");
        let outcomes = prove(Run { full: false, ..run }, |name| options.includes(name)).await;
        print!("\n{outcomes}");
        good &= outcomes.are_good();
        text = format!("{text}\n{outcomes}");
    }
    if options.write && !good {
        eprintln!("it is not written down");
    } else if options.write {
        let form = if options.quick { "short" } else { "full" };
        page::write(&format!("`script/chaos`, {form} form, seed {}:\n\n{text}", seed.0))?;
    }
    Ok(good)
}

async fn play_all(options: &Options, run: Run) -> Table {
    let mut table = Table::of(options.least_messages());
    for Scenario { name, play, .. } in SCENARIOS.iter().filter(|scenario| options.includes(scenario.name)) {
        eprint!("{name} ... ");
        let start = Instant::now();
        let report = timeout(DEADLINE, play(run)).await.context("it hangs").flatten().unwrap_or_else(failed);
        let verdict = if report.is_good() { "ok" } else { "FAILED" };
        eprintln!("{verdict}, {} messages in {} s", report.messages, start.elapsed().as_secs());
        complain(&report);
        table.add(name, report);
    }
    table
}

/// A scenario that could not be played to its end is no reason to leave out the others.
fn failed(error: anyhow::Error) -> Report {
    Report { disappointments: vec![format!("{error:#}")], ..Report::default() }
}

fn complain(report: &Report) {
    for disappointment in &report.disappointments {
        eprintln!("   {disappointment}");
    }
    for finding in report.findings.iter().take(TOLD) {
        eprintln!("   {finding}");
    }
    if let Some(more @ 1..) = report.findings.len().checked_sub(TOLD) {
        eprintln!("   ... and {more} more");
    }
}
