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

use crate::{report::ScenarioReport, run::RunConfig};

type RunScenario = fn(RunConfig) -> Pin<Box<dyn Future<Output = anyhow::Result<ScenarioReport>>>>;

/// One scenario.
#[derive(Debug)]
pub struct Scenario {
    pub name: &'static str,
    /// What it breaks.
    pub fault: &'static str,
    pub run: RunScenario,
}

/// All of them, in the order of the table.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "kill-instance",
        fault: "an instance is killed with its queues unflushed, again and again; some of its people never come back",
        run: |config| Box::pin(kill_instance::run(config)),
    },
    Scenario {
        name: "rolling-restart",
        fault: "every instance is asked to end, one after the other",
        run: |config| Box::pin(rolling_restart::run(config)),
    },
    Scenario {
        name: "pubsub-kill",
        fault: "Redis cuts the connections that listen, every two seconds",
        run: |config| Box::pin(pubsub_kill::run(config)),
    },
    Scenario {
        name: "redis-stop",
        fault: "Redis stands still, with all its connections open",
        run: |config| Box::pin(redis_stop::run(config)),
    },
    Scenario {
        name: "redis-failover",
        fault: "a replica that lags behind takes the place of Redis, so that an acknowledged end is lost",
        run: |config| Box::pin(redis_failover::run(config)),
    },
    Scenario {
        name: "wrong-node",
        fault: "the node that instances listen to is cut off from the one that they write to",
        run: |config| Box::pin(wrong_node::run(config)),
    },
    Scenario {
        name: "bad-pubsub",
        fault: "published events are dropped, repeated and reordered; at last all of them are dropped",
        run: |config| Box::pin(bad_pubsub::run(config)),
    },
    Scenario {
        name: "lost-reply",
        fault: "messages are appended, and the connection is cut in the place of the reply",
        run: |config| Box::pin(lost_reply::run(config)),
    },
    Scenario {
        name: "redis-loss",
        fault: "Redis comes back empty, is flushed, loses counts and streams of rooms, evicts for want of memory; is full and keeps",
        run: |config| Box::pin(redis_loss::run(config)),
    },
    Scenario {
        name: "slow-reader",
        fault: "one person reads a kilobyte a second in a busy room",
        run: |config| Box::pin(slow_reader::run(config)),
    },
    Scenario {
        name: "mass-reconnect",
        fault: "everybody is cut off at once",
        run: |config| Box::pin(mass_reconnect::run(config)),
    },
    Scenario {
        name: "request-cap",
        fault: "every connection is cut at its cap, once with changes of socket and once without",
        run: |config| Box::pin(request_cap::run(config)),
    },
    Scenario {
        name: "cloud-run",
        fault: "a platform starts from nothing, adds instances, cuts every request at its cap, rolls out a revision, takes instances away",
        run: |config| Box::pin(cloud_run::run(config)),
    },
    Scenario {
        name: "frozen-client",
        fault: "a page stands still for longer than history is kept",
        run: |config| Box::pin(frozen_client::run(config)),
    },
    Scenario {
        name: "hostile",
        fault: "foreign origins, forged sessions, frames that are none, a flood from one sender",
        run: |config| Box::pin(hostile::run(config)),
    },
];
