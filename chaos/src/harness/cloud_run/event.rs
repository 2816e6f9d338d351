use std::{fmt, process::ExitStatus, time::Duration};

use super::{request_queue::MAX_WAIT, scaling::TerminationReason};

/// What happens on the platform. Instances are named `<revision>/<number>`.
#[derive(Debug)]
pub enum PlatformEvent {
    Starting {
        name: String,
        waiting: usize,
    },
    /// The instance gets requests. `serving` counts all instances that do.
    Serving {
        name: String,
        took: Duration,
        serving: usize,
    },
    Terminating {
        name: String,
        reason: TerminationReason,
        requests: usize,
    },
    /// `requests` is the number at termination: they have ended or moved to another instance.
    Terminated {
        name: String,
        took: Duration,
        requests: usize,
    },
    Killed {
        name: String,
        reason: String,
    },
    Died {
        name: String,
        status: ExitStatus,
    },
    NotStarted {
        name: String,
        reason: String,
    },
    /// A new revision gets so many percent of the traffic.
    Split {
        revision: String,
        percent: u32,
    },
    RolledOut {
        revision: String,
    },
    RolledBack {
        revision: String,
    },
    /// No instance has capacity, and no more may be started.
    Full {
        waiting: usize,
    },
    TimedOut {
        requests: usize,
        timeout: Duration,
    },
}

impl fmt::Display for PlatformEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Starting { name, waiting } => write!(f, "{name} starts (waiting requests: {waiting})"),
            Self::Serving { name, took, serving } => {
                write!(f, "{name} serves after {:.2} s (serving instances: {serving})", took.as_secs_f64())
            }
            Self::Terminating { name, reason, requests } => {
                let reason = match reason {
                    TerminationReason::Idle => "it is idle",
                    TerminationReason::Surplus => "there are more instances than the maximum",
                    TerminationReason::Replaced => "its revision has no traffic any more",
                };
                write!(f, "{name} is asked to end: {reason} (requests: {requests})")
            }
            Self::Terminated { name, took, requests } => {
                write!(f, "{name} ended after {:.2} s (requests that moved: {requests})", took.as_secs_f64())
            }
            Self::Killed { name, reason } => write!(f, "{name} had to be killed: {reason}"),
            Self::Died { name, status } => write!(f, "{name} died without having been asked to ({status})"),
            Self::NotStarted { name, reason } => write!(f, "{name} does not start: {reason}"),
            Self::Split { revision, percent } => write!(f, "{revision} gets {percent} % of the traffic"),
            Self::RolledOut { revision } => write!(f, "{revision} is rolled out"),
            Self::RolledBack { revision } => {
                write!(f, "{revision} is rolled back, the previous revision keeps the traffic")
            }
            Self::Full { waiting } => {
                write!(f, "no instance has capacity (waiting requests: {waiting}, for {MAX_WAIT:?} at most)")
            }
            Self::TimedOut { requests, timeout } => {
                write!(f, "requests closed at the timeout of {} s: {requests}", timeout.as_secs())
            }
        }
    }
}
