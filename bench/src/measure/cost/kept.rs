//! What Redis keeps of a message, in a room that has as many as are kept; and how much one is on its way, where one person talks
//! alone.

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
    let spent = Spent::until_now(servers).await? - before;
    let each = |value: f64| value / f64::from(MESSAGES);
    Ok(vec![
        Figure::new("Message that is kept: memory of Redis", "B", each(spent.usage.memory as f64))
            .kept_as("KEPT_MESSAGE_BYTES"),
        Figure::new("A delivery and an acknowledgement: bytes", "B", each(spent.bytes as f64))
            .kept_as("DELIVERY_BYTES"),
    ])
}
