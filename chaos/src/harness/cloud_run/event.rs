use std::{fmt, process::ExitStatus, time::Duration};

use super::{request_queue::TIMEOUT, scaling::TerminationReason};

/// Something that happened. Instances are named by their revision and number.
#[derive(Debug)]
pub enum PlatformEvent {
    Starting {
        name: String,
        waiting: usize,
    },
    /// It gets requests, so long after its start; so many serve now.
    Serving {
        name: String,
        took: Duration,
        serving: usize,
    },
    /// It was asked to end, with so many requests.
    Asked {
        name: String,
        why: TerminationReason,
        requests: usize,
    },
    /// So many requests of it are gone, or elsewhere.
    Ended {
        name: String,
        took: Duration,
        requests: usize,
    },
    Killed {
        name: String,
        why: String,
    },
    Died {
        name: String,
        status: ExitStatus,
    },
    NotStarted {
        name: String,
        why: String,
    },
    /// So much of the traffic goes to a new revision, in percent.
    Split {
        revision: String,
        share: u32,
    },
    RolledOut {
        revision: String,
    },
    GivenUp {
        revision: String,
    },
    /// No instance has room, and no more may be started.
    Full {
        waiting: usize,
    },
    /// The time of so many requests was up.
    Cut {
        requests: usize,
        timeout: Duration,
    },
}

impl fmt::Display for PlatformEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Starting { name, waiting: 0 } => write!(f, "{name} starts"),
            Self::Starting { name, waiting } => {
                write!(f, "{name} starts: {} for it", RequestPhrase(*waiting, "waits", "wait"))
            }
            Self::Serving { name, took, serving: 1 } => {
                write!(f, "{name} serves, alone, {:.2} s after it was wanted (a cold start)", took.as_secs_f64())
            }
            Self::Serving { name, took, serving } => {
                write!(f, "{name} serves after {:.2} s: there are {serving} now", took.as_secs_f64())
            }
            Self::Asked { name, why, requests } => {
                let why = match why {
                    TerminationReason::Idle => "it has had no request for a while",
                    TerminationReason::Surplus => "there are more than may be",
                    TerminationReason::Replaced => "its revision has no traffic any more",
                };
                write!(f, "{name} is asked to end with {}: {why}", RequestPhrase(*requests, "", ""))
            }
            Self::Ended { name, took, requests: 0 } => write!(f, "{name} ended after {:.2} s", took.as_secs_f64()),
            Self::Ended { name, took, requests } => {
                let moved = RequestPhrase(*requests, "", "");
                write!(f, "{name} ended after {:.2} s: {moved} went elsewhere", took.as_secs_f64())
            }
            Self::Killed { name, why } => write!(f, "{name} had to be killed: {why}"),
            Self::Died { name, status } => write!(f, "{name} died without having been asked to ({status})"),
            Self::NotStarted { name, why } => write!(f, "{name} does not start: {why}"),
            Self::Split { revision, share } => write!(f, "{revision} gets {share} % of the traffic"),
            Self::RolledOut { revision } => write!(f, "{revision} is rolled out"),
            Self::GivenUp { revision } => write!(f, "{revision} is given up, the revision before it goes on"),
            Self::Full { waiting } => {
                let waiting = RequestPhrase(*waiting, "waits", "wait");
                write!(f, "no instance has room, and there may be no more: {waiting}, for {TIMEOUT:?} at most")
            }
            Self::Cut { requests, timeout } => {
                write!(
                    f,
                    "{} cut after {} s, as the timeout says",
                    RequestPhrase(*requests, "was", "were"),
                    timeout.as_secs()
                )
            }
        }
    }
}

/// So many, and what one of them does, or several do.
struct RequestPhrase(usize, &'static str, &'static str);

impl fmt::Display for RequestPhrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(count, does, they_do) = self;
        let (noun, verb) = if *count == 1 { ("request", does) } else { ("requests", they_do) };
        write!(f, "{count} {noun}")?;
        if verb.is_empty() { Ok(()) } else { write!(f, " {verb}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_sentences() {
        let name = || "sala-00001-kfd/2".to_owned();
        for (event, sentence) in [
            (PlatformEvent::Starting { name: name(), waiting: 1 }, "sala-00001-kfd/2 starts: 1 request waits for it"),
            (
                PlatformEvent::Asked { name: name(), why: TerminationReason::Surplus, requests: 14 },
                "sala-00001-kfd/2 is asked to end with 14 requests: there are more than may be",
            ),
            (
                PlatformEvent::Ended { name: name(), took: Duration::from_millis(1_234), requests: 14 },
                "sala-00001-kfd/2 ended after 1.23 s: 14 requests went elsewhere",
            ),
            (
                PlatformEvent::Cut { requests: 2, timeout: Duration::from_secs(30) },
                "2 requests were cut after 30 s, as the timeout says",
            ),
        ] {
            assert_eq!(event.to_string(), sentence);
        }
    }
}
