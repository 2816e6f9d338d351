//! The command line of the local Cloud Run: it prints what happens, and takes commands.

mod console;

use std::{
    io::{BufRead, IsTerminal, stdin},
    pin::pin,
    thread,
    time::{Duration, Instant},
};

use clap::Parser;
use testkit::RedisServer;
use tokio::{
    select,
    signal::unix::{SignalKind, signal},
    sync::mpsc,
};

use crate::harness::{CloudRun, EnvVars, Platform, ServiceConfig};
use console::ConsoleCommand;

/// Runs the release on this machine as Cloud Run would: instances behind a load balancer, with a Redis of their own.
///
/// `help` lists the commands once it runs. chaos/src/harness/cloud_run/mod.rs lists the differences from Cloud Run.
#[derive(Debug, Parser)]
#[command(name = "script/cloudrun")]
struct CloudRunOptions {
    /// The minimum number of instances
    #[arg(long, value_name = "N", default_value_t = 0)]
    min: usize,
    /// The maximum number of instances
    #[arg(long, value_name = "N", default_value_t = 5)]
    max: usize,
    /// The maximum number of concurrent requests of an instance; a socket is a request
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    concurrency: u16,
    /// The maximum duration of a request
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(10..=3_600))]
    timeout: u64,
    /// How long an instance without requests is kept
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    idle: u64,
    /// The duration of each step of a roll-out
    #[arg(long, value_name = "SECONDS", default_value_t = 5)]
    step: u64,
    /// The port to listen on
    #[arg(long, default_value_t = 8_080)]
    port: u16,
}

/// Runs a service until `quit` or a signal.
///
/// # Errors
/// Whatever keeps the platform from running.
pub async fn start() -> anyhow::Result<()> {
    let CloudRunOptions { min, max, concurrency, timeout, idle, step, port } = CloudRunOptions::parse();
    let [idle, step] = [idle, step].map(Duration::from_secs);
    let service =
        ServiceConfig { min, max, concurrency: concurrency.into(), timeout: Duration::from_secs(timeout), idle, step };
    let mut shutdown = pin!(shutdown_signal()?);
    let redis = RedisServer::start().await?;
    let start = Instant::now();
    let log = move |line| println!("{:7.1} s  {line}", start.elapsed().as_secs_f64());
    let cloud_run = CloudRun::start(port, &redis.url(), service, EnvVars::new(), log).await?;
    println!(
        "Sala is at http://localhost:{port}, on {min} to {max} instances of {concurrency} requests, each of {timeout} s at most.\n\n   \
         Open it in two browsers and talk: the first page starts an instance if there is none.\n   \
         Type `deploy` and go on talking: a new revision takes over, and the chat continues.\n   \
         Type `status`, `scale 3`, `kill 2`, or `help` for more; `quit` ends everything, rooms included."
    );
    let (mut lines, mut reads_input) = (read_lines(), true);
    // All are cancel-safe: what is not taken stays in its channel. All processes end with the values that own them.
    loop {
        select! {
            biased;
            () = &mut shutdown => return Ok(()),
            line = lines.recv(), if reads_input => match line.as_deref().map(ConsoleCommand::parse_line) {
                Some(Ok(None)) => {}
                Some(Ok(Some(ConsoleCommand::Quit))) => return Ok(()),
                Some(Ok(Some(command))) => execute(command, &cloud_run),
                Some(Err(error)) => println!("{error}"),
                // The end of input from a terminal is a wish to end; a pipe has only run dry.
                None if stdin().is_terminal() => return Ok(()),
                None => reads_input = false,
            },
        }
    }
}

fn shutdown_signal() -> anyhow::Result<impl Future<Output = ()>> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let mut hangup = signal(SignalKind::hangup())?;
    Ok(async move {
        select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            _ = hangup.recv() => {}
        }
    })
}

/// Reads standard input on a thread that nothing waits for.
fn read_lines() -> mpsc::Receiver<String> {
    let (sender, lines) = mpsc::channel(16);
    thread::spawn(move || {
        let mut lines = stdin().lock().lines();
        while let Some(Ok(line)) = lines.next() {
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    lines
}

fn execute(command: ConsoleCommand, cloud_run: &CloudRun) {
    let result = match command {
        ConsoleCommand::Deploy => cloud_run.execute(Platform::deploy),
        ConsoleCommand::Kill { number } => cloud_run.execute(|platform| platform.kill(number)),
        ConsoleCommand::Scale { range: (min, max) } => cloud_run.execute(|platform| platform.set_scale(min, max)),
        ConsoleCommand::Status | ConsoleCommand::Quit => {
            print!("{}", *cloud_run.platform().borrow());
            Ok(())
        }
    };
    result.unwrap_or_else(|error| println!("{error:#}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_have_defaults_and_bounds() {
        let parse =
            |line: &str| CloudRunOptions::try_parse_from(["script/cloudrun"].into_iter().chain(line.split(' ')));
        let CloudRunOptions { min, max, timeout, port, .. } = parse("--min 1 --timeout 60").unwrap();
        assert_eq!((min, max, timeout, port), (1, 5, 60, 8_080));
        for line in ["tea", "--max x", "--port 70000", "--concurrency 0", "--timeout 9"] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
