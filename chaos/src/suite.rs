//! Runs the scenarios and prints their results. `docs/guarantees.md` explains both.

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use clap::{Parser, builder::PossibleValuesParser};
use rand::Rng;
use tokio::{
    signal::unix::{SignalKind, signal},
    time::timeout,
};

use crate::{
    prove::prove,
    report::{ResultTable, ScenarioReport, write_to_docs},
    run_config::{RunConfig, Seed},
    scenario::{SCENARIOS, Scenario},
};

/// A scenario that takes longer hangs.
pub(crate) const SCENARIO_TIMEOUT: Duration = Duration::from_secs(600);
/// How many violations of a scenario are printed.
const MAX_PRINTED: usize = 20;
/// How many messages a full run needs for its result to mean something.
const MIN_MESSAGES: usize = 200_000;

/// Injects faults into real processes under load, and checks from the clients' journals and the stored histories that no
/// message was lost or duplicated and that all clients saw one order. Fails if a promise is broken.
#[derive(Debug, Parser)]
#[command(name = "script/chaos")]
struct ChaosOptions {
    /// Only these scenarios
    #[arg(value_name = "NAME", value_parser = PossibleValuesParser::new(SCENARIOS.iter().map(|scenario| scenario.name)))]
    names: Vec<String>,
    /// A short form of each scenario: seven minutes at most in all, instead of twenty
    #[arg(long)]
    quick: bool,
    /// Then also run some scenarios against servers without a defence, and expect violations
    #[arg(long)]
    prove: bool,
    /// The random choices of an earlier run, which printed its seed
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Write the tables into docs/guarantees.md
    #[arg(long, conflicts_with = "names")]
    write: bool,
    /// List the scenarios and their faults
    #[arg(long)]
    list: bool,
}

impl ChaosOptions {
    fn min_messages(&self) -> usize {
        if self.quick || !self.names.is_empty() { 0 } else { MIN_MESSAGES }
    }

    fn includes(&self, name: &str) -> bool {
        self.names.is_empty() || self.names.iter().any(|included| included == name)
    }
}

/// Runs what the command line asks for.
///
/// # Errors
/// A signal, or documentation that cannot be written.
pub async fn start() -> anyhow::Result<ExitCode> {
    let options = ChaosOptions::parse();
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
        // All processes end with the values that own them, which are dropped here.
        _ = terminate.recv() => bail!("terminated"),
        _ = interrupt.recv() => bail!("interrupted"),
    }
}

/// Returns whether all expectations were met.
async fn run(options: &ChaosOptions, seed: Seed) -> anyhow::Result<bool> {
    let config = RunConfig { seed, full: !options.quick, disabled_defence: None };
    let table = run_scenarios(options, config).await;
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
        eprintln!("the documentation is not written");
    } else if options.write {
        let form = if options.quick { "short" } else { "full" };
        write_to_docs(&format!("`script/chaos`, {form} form, seed {}:\n\n{text}", seed.0))?;
    }
    Ok(good)
}

async fn run_scenarios(options: &ChaosOptions, config: RunConfig) -> ResultTable {
    let mut table = ResultTable::new(options.min_messages());
    for Scenario { name, run, .. } in SCENARIOS.iter().filter(|scenario| options.includes(scenario.name)) {
        eprint!("{name} ... ");
        let start = Instant::now();
        let report = timeout(SCENARIO_TIMEOUT, run(config)).await.context("it hangs").flatten();
        // A scenario that fails does not prevent the others.
        let report = report.unwrap_or_else(|error| ScenarioReport {
            failed_expectations: vec![format!("{error:#}")],
            ..ScenarioReport::default()
        });
        let verdict = if report.is_good() { "ok" } else { "FAILED" };
        eprintln!("{verdict}, {} messages in {} s", report.messages, start.elapsed().as_secs());
        print_failures(&report);
        table.add(name, report);
    }
    table
}

fn print_failures(report: &ScenarioReport) {
    for failure in &report.failed_expectations {
        eprintln!("   {failure}");
    }
    for violation in report.violations.iter().take(MAX_PRINTED) {
        eprintln!("   {violation}");
    }
    if let Some(more @ 1..) = report.violations.len().checked_sub(MAX_PRINTED) {
        eprintln!("   ... and {more} more");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<ChaosOptions, clap::Error> {
        ChaosOptions::try_parse_from(["script/chaos"].into_iter().chain(line.split_whitespace()))
    }

    #[test]
    fn all_scenarios_run_unless_some_are_named() {
        let all = parse("").unwrap();
        assert!(SCENARIOS.iter().all(|scenario| all.includes(scenario.name)));
        assert_eq!((all.min_messages(), parse("--quick").unwrap().min_messages()), (200_000, 0));
        let some = parse("lost-reply --quick --seed 7").unwrap();
        let included: Vec<_> = SCENARIOS.iter().filter(|scenario| some.includes(scenario.name)).collect();
        assert_eq!((included.len(), included[0].name, some.quick, some.seed), (1, "lost-reply", true, Some(7)));
    }

    #[test]
    fn unknown_names_and_partial_tables_are_refused() {
        for line in ["tea", "--seed x", "lost-reply --write"] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
