//! Whether a busy large room delays a small one.
//!
//! The small room has a thread of its own. In the thread that reads 5,000 sockets its messages would wait for the
//! generator, not for the server.

use std::{net::SocketAddr, time::Duration};

use anyhow::Context;
use tokio::{
    runtime,
    task::{LocalSet, spawn_blocking},
};

use super::deliveries::{latencies, latency, throughput, utilisation};
use crate::{
    deployment::{CpuUsage, Deployment},
    load::{Intervals, Load, LoadProfile, Sample, SendRate},
    member_socket::sign_in_guests,
    report::Measurement,
};

/// 50,000 deliveries per second.
const LARGE: LoadProfile =
    LoadProfile { name: "large", rooms: 1, members: 5_000, senders: 10, rate: SendRate::Every(Duration::from_secs(1)) };

/// 213 deliveries per second.
const SMALL: LoadProfile = LoadProfile {
    name: "small",
    rooms: 1,
    members: 10,
    senders: 10,
    // No divisor of the large room's period, so that the two meet in every phase.
    rate: SendRate::Every(Duration::from_millis(470)),
};

pub async fn measure(server: &Deployment, intervals: Intervals) -> anyhow::Result<Vec<Measurement>> {
    let address = server.address();
    let alone = measure_small_room(address, intervals).await?;

    let cookies = sign_in_guests(address, LARGE.members).await?;
    let large = Load::join(address, &cookies, LARGE).await?;
    // One interval more, so that the large room is busy until the small one is measured.
    let longer = Intervals { count: intervals.count + 1, ..intervals };
    let (beside, large) =
        tokio::try_join!(measure_small_room(address, intervals), large.run(longer, || server.cpu_usage()))?;

    let (title, beside_title) = ("Busy room of 5,000", "Room of 10 beside a busy room of 5,000");
    let mut measurements = Vec::from(latencies("Room of 10, alone", &alone));
    measurements.extend(latencies(beside_title, &beside));
    let ratio = latency(&beside, 0.99) / latency(&alone, 0.99);
    measurements.push(Measurement::new(format!("{beside_title}: p99, compared with alone"), "×", ratio));
    measurements.extend([throughput(title, &large), utilisation(title, &large)]);
    measurements.extend(latencies(title, &large));
    Ok(measurements)
}

async fn measure_small_room(address: SocketAddr, intervals: Intervals) -> anyhow::Result<Vec<Sample>> {
    let measuring = move || {
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        LocalSet::new().block_on(&runtime, async {
            let cookies = sign_in_guests(address, SMALL.members).await?;
            Load::join(address, &cookies, SMALL).await?.run(intervals, || Ok(CpuUsage::default())).await
        })
    };
    spawn_blocking(measuring).await.context("the thread of the small room panicked")?
}
