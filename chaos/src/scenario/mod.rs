//! The scenarios. Each injects one kind of fault under load, and states what must be seen beyond the promises that the
//! checker holds everywhere.

mod clients;
mod cloud_run;
mod connections;
mod hostile;
mod instances;
mod redis_faults;
mod redis_loss;

use std::{future::Future, pin::Pin};

use crate::{report::ScenarioReport, run_config::RunConfig};

type RunScenario = fn(RunConfig) -> Pin<Box<dyn Future<Output = anyhow::Result<ScenarioReport>>>>;

#[derive(Debug)]
pub struct Scenario {
    pub name: &'static str,
    pub fault: &'static str,
    pub run: RunScenario,
}

macro_rules! scenario {
    ($name:literal, $run:path, $fault:literal) => {
        Scenario { name: $name, fault: $fault, run: |config| Box::pin($run(config)) }
    };
}

/// All scenarios, in the order of the table.
pub const SCENARIOS: &[Scenario] = &[
    scenario!(
        "kill-instance",
        instances::kill_instance,
        "an instance is killed with unflushed queues, repeatedly; some of its clients never come back"
    ),
    scenario!("rolling-restart", instances::rolling_restart, "every instance gets SIGTERM, one after the other"),
    scenario!("pubsub-kill", redis_faults::pubsub_kill, "Redis closes the pub/sub connections every two seconds"),
    scenario!("redis-stop", redis_faults::redis_stop, "Redis is suspended with its connections open"),
    scenario!(
        "redis-failover",
        redis_loss::redis_failover,
        "a replica that lags behind is promoted, so that acknowledged events are lost"
    ),
    scenario!(
        "wrong-node",
        redis_faults::wrong_node,
        "the node with the subscription is separated from the node with the writes"
    ),
    scenario!(
        "bad-pubsub",
        redis_faults::bad_pubsub,
        "publications are dropped, repeated and reordered; at last all of them are dropped"
    ),
    scenario!(
        "lost-reply",
        redis_faults::lost_reply,
        "messages are stored, and the connection is closed in place of the reply"
    ),
    scenario!(
        "redis-loss",
        redis_loss::redis_loss,
        "Redis restarts empty, is flushed, loses parts of rooms, evicts parts of rooms; then it is full and evicts nothing"
    ),
    scenario!("slow-reader", clients::slow_reader, "one client reads a kilobyte a second in a busy room"),
    scenario!("mass-reconnect", connections::mass_reconnect, "all clients are disconnected at once"),
    scenario!(
        "request-cap",
        connections::request_cap,
        "every connection is closed at its maximum age, once with rotation and once without"
    ),
    scenario!(
        "cloud-run",
        cloud_run::cloud_run,
        "a local Cloud Run starts from zero, adds instances, closes every request at its timeout, rolls out a revision, removes instances"
    ),
    scenario!("frozen-client", clients::frozen_client, "a page is suspended for longer than history is kept"),
    scenario!("hostile", hostile::hostile, "foreign origins, forged sessions, invalid frames, a flood from one sender"),
];
