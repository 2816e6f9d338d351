//! What can go wrong, one file each. A scenario breaks something under load and says what must be seen beyond the promises
//! that the checker holds everywhere.

mod bad_pubsub;
mod cloud_run;
mod frozen_client;
mod hostile;
mod kill_instance;
mod lost_reply;
mod mass_reconnect;
mod pubsub_kill;
mod redis_failover;
mod redis_loss;
mod redis_stop;
mod request_cap;
mod rolling_restart;
mod slow_reader;
mod wrong_node;

use std::{future::Future, pin::Pin};

use crate::{report::Report, run::Run};

type Play = fn(Run) -> Pin<Box<dyn Future<Output = anyhow::Result<Report>>>>;

/// One scenario.
#[derive(Debug)]
pub struct Scenario {
    pub name: &'static str,
    /// What it breaks.
    pub fault: &'static str,
    pub play: Play,
}

/// All of them, in the order of the table.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "kill-instance",
        fault: "an instance is killed with its queues unflushed, again and again; some of its people never come back",
        play: |run| Box::pin(kill_instance::play(run)),
    },
    Scenario {
        name: "rolling-restart",
        fault: "every instance is asked to end, one after the other",
        play: |run| Box::pin(rolling_restart::play(run)),
    },
    Scenario {
        name: "pubsub-kill",
        fault: "Redis cuts the connections that listen, every two seconds",
        play: |run| Box::pin(pubsub_kill::play(run)),
    },
    Scenario {
        name: "redis-stop",
        fault: "Redis stands still, with all its connections open",
        play: |run| Box::pin(redis_stop::play(run)),
    },
    Scenario {
        name: "redis-failover",
        fault: "a replica that lags behind takes the place of Redis, so that an acknowledged end is lost",
        play: |run| Box::pin(redis_failover::play(run)),
    },
    Scenario {
        name: "wrong-node",
        fault: "the node that instances listen to is cut off from the one that they write to",
        play: |run| Box::pin(wrong_node::play(run)),
    },
    Scenario {
        name: "bad-pubsub",
        fault: "published events are dropped, repeated and reordered; at last all of them are dropped",
        play: |run| Box::pin(bad_pubsub::play(run)),
    },
    Scenario {
        name: "lost-reply",
        fault: "messages are appended, and the connection is cut in the place of the reply",
        play: |run| Box::pin(lost_reply::play(run)),
    },
    Scenario {
        name: "redis-loss",
        fault: "Redis comes back empty, is flushed, loses counts and streams of rooms, evicts for want of memory; is full and keeps",
        play: |run| Box::pin(redis_loss::play(run)),
    },
    Scenario {
        name: "slow-reader",
        fault: "one person reads a kilobyte a second in a busy room",
        play: |run| Box::pin(slow_reader::play(run)),
    },
    Scenario {
        name: "mass-reconnect",
        fault: "everybody is cut off at once",
        play: |run| Box::pin(mass_reconnect::play(run)),
    },
    Scenario {
        name: "request-cap",
        fault: "every connection is cut at its cap, once with changes of socket and once without",
        play: |run| Box::pin(request_cap::play(run)),
    },
    Scenario {
        name: "cloud-run",
        fault: "a platform starts from nothing, adds instances, cuts every request at its cap, rolls out a revision, takes instances away",
        play: |run| Box::pin(cloud_run::play(run)),
    },
    Scenario {
        name: "frozen-client",
        fault: "a page stands still for longer than history is kept",
        play: |run| Box::pin(frozen_client::play(run)),
    },
    Scenario {
        name: "hostile",
        fault: "foreign origins, forged sessions, frames that are none, a flood from one sender",
        play: |run| Box::pin(hostile::play(run)),
    },
];
