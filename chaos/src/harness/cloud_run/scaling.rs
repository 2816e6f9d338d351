//! Decides how many instances there should be. It only looks at numbers.

use std::time::Duration;

use super::ServiceConfig;

/// How much of their concurrency instances are meant to use, in percent.
const TARGET: usize = 60;

/// What is seen of an instance that has traffic, or will have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstanceLoad {
    pub number: usize,
    /// Or else it is starting.
    pub serving: bool,
    pub requests: usize,
    /// How long it has had none.
    pub idle: Duration,
}

/// What is to be done.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ScalingDecision {
    /// How many instances are to be started.
    pub start: usize,
    /// Which are to end, and why.
    pub end: Vec<(usize, TerminationReason)>,
}

/// Why an instance is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TerminationReason {
    Idle,
    /// There are more than are allowed.
    Surplus,
    /// Its revision has no traffic any more.
    Replaced,
}

/// Of the instances of one revision, while so many requests wait.
pub fn decide(service: &ServiceConfig, load: &[InstanceLoad], waiting: usize) -> ScalingDecision {
    let requests = load.iter().map(|one| one.requests).sum::<usize>() + waiting;
    let wanted = (requests * 100).div_ceil(service.concurrency * TARGET).clamp(service.min, service.max);
    let mut end: Vec<(usize, TerminationReason)> = Vec::new();
    let mut serving: Vec<&InstanceLoad> = load.iter().filter(|one| one.serving).collect();
    serving.sort_by_key(|one| (one.requests, std::cmp::Reverse(one.number)));
    let mut left = load.len();
    for one in serving {
        if left > service.max {
            end.push((one.number, TerminationReason::Surplus));
        } else if left > wanted && one.requests == 0 && one.idle >= service.idle {
            end.push((one.number, TerminationReason::Idle));
        } else {
            break;
        }
        left -= 1;
    }
    ScalingDecision { start: wanted.saturating_sub(load.len()), end }
}

/// What an instance of each revision weighs, where that has a part of the traffic (in percent) for so many instances.
pub fn weights(revisions: &[(u32, usize)]) -> Vec<u16> {
    let share = |(percent, instances): (u32, usize)| f64::from(percent) / instances.max(1) as f64;
    let most = revisions.iter().map(|revision| share(*revision)).fold(f64::MIN_POSITIVE, f64::max);
    // HAProxy takes up to 256, and 0 would leave an instance out.
    revisions.iter().map(|revision| (share(*revision) / most * 256.0).round().max(1.0) as u16).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(min: usize, max: usize) -> ServiceConfig {
        let second = Duration::from_secs(1);
        ServiceConfig { min, max, concurrency: 10, timeout: second, idle: second * 30, step: second }
    }

    fn serving(number: usize, requests: usize, idle: u64) -> InstanceLoad {
        InstanceLoad { number, serving: true, requests, idle: Duration::from_secs(idle) }
    }

    #[test]
    fn instances_come_with_requests() {
        let starting = InstanceLoad { serving: false, ..serving(2, 0, 0) };
        for (min, max, load, waiting, start) in [
            (0, 5, vec![], 0, 0),
            (2, 5, vec![], 0, 2),
            (0, 5, vec![], 1, 1),
            (0, 5, vec![serving(1, 6, 0)], 0, 0),
            (0, 5, vec![serving(1, 7, 0)], 0, 1),
            (0, 5, vec![serving(1, 7, 0), starting], 0, 0),
            (0, 5, vec![serving(1, 10, 0), starting], 9, 2),
            (0, 3, vec![serving(1, 10, 0), starting], 90, 1),
        ] {
            let decision = decide(&service(min, max), &load, waiting);
            assert_eq!(decision, ScalingDecision { start, end: vec![] }, "{load:?} {waiting}");
        }
    }

    #[test]
    fn instances_go_when_they_are_idle_or_too_many() {
        use TerminationReason::{Idle, Surplus};
        for (min, max, load, end) in [
            (0, 5, vec![serving(1, 0, 29)], vec![]),
            (0, 5, vec![serving(1, 0, 30)], vec![(1, Idle)]),
            (1, 5, vec![serving(1, 0, 90), serving(2, 0, 90)], vec![(2, Idle)]),
            (0, 5, vec![serving(1, 1, 0), serving(2, 1, 0)], vec![]),
            (0, 5, vec![serving(1, 7, 0), serving(2, 0, 90)], vec![]),
            (0, 2, vec![serving(1, 9, 0), serving(2, 3, 0), serving(3, 4, 0)], vec![(2, Surplus)]),
            (0, 1, vec![serving(1, 9, 0), serving(2, 3, 0), serving(3, 4, 0)], vec![(2, Surplus), (3, Surplus)]),
        ] {
            assert_eq!(decide(&service(min, max), &load, 0), ScalingDecision { start: 0, end }, "{load:?}");
        }
    }

    #[test]
    fn a_revision_gets_its_part_however_many_share_it() {
        for (revisions, expected) in [
            (vec![(100, 3)], vec![256]),
            (vec![(90, 3), (10, 1)], vec![256, 85]),
            (vec![(50, 1), (50, 2)], vec![256, 128]),
            (vec![(99, 1), (1, 40)], vec![256, 1]),
            (vec![(10, 0), (90, 1)], vec![28, 256]),
        ] {
            assert_eq!(weights(&revisions), expected, "{revisions:?}");
        }
    }
}
