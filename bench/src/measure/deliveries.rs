//! Messages that reach all members of their room.

use std::time::Duration;

use testkit::percentile;

use crate::{
    deployment::{BackendKind, Deployment},
    load::{Intervals, Load, LoadProfile, Sample},
    member_socket::sign_in_guests,
    report::Measurement,
};

/// The latency of deliveries, in milliseconds, as the median of all intervals' percentile.
pub fn latency(samples: &[Sample], share: f64) -> f64 {
    median(samples.iter().filter_map(|sample| percentile(sample.latencies.iter().copied(), share))) / 1e3
}

/// The latency of deliveries: median and 99th percentile.
pub fn latencies(title: &str, samples: &[Sample]) -> [Measurement; 2] {
    [("median", 0.5), ("p99", 0.99)]
        .map(|(name, share)| Measurement::new(format!("{title}: latency, {name}"), "ms", latency(samples, share)))
}

/// The rate of deliveries, as the median of all intervals.
pub fn throughput(title: &str, samples: &[Sample]) -> Measurement {
    let rate = median(samples.iter().map(|sample| deliveries(sample) / sample.seconds));
    Measurement::new(format!("{title}: deliveries"), "/s", rate)
}

/// How busy the server's core is, as the median of all intervals.
pub fn utilisation(title: &str, samples: &[Sample]) -> Measurement {
    let share = |sample: &Sample| sample.cpu_usage.server.as_secs_f64() / sample.seconds * 100.0;
    Measurement::new(format!("{title}: server's core busy"), "%", median(samples.iter().map(share)))
}

/// Measures rooms of one kind.
pub async fn measure(
    title: &str,
    server: &Deployment,
    profile: LoadProfile,
    intervals: Intervals,
) -> anyhow::Result<Vec<Measurement>> {
    let cookies = sign_in_guests(server.address(), profile.rooms * profile.members).await?;
    let load = Load::join(server.address(), &cookies, profile).await?;
    let samples = load.run(intervals, || server.cpu_usage()).await?;
    let per_delivery = |name: &str, cpu: fn(&Sample) -> Duration| {
        let cost = median(samples.iter().map(|sample| cost_per_delivery(sample, cpu(sample))));
        Measurement::new(format!("{title}: {name}"), "µs", cost)
    };
    let mut measurements = vec![
        throughput(title, &samples),
        per_delivery("CPU per delivery", |sample| sample.cpu_usage.server),
        utilisation(title, &samples),
    ];
    if server.backend() == BackendKind::Redis {
        measurements.push(per_delivery("CPU of Redis per delivery", |sample| sample.cpu_usage.redis));
    }
    measurements.extend(latencies(title, &samples));
    Ok(measurements)
}

fn median(values: impl Iterator<Item = impl Into<f64>>) -> f64 {
    percentile(values.map(Into::into), 0.5).expect("there is at least one interval, and a delivery in each")
}

fn deliveries(sample: &Sample) -> f64 {
    sample.latencies.len() as f64
}

/// In microseconds.
fn cost_per_delivery(sample: &Sample, cpu: Duration) -> f64 {
    cpu.as_secs_f64() * 1e6 / deliveries(sample)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deployment::CpuUsage;

    #[test]
    fn cpu_time_is_divided_by_deliveries() {
        let cpu = Duration::from_millis(500);
        let cpu_usage = CpuUsage { server: cpu, ..CpuUsage::default() };
        let sample = Sample { seconds: 2.0, latencies: vec![1; 100_000], cpu_usage };
        assert!((cost_per_delivery(&sample, cpu) - 5.0).abs() < 1e-9);
        assert_eq!(utilisation("a", &[sample]), Measurement::new("a: server's core busy", "%", 25.0));
    }
}
