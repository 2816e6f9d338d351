//! The measurements.

mod deliveries;
mod neighbour;
mod page;

use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::{
    deployment::Deployment,
    load::{Load, LoadProfile, SendRate},
    member_socket::sign_in_guests,
    options::{LoadScenario, Schedule},
    report::Measurement,
};

/// As much as the server can carry: a message of a sender follows the acknowledgement of the last one.
const SATURATED: SendRate = SendRate::AfterAcknowledgement;
const IDLE: LoadProfile = LoadProfile { name: "idle", rooms: 100, members: 10, senders: 0, rate: SATURATED };
/// Everybody sends once a second: 10,000 deliveries per second.
const PACED: LoadProfile =
    LoadProfile { name: "room", rooms: 1, members: 100, senders: 100, rate: SendRate::Every(Duration::from_secs(1)) };
const ROOM: LoadProfile = LoadProfile { name: "room", rooms: 1, members: 100, senders: 8, rate: SATURATED };
const ROOMS: LoadProfile = LoadProfile { name: "room", rooms: 100, members: 10, senders: 1, rate: SATURATED };

/// After this time, buffers that a join needs are freed and presence changes are sent.
const SETTLING: Duration = Duration::from_secs(2);

/// Measures one scenario on a server that nothing else uses.
pub async fn run(scenario: LoadScenario, server: &Deployment, schedule: Schedule) -> anyhow::Result<Vec<Measurement>> {
    let Schedule { paced, saturated } = schedule;
    match scenario {
        LoadScenario::Page => page::measure(server).await,
        LoadScenario::Idle => measure_idle_members(server).await,
        LoadScenario::Paced => deliveries::measure("10,000/s in a room of 100", server, PACED, paced).await,
        LoadScenario::Room => deliveries::measure("One room of 100, saturated", server, ROOM, saturated).await,
        LoadScenario::Rooms => deliveries::measure("100 rooms of 10, saturated", server, ROOMS, saturated).await,
        LoadScenario::Neighbour => neighbour::measure(server, paced).await,
    }
}

/// What a connected member costs.
async fn measure_idle_members(server: &Deployment) -> anyhow::Result<Vec<Measurement>> {
    let members = IDLE.rooms * IDLE.members;
    let cookies = sign_in_guests(server.address(), members).await?;
    let (before, start) = (server.memory()?, Instant::now());
    let load = Load::join(server.address(), &cookies, IDLE).await?;
    let seconds = start.elapsed().as_secs_f64();
    sleep(SETTLING).await;
    let growth = server.memory()?.saturating_sub(before);
    drop(load);
    Ok(vec![
        Measurement::new("1,000 members connect and join 100 rooms", "s", seconds),
        Measurement::new("Memory per idle member", "kB", growth as f64 / members as f64 / 1e3),
    ])
}
