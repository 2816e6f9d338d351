//! Decides how many instances there should be. Pure.

use super::{ServiceConfig, instance::Instance};

/// The targeted use of the concurrency, in percent.
const TARGET_UTILIZATION: usize = 60;

#[derive(Debug, Default, PartialEq, Eq)]
pub struct ScalingDecision {
    /// How many instances to start.
    pub start: usize,
    /// Which instances to terminate, and why.
    pub terminate: Vec<(usize, &'static str)>,
}

/// Why instances are terminated.
const IDLE: &str = "it is idle";
const SURPLUS: &str = "there are more instances than the maximum";
pub const REPLACED: &str = "its revision has no traffic any more";

/// Decides for the instances of one revision, apart from those that end, while so many requests wait.
pub fn decide(service: &ServiceConfig, instances: &[&Instance], waiting: usize) -> ScalingDecision {
    let requests = instances.iter().map(|one| one.requests).sum::<usize>() + waiting;
    let wanted = (requests * 100).div_ceil(service.concurrency * TARGET_UTILIZATION).clamp(service.min, service.max);
    let mut terminate = Vec::new();
    let mut serving: Vec<&&Instance> = instances.iter().filter(|one| one.is_serving()).collect();
    serving.sort_by_key(|one| (one.requests, std::cmp::Reverse(one.number)));
    let mut left = instances.len();
    for one in serving {
        if left > service.max {
            terminate.push((one.number, SURPLUS));
        } else if left > wanted && one.requests == 0 && one.idle_since.elapsed() >= service.idle {
            terminate.push((one.number, IDLE));
        } else {
            break;
        }
        left -= 1;
    }
    ScalingDecision { start: wanted.saturating_sub(instances.len()), terminate }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::*;
    use crate::harness::cloud_run::instance::InstanceState;

    fn service(min: usize, max: usize) -> ServiceConfig {
        let second = Duration::from_secs(1);
        ServiceConfig { min, max, concurrency: 10, timeout: second, idle: second * 30, step: second }
    }

    fn serving(number: usize, requests: usize, idle: u64) -> Instance {
        let idle_since = Instant::now() - Duration::from_secs(idle);
        Instance { state: InstanceState::Serving, requests, idle_since, ..Instance::new(number, "sala").0 }
    }

    fn decide_for(service: &ServiceConfig, instances: Vec<Instance>, waiting: usize) -> ScalingDecision {
        decide(service, &instances.iter().collect::<Vec<_>>(), waiting)
    }

    #[test]
    fn instances_are_started_for_requests() {
        let starting = || Instance::new(2, "sala").0;
        for (min, max, instances, waiting, start) in [
            (0, 5, vec![], 0, 0),
            (2, 5, vec![], 0, 2),
            (0, 5, vec![], 1, 1),
            (0, 5, vec![serving(1, 6, 0)], 0, 0),
            (0, 5, vec![serving(1, 7, 0)], 0, 1),
            (0, 5, vec![serving(1, 7, 0), starting()], 0, 0),
            (0, 5, vec![serving(1, 10, 0), starting()], 9, 2),
            (0, 3, vec![serving(1, 10, 0), starting()], 90, 1),
        ] {
            let expected = ScalingDecision { start, terminate: vec![] };
            let name = format!("{instances:?} {waiting}");
            assert_eq!(decide_for(&service(min, max), instances, waiting), expected, "{name}");
        }
    }

    #[test]
    fn idle_and_surplus_instances_are_terminated() {
        for (min, max, instances, terminate) in [
            (0, 5, vec![serving(1, 0, 29)], vec![]),
            (0, 5, vec![serving(1, 0, 30)], vec![(1, IDLE)]),
            (1, 5, vec![serving(1, 0, 90), serving(2, 0, 90)], vec![(2, IDLE)]),
            (0, 5, vec![serving(1, 1, 0), serving(2, 1, 0)], vec![]),
            (0, 5, vec![serving(1, 7, 0), serving(2, 0, 90)], vec![]),
            (0, 2, vec![serving(1, 9, 0), serving(2, 3, 0), serving(3, 4, 0)], vec![(2, SURPLUS)]),
            (0, 1, vec![serving(1, 9, 0), serving(2, 3, 0), serving(3, 4, 0)], vec![(2, SURPLUS), (3, SURPLUS)]),
        ] {
            let expected = ScalingDecision { start: 0, terminate };
            let name = format!("{instances:?}");
            assert_eq!(decide_for(&service(min, max), instances, 0), expected, "{name}");
        }
    }
}
