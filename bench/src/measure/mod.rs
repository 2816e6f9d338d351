//! The measurements, one file each.

mod deliveries;
mod idle;
mod neighbour;
mod page;

use crate::{
    deployment::Deployment,
    options::{Scenario, Schedule},
    report::Measurement,
};

/// Measures one scenario on a server that nothing else uses.
pub async fn run(scenario: Scenario, server: &Deployment, schedule: Schedule) -> anyhow::Result<Vec<Measurement>> {
    match scenario {
        Scenario::Page => page::measure(server).await,
        Scenario::Idle => idle::measure(server).await,
        Scenario::Paced => deliveries::paced_room(server, schedule).await,
        Scenario::Room => deliveries::saturated_room(server, schedule).await,
        Scenario::Rooms => deliveries::saturated_rooms(server, schedule).await,
        Scenario::Neighbour => neighbour::measure(server, schedule).await,
    }
}
