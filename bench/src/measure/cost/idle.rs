//! What it costs to come in, and then to be there and to say nothing, on an instance that is full.

use std::{convert::Infallible, slice};

use tokio::{task::JoinSet, time::sleep};

use crate::{
    http::Connection,
    measure::idle::{AT_ONCE, MEMBERS, SETTLING, SOCKETS},
    options::Effort,
    report::Figure,
    server::Server,
    socket::{Socket, join_all, sign_in},
    spent::Spent,
    statistics::median,
};

pub async fn measure(servers: &[Server], effort: Effort) -> anyhow::Result<Vec<Figure>> {
    let server = &servers[0];
    let mut http = Connection::open(server.address).await?;
    let mut cookies = Vec::new();
    for number in 0..SOCKETS {
        cookies.push(sign_in(&mut http, &format!("guest-{number}")).await?);
    }
    let before = Spent::until_now(servers).await?;
    let room = |number| format!("room-{}", number / MEMBERS);
    let mut people = JoinSet::new();
    for socket in join_all(|_| server.address, &cookies, AT_ONCE, room).await? {
        people.spawn_local(listen(socket));
    }
    let measuring = async {
        sleep(SETTLING).await;
        let came = Spent::until_now(servers).await? - before;
        let mut hours = Vec::new();
        for _ in 0..effort.intervals {
            let before = Spent::until_now(servers).await?;
            sleep(effort.idle).await;
            hours.push(Spent::until_now(servers).await? - before);
        }
        Ok([coming_in(came), being_there(&hours, effort), instance(server).await?].concat())
    };
    tokio::select! {
        figures = measuring => figures,
        Some(ended) = people.join_next() => match ended? {
            Err(error) => Err(error),
            Ok(never) => match never {},
        },
    }
}

/// Answers the pings of the server, as a browser does.
async fn listen(mut socket: Socket) -> anyhow::Result<Infallible> {
    loop {
        socket.hear().await?;
    }
}

fn coming_in(came: Spent) -> Vec<Figure> {
    let each = |value: f64| value / SOCKETS as f64;
    vec![
        Figure::new("Coming in: bytes", "B", each(came.bytes as f64)).kept_as("JOIN_BYTES"),
        Figure::new("Coming in: CPU", "µs", each(came.server.as_secs_f64() * 1e6)).kept_as("JOIN_CPU_US"),
        Figure::new("Person who is there: memory of Redis", "B", each(came.usage.memory as f64))
            .kept_as("PERSON_BYTES"),
    ]
}

fn being_there(intervals: &[Spent], effort: Effort) -> Vec<Figure> {
    let hours = effort.idle.as_secs_f64() / 3_600.0;
    let figure = |what: &str, unit, key: &str, of: fn(&Spent) -> f64| {
        let each = median(intervals.iter().map(of)) / SOCKETS as f64 / hours;
        Figure::new(format!("Silent person, in an hour: {what}"), unit, each).kept_as(key)
    };
    vec![
        figure("bytes", "B", "IDLE_BYTES", |spent| spent.bytes as f64),
        figure("CPU", "ms", "IDLE_CPU_MS", |spent| spent.server.as_secs_f64() * 1e3),
        figure("CPU of Redis", "ms", "IDLE_REDIS_CPU_MS", |spent| spent.redis.as_secs_f64() * 1e3),
        figure("commands of Redis", "", "IDLE_REDIS_COMMANDS", |spent| spent.usage.commands as f64),
        figure("bytes to Redis", "B", "IDLE_REDIS_RECEIVED", |spent| spent.usage.received as f64),
        figure("bytes from Redis", "B", "IDLE_REDIS_SENT", |spent| spent.usage.sent as f64),
    ]
}

async fn instance(server: &Server) -> anyhow::Result<Vec<Figure>> {
    let connections = Spent::until_now(slice::from_ref(server)).await?.usage.connections;
    let memory = server.process.memory()? as f64 / 1e6;
    Ok(vec![
        Figure::new("Instance with 1,000 silent people: memory", "MB", memory).kept_as("INSTANCE_MB"),
        Figure::new("Instance: connections to Redis", "", connections as f64).kept_as("INSTANCE_CONNECTIONS"),
    ])
}
