//! What it costs to come in, and then to be there and to say nothing, on an instance that is full.

use std::{convert::Infallible, slice};

use tokio::{task::JoinSet, time::sleep};

use super::{MILLISECONDS, figures};
use crate::{
    measure::idle::{AT_ONCE, MEMBERS, SETTLING, SOCKETS},
    options::Effort,
    report::Figure,
    server::Server,
    socket::{Socket, join_all, sign_in_guests},
    spent::Spent,
    statistics::median,
};

pub async fn measure(servers: &[Server], effort: Effort) -> anyhow::Result<Vec<Figure>> {
    let server = &servers[0];
    let cookies = sign_in_guests(server.address, SOCKETS).await?;
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
    let each = |of: fn(&Spent) -> f64| median(intervals.iter().map(of)) / SOCKETS as f64 / hours;
    figures("Silent person, in an hour", "IDLE", MILLISECONDS, each)
}

async fn instance(server: &Server) -> anyhow::Result<Vec<Figure>> {
    let connections = Spent::until_now(slice::from_ref(server)).await?.usage.connections;
    let memory = server.process.memory()? as f64 / 1e6;
    Ok(vec![
        Figure::new("Instance with 1,000 silent people: memory", "MB", memory).kept_as("INSTANCE_MB"),
        Figure::new("Instance: connections to Redis", "", connections as f64).kept_as("INSTANCE_CONNECTIONS"),
    ])
}
