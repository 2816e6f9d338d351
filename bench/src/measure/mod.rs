//! What is measured, one file each. Every measurement gets a server of its own.

mod deliveries;
mod idle;
mod page;

use anyhow::bail;

use crate::{
    cores::Cores,
    options::Effort,
    report::Figure,
    server::{Backend, Server},
};

/// The names for `--only`.
pub const SCENARIOS: [&str; 5] = ["page", "idle", "paced", "room", "rooms"];

/// Runs one scenario.
pub async fn run(scenario: &str, backend: Backend, cores: &Cores, effort: Effort) -> anyhow::Result<Vec<Figure>> {
    let server = Server::start(backend, cores).await?;
    match scenario {
        "page" => page::measure(&server).await,
        "idle" => idle::measure(&server).await,
        "paced" => deliveries::paced(&server, effort).await,
        "room" => deliveries::one_room(&server, effort).await,
        "rooms" => deliveries::many_rooms(&server, effort).await,
        other => bail!("no scenario is called {other}"),
    }
}
