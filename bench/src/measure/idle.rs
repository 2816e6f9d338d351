//! What it costs to be connected.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::{
    report::Figure,
    server::Server,
    socket::{join_all, sign_in_guests},
};

const SOCKETS: usize = 1_000;
const MEMBERS: usize = 10;

/// How many connect at the same time.
const AT_ONCE: usize = 50;

/// What a join allocates for a moment, and the notices of people who came, are over after this.
const SETTLING: Duration = Duration::from_secs(2);

pub async fn measure(server: &Server) -> anyhow::Result<Vec<Figure>> {
    let cookies = sign_in_guests(server.address, SOCKETS).await?;
    let before = server.process.memory()?;
    let start = Instant::now();
    let sockets = join_all(server.address, &cookies, AT_ONCE, |number| format!("room-{}", number / MEMBERS)).await?;
    let seconds = start.elapsed().as_secs_f64();
    sleep(SETTLING).await;
    let after = server.process.memory()?;
    drop(sockets);
    let kilobytes = after.saturating_sub(before) as f64 / SOCKETS as f64 / 1e3;
    Ok(vec![
        Figure::new("1,000 members connect and join 100 rooms", "s", seconds),
        Figure::new("Memory per idle member", "kB", kilobytes),
    ])
}
