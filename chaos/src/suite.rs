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
    options::{self, ChaosOptions},
    prove::prove,
    report::ResultTable,
    report::ScenarioReport,
    report::docs_page,
    run::RunConfig,
    scenario::{SCENARIOS, Scenario},
    seed::Seed,
};

/// A scenario that takes longer than this hangs.
pub(crate) const DEADLINE: Duration = Duration::from_secs(600);
/// How many findings of a scenario are told one by one.
const MAX_PRINTED: usize = 20;

/// Plays what the command line asks for.
///
/// # Errors
/// Arguments that are not understood, and a signal to end.
pub async fn start() -> anyhow::Result<ExitCode> {
    let Some(options) = ChaosOptions::parse(std::env::args().skip(1))? else {
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
        good = run(&options, seed) => Ok(if good? { ExitCode::SUCCESS } else { ExitCode::FAILURE }),
        // What was started ends with the values that stand for it, which are dropped here.
        _ = terminate.recv() => bail!("it was asked to end"),
        _ = interrupt.recv() => bail!("it was interrupted"),
    }
}

/// Whether all that was promised was seen.
async fn run(options: &ChaosOptions, seed: Seed) -> anyhow::Result<bool> {
    let config = RunConfig { seed, full: !options.quick, without: None };
    let table = run_all(options, config).await;
    print!("{table}");
    let mut good = table.is_good();
    let mut text = table.to_string();
    if options.prove {
        eprintln!("without one defence each ...");
        let outcomes = prove(RunConfig { full: false, ..config }, |name| options.includes(name)).await;
        print!("\n{outcomes}");
        good &= outcomes.are_good();
        text = format!("{text}\n{outcomes}");
    }
    if options.write && !good {
        eprintln!("it is not written down");
    } else if options.write {
        let form = if options.quick { "short" } else { "full" };
        docs_page::write(&format!("`script/chaos`, {form} form, seed {}:\n\n{text}", seed.0))?;
    }
    Ok(good)
}

async fn run_all(options: &ChaosOptions, config: RunConfig) -> ResultTable {
    let mut table = ResultTable::of(options.least_messages());
    for Scenario { name, run, .. } in SCENARIOS.iter().filter(|scenario| options.includes(scenario.name)) {
        eprint!("{name} ... ");
        let start = Instant::now();
        let report = timeout(DEADLINE, run(config)).await.context("it hangs").flatten().unwrap_or_else(failed);
        let verdict = if report.is_good() { "ok" } else { "FAILED" };
        eprintln!("{verdict}, {} messages in {} s", report.messages, start.elapsed().as_secs());
        print_failures(&report);
        table.add(name, report);
    }
    table
}

/// A scenario that could not be played to its end is no reason to leave out the others.
fn failed(error: anyhow::Error) -> ScenarioReport {
    ScenarioReport { failed_expectations: vec![format!("{error:#}")], ..ScenarioReport::default() }
}

fn print_failures(report: &ScenarioReport) {
    for failed_expectation in &report.failed_expectations {
        eprintln!("   {failed_expectation}");
    }
    for violation in report.violations.iter().take(MAX_PRINTED) {
        eprintln!("   {violation}");
    }
    if let Some(more @ 1..) = report.violations.len().checked_sub(MAX_PRINTED) {
        eprintln!("   ... and {more} more");
    }
}
