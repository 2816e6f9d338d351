//! Measures release servers on this machine and prints the results as Markdown. `script/bench` starts it.
//!
//! The server runs on one core and this generator on another, with a single thread, so that its state needs no locks.

mod cpu_pinning;
mod delivery_checker;
mod deployment;
mod latency_tag;
mod load;
mod measure;
mod member_socket;
mod options;
mod report;

use std::time::Duration;

use anyhow::Context;
use clap::Parser;
use cpu_pinning::CpuPinning;
use deployment::{BackendKind, Deployment};
use options::Options;
use report::Report;
use tokio::{task::LocalSet, time::timeout};

/// How long one measurement may take before it counts as hanging.
const MEASUREMENT_TIMEOUT: Duration = Duration::from_secs(180);

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let report = LocalSet::new().run_until(measure_all(&options)).await?;
    print!("{report}");
    Ok(())
}

async fn measure_all(options: &Options) -> anyhow::Result<Report> {
    let pinning = CpuPinning::pin_generator().await;
    let backends = [BackendKind::Embedded, BackendKind::Redis];
    let columns: Vec<_> =
        backends.iter().flat_map(|backend| options.servers.iter().map(move |server| (server, *backend))).collect();
    let titles = columns.iter().map(|(server, backend)| format!("{}, {}", server.label, backend.name()));
    let mut report = Report::new(titles.collect(), options.servers.len());
    for scenario in options.scenarios() {
        for (column, (server, backend)) in columns.iter().enumerate() {
            let title = format!("{}, {}: {scenario:?}", server.label, backend.name());
            eprintln!("{title}");
            let measuring = async {
                let deployment = Deployment::start(&server.file, *backend, pinning).await?;
                measure::run(scenario, &deployment, options.schedule()).await
            };
            let measured = timeout(MEASUREMENT_TIMEOUT, measuring).await.context("the measurement hangs");
            report.add(column, measured.flatten().context(title)?);
        }
    }
    Ok(report)
}
