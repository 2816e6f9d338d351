//! Messages on their way from one to many.

use std::time::Duration;

use crate::{
    load::{self, Pace, Plan, Sample, Shape},
    options::Effort,
    report::Figure,
    server::Server,
    statistics::{median, percentile},
};

/// Everybody in a room of 100 says something once a second: 10,000 deliveries a second.
pub async fn paced(server: &Server, effort: Effort) -> anyhow::Result<Vec<Figure>> {
    let shape = Shape { rooms: 1, members: 100, senders: 100, pace: Pace::Every(Duration::from_secs(1)) };
    measure("10,000/s in a room of 100", server, shape, effort, effort.paced).await
}

/// As much as a room of 100 can take.
pub async fn one_room(server: &Server, effort: Effort) -> anyhow::Result<Vec<Figure>> {
    let shape = Shape { rooms: 1, members: 100, senders: 8, pace: Pace::Acknowledged };
    measure("One room of 100, saturated", server, shape, effort, effort.saturated).await
}

/// As much as 100 rooms of 10 can take.
pub async fn many_rooms(server: &Server, effort: Effort) -> anyhow::Result<Vec<Figure>> {
    let shape = Shape { rooms: 100, members: 10, senders: 1, pace: Pace::Acknowledged };
    measure("100 rooms of 10, saturated", server, shape, effort, effort.saturated).await
}

async fn measure(
    title: &str,
    server: &Server,
    shape: Shape,
    effort: Effort,
    length: Duration,
) -> anyhow::Result<Vec<Figure>> {
    let plan = Plan { warm_up: effort.warm_up, intervals: effort.intervals, length };
    let mut samples = load::run(server, shape, plan).await?;
    let figure = |name: &str, unit, value| Figure::new(format!("{title}: {name}"), unit, value);
    let mut figures = vec![
        figure("deliveries", "/s", median(samples.iter().map(|sample| deliveries(sample) / sample.seconds))),
        figure(
            "CPU per delivery",
            "µs",
            median(samples.iter().map(|sample| per_delivery(sample, sample.spent.server))),
        ),
        figure("server's core busy", "%", median(samples.iter().map(busy))),
    ];
    if server.redis.is_some() {
        let redis = median(samples.iter().map(|sample| per_delivery(sample, sample.spent.redis)));
        figures.push(figure("CPU of Redis per delivery", "µs", redis));
    }
    for (name, share) in [("latency, median", 0.5), ("latency, p99", 0.99)] {
        let latency = median(samples.iter_mut().map(|sample| percentile(&mut sample.latencies, share)));
        figures.push(figure(name, "ms", f64::from(latency) / 1e3));
    }
    Ok(figures)
}

fn deliveries(sample: &Sample) -> f64 {
    sample.latencies.len() as f64
}

/// In microseconds.
fn per_delivery(sample: &Sample, cpu: Duration) -> f64 {
    cpu.as_secs_f64() * 1e6 / deliveries(sample)
}

fn busy(sample: &Sample) -> f64 {
    sample.spent.server.as_secs_f64() / sample.seconds * 100.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spent::Spent;

    #[test]
    fn cpu_time_is_shared_out_among_deliveries() {
        let cpu = Duration::from_millis(500);
        let spent = Spent { server: cpu, ..Spent::default() };
        let sample = Sample { seconds: 2.0, latencies: vec![1; 100_000], spent };
        assert!((per_delivery(&sample, cpu) - 5.0).abs() < 1e-9);
        assert!((busy(&sample) - 25.0).abs() < 1e-9);
    }
}
