//! What a message costs that people say in browsers, which tell that somebody is writing and how far each has read: in small
//! and in large rooms, on one instance and on two, so that `script/cost` can tell what a member more costs, and an instance more.

use std::time::Duration;

use super::{MICROSECONDS, figures};
use crate::{
    cores::Cores,
    load::{self, Pace, Plan, Shape},
    options::Effort,
    report::Figure,
    server::{Backend, Server},
    spent::Spent,
    statistics::median,
};

/// As many as one instance takes.
const PEOPLE: usize = 1_000;

/// In each room one message is said in this time: more than the second in which servers keep at most one place up to which
/// somebody has read, so that each message is told to be read by each.
const PACE: Duration = Duration::from_millis(1_250);

pub async fn measure(cores: &Cores, effort: Effort) -> anyhow::Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for members in [10, 100] {
        let mut servers = vec![Server::start(Backend::Redis, cores).await?];
        figures.extend(message(&servers, members, effort).await?);
        drop(servers);
        servers = vec![Server::start(Backend::Redis, cores).await?];
        servers.push(servers[0].start_beside(cores).await?);
        figures.extend(message(&servers, members, effort).await?);
    }
    Ok(figures)
}

async fn message(servers: &[Server], members: usize, effort: Effort) -> anyhow::Result<Vec<Figure>> {
    let pace = Pace::Every(PACE * u32::try_from(members)?);
    let shape = Shape { rooms: PEOPLE / members, members, senders: members, pace, browsers: true };
    let plan = Plan { warm_up: effort.warm_up, intervals: effort.intervals, length: effort.talk };
    let samples = load::run(servers, shape, plan).await?;
    let (name, key) = match servers.len() {
        1 => (format!("Message in a room of {members}"), format!("MESSAGE_{members}")),
        _ => (format!("Message in a room of {members} on two instances"), format!("MESSAGE_{members}_TWO")),
    };
    let each = |of: fn(&Spent) -> f64| {
        median(samples.iter().map(|sample| of(&sample.spent) * members as f64 / sample.latencies.len() as f64))
    };
    Ok(figures(&name, &key, MICROSECONDS, each))
}
