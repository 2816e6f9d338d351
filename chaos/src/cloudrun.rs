//! The command line of the local Cloud Run: it prints what happens, and takes commands.

use std::{
    io::{BufRead, IsTerminal, stdin},
    num::ParseIntError,
    pin::pin,
    thread,
    time::Instant,
};

use clap::Parser;
use testkit::RedisServer;
use tokio::{
    select,
    signal::unix::{SignalKind, signal},
    sync::mpsc,
};

use crate::harness::{CloudRun, EnvVars, Platform, ServiceConfig};

/// Runs the release on this machine as Cloud Run would: instances behind a load balancer, with a Redis of their own.
///
/// `help` lists the commands once it runs. chaos/src/harness/cloud_run/mod.rs lists the differences from Cloud Run.
#[derive(Debug, Parser)]
#[command(name = "script/cloudrun")]
struct CloudRunOptions {
    #[command(flatten)]
    service: ServiceConfig,
    /// The port to listen on
    #[arg(long, default_value_t = 8_080)]
    port: u16,
}

/// A command that is typed while the local Cloud Run runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Parser)]
#[command(multicall = true, disable_help_flag = true)]
enum ConsoleCommand {
    /// Lists revisions with their traffic, and instances with their requests (a socket is one)
    Status,
    /// Rolls out a new revision: 10 %, then 50 %, then all of the traffic
    Deploy,
    /// Kills an instance, as a machine failure would
    Kill {
        #[arg(value_name = "N")]
        number: usize,
    },
    /// Keeps N instances at least; with N..M also M at most
    Scale {
        #[arg(value_name = "N[..M]", value_parser = parse_range)]
        range: (usize, Option<usize>),
    },
    /// Ends everything
    #[command(alias = "exit")]
    Quit,
}

/// Runs a service until `quit` or a signal.
///
/// # Errors
/// Whatever keeps the platform from running.
pub async fn start() -> anyhow::Result<()> {
    let CloudRunOptions { service, port } = CloudRunOptions::parse();
    let ServiceConfig { min, max, concurrency, timeout, .. } = service;
    let mut shutdown = pin!(shutdown_signal()?);
    let (redis, start) = (RedisServer::start().await?, Instant::now());
    let log = move |line| println!("{:7.1} s  {line}", start.elapsed().as_secs_f64());
    let cloud_run = CloudRun::start(port, &redis.url(), service, EnvVars::new(), log).await?;
    println!(
        "Sala is at http://localhost:{port}, on {min} to {max} instances of {concurrency} requests, each of {} s at \
         most.\n\n   \
         Open it in two browsers and talk: the first page starts an instance if there is none.\n   \
         Type `deploy` and go on talking: a new revision takes over, and the chat continues.\n   \
         Type `status`, `scale 3`, `kill 2`, or `help` for more; `quit` ends everything, rooms included.",
        timeout.as_secs()
    );
    let (mut lines, mut reads_input) = (read_lines(), true);
    // All are cancel-safe: channels keep values until they are received. Processes end with the values that own them.
    loop {
        select! {
            biased;
            () = &mut shutdown => return Ok(()),
            line = lines.recv(), if reads_input => match line {
                Some(line) if line.trim().is_empty() => {}
                Some(line) => match ConsoleCommand::try_parse_from(line.split_whitespace()) {
                    Ok(ConsoleCommand::Quit) => return Ok(()),
                    Ok(command) => execute(command, &cloud_run).unwrap_or_else(|error| println!("{error:#}")),
                    Err(error) => println!("{error}"),
                },
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
        let lines = stdin().lock().lines();
        lines.map_while(Result::ok).try_for_each(|line| sender.blocking_send(line))
    });
    lines
}

fn execute(command: ConsoleCommand, cloud_run: &CloudRun) -> anyhow::Result<()> {
    match command {
        ConsoleCommand::Deploy => cloud_run.execute(Platform::deploy),
        ConsoleCommand::Kill { number } => cloud_run.execute(|platform| platform.kill(number)),
        ConsoleCommand::Scale { range: (min, max) } => cloud_run.execute(|platform| platform.set_scale(min, max)),
        ConsoleCommand::Status | ConsoleCommand::Quit => {
            print!("{}", *cloud_run.platform().borrow());
            Ok(())
        }
    }
}

fn parse_range(text: &str) -> Result<(usize, Option<usize>), ParseIntError> {
    match text.split_once("..") {
        Some((min, max)) => Ok((min.parse()?, Some(max.parse()?))),
        None => Ok((text.parse()?, None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_have_defaults_and_bounds() {
        let parse =
            |line: &str| CloudRunOptions::try_parse_from(["script/cloudrun"].into_iter().chain(line.split(' ')));
        let CloudRunOptions { service, port } = parse("--min 1 --timeout 60").unwrap();
        assert_eq!((service.min, service.max, service.timeout.as_secs(), port), (1, 5, 60, 8_080));
        for line in ["tea", "--max x", "--port 70000", "--concurrency 0", "--timeout 9"] {
            assert!(parse(line).is_err(), "{line}");
        }
    }

    #[test]
    fn lines_are_parsed() {
        let parse = |line: &str| ConsoleCommand::try_parse_from(line.split_whitespace());
        for (line, command) in [
            (" status ", ConsoleCommand::Status),
            ("deploy", ConsoleCommand::Deploy),
            ("kill 3", ConsoleCommand::Kill { number: 3 }),
            ("scale 2", ConsoleCommand::Scale { range: (2, None) }),
            ("scale 0..4", ConsoleCommand::Scale { range: (0, Some(4)) }),
            ("exit", ConsoleCommand::Quit),
        ] {
            assert_eq!(parse(line).unwrap(), command, "{line}");
        }
        for line in ["tea", "kill", "kill x", "scale ..", "scale 1..x", "deploy now"] {
            assert!(parse(line).is_err(), "{line}");
        }
        let help = parse("help").unwrap_err().to_string();
        assert!(help.contains("scale") && help.contains("quit"), "{help}");
    }
}
