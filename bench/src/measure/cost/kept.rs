//! What Redis keeps of a message, in a room that has as many as are kept.

use std::time::Duration;

use crate::{
    http::Connection,
    report::Figure,
    server::Server,
    socket::{Heard, Socket, sign_in},
    spent::Spent,
    stamp::Stamp,
};

/// As many as `HISTORY_LIMIT` keeps by default.
const MESSAGES: u32 = 10_000;

pub async fn measure(servers: &[Server]) -> anyhow::Result<Vec<Figure>> {
    let server = &servers[0];
    let cookie = sign_in(&mut Connection::open(server.address).await?, "Ana").await?;
    let mut socket = Socket::join(server.address, &cookie, "full").await?;
    let before = Spent::until_now(servers).await?;
    for count in 0..MESSAGES {
        socket.send(count, Stamp::new(0, count, Duration::ZERO).text()).await?;
        while socket.hear().await? != Heard::Sent {}
    }
    let memory = (Spent::until_now(servers).await? - before).usage.memory as f64 / f64::from(MESSAGES);
    Ok(vec![Figure::new("Message that is kept: memory of Redis", "B", memory).kept_as("KEPT_MESSAGE_BYTES")])
}
