//! Measures the release server on this machine and prints what it found as Markdown. `script/bench` starts it.
//!
//! The server runs on one core, and on the other this generator: a single thread, so that what it keeps needs no locks.

mod cores;
mod http;
mod ledger;
mod load;
mod measure;
mod options;
mod process;
mod redis;
mod report;
mod server;
mod socket;
mod spent;
mod stamp;
mod statistics;

use std::time::Duration;

use anyhow::Context;
use options::Options;
use report::Report;
use server::Backend;
use tokio::{task::LocalSet, time::timeout};

/// A run that takes longer than this hangs.
const DEADLINE: Duration = Duration::from_secs(1_200);

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let Some(options) = Options::parse(std::env::args().skip(1))? else {
        print!("{}", options::HELP);
        return Ok(());
    };
    let run = LocalSet::new();
    let report = run.run_until(timeout(DEADLINE, measure_all(&options))).await.context("the run hangs")??;
    print!("{report}");
    Ok(())
}

async fn measure_all(options: &Options) -> anyhow::Result<Report> {
    let cores = cores::Cores::claim().await?;
    let mut report = Report::default();
    for backend in [Backend::Embedded, Backend::Redis] {
        for scenario in measure::SCENARIOS.iter().filter(|scenario| options.includes(scenario)) {
            eprintln!("{}: {scenario}", backend.name());
            let figures = measure::run(scenario, backend, &cores, options.effort()).await;
            report.add(backend, figures.with_context(|| format!("{}: {scenario}", backend.name()))?);
        }
    }
    Ok(report)
}
