//! Cloud Run in small for people: an address to chat at, a line for whatever happens, and commands to make things happen.

mod command;
mod options;

use std::{
    io::{BufRead, IsTerminal, stdin},
    pin::pin,
    thread,
    time::Instant,
};

use tokio::{
    select,
    signal::unix::{SignalKind, signal},
    sync::mpsc,
};

use crate::harness::{CloudRun, EnvVars, PlatformEvent, RedisServer};
use command::{ConsoleCommand, HELP};
use options::CloudRunOptions;

/// Runs a service until it is told to quit, or asked to end.
///
/// # Errors
/// Arguments that are not understood, and whatever keeps the platform from running.
pub async fn start() -> anyhow::Result<()> {
    let Some(options) = CloudRunOptions::parse(std::env::args().skip(1))? else {
        print!("{}", options::HELP);
        return Ok(());
    };
    let mut ending = pin!(ending()?);
    let redis = RedisServer::start().await?;
    let url = format!("redis://127.0.0.1:{}", redis.port());
    let (telling, mut events) = mpsc::unbounded_channel();
    let mut cloud = CloudRun::start(options.port, &url, options.service.clone(), EnvVars::new(), telling).await?;
    println!("{options}");
    let (mut lines, mut input, started) = (lines(), true, Instant::now());
    // All are cancel-safe: what is not taken stays in its channel. What was started ends with the values that stand for it.
    loop {
        select! {
            biased;
            () = &mut ending => return Ok(()),
            Some(event) = events.recv() => print_event(started, &event),
            line = lines.recv(), if input => match line.as_deref().map(ConsoleCommand::parse) {
                Some(Ok(Some(ConsoleCommand::Quit))) => return Ok(()),
                Some(Ok(Some(command))) => execute(command, &cloud).await,
                Some(Ok(None)) => {}
                Some(Err(error)) => println!("{error:#}"),
                // Who sits at a terminal has said good-bye; a pipe has only run dry.
                None if stdin().is_terminal() => return Ok(()),
                None => input = false,
            },
            error = cloud.failed() => return Err(error),
        }
    }
}

/// Completes when the process is asked to end.
fn ending() -> anyhow::Result<impl Future<Output = ()>> {
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

/// What is typed. A thread reads it, which nobody waits for in the end.
fn lines() -> mpsc::Receiver<String> {
    let (typed, lines) = mpsc::channel(16);
    thread::spawn(move || {
        let mut lines = stdin().lock().lines();
        while let Some(Ok(line)) = lines.next() {
            if typed.blocking_send(line).is_err() {
                return;
            }
        }
    });
    lines
}

async fn execute(command: ConsoleCommand, cloud: &CloudRun) {
    match command {
        ConsoleCommand::Platform(order) => {
            if let Err(error) = cloud.order(order).await {
                println!("{error:#}");
            }
        }
        ConsoleCommand::ServiceStatus => print!("{}", *cloud.status().borrow()),
        ConsoleCommand::Help | ConsoleCommand::Quit => print!("{HELP}"),
    }
}

fn print_event(started: Instant, event: &PlatformEvent) {
    println!("{:7.1} s  {event}", started.elapsed().as_secs_f64());
}
