//! What a connected member costs.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::{
    deployment::Deployment,
    load::{Load, LoadProfile, SendRate},
    member_socket::sign_in_guests,
    report::Measurement,
};

const PROFILE: LoadProfile =
    LoadProfile { name: "idle", rooms: 100, members: 10, senders: 0, rate: SendRate::AfterAcknowledgement };

/// After this time, buffers that a join needs are freed and presence changes are sent.
const SETTLING: Duration = Duration::from_secs(2);

pub async fn measure(server: &Deployment) -> anyhow::Result<Vec<Measurement>> {
    let members = PROFILE.rooms * PROFILE.members;
    let cookies = sign_in_guests(server.address(), members).await?;
    let before = server.memory()?;
    let start = Instant::now();
    let load = Load::join(server.address(), &cookies, PROFILE).await?;
    let seconds = start.elapsed().as_secs_f64();
    sleep(SETTLING).await;
    let growth = server.memory()?.saturating_sub(before);
    drop(load);
    Ok(vec![
        Measurement::new("1,000 members connect and join 100 rooms", "s", seconds),
        Measurement::new("Memory per idle member", "kB", growth as f64 / members as f64 / 1e3),
    ])
}
