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

/// All scenarios, in the order of the table.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "kill-instance",
        fault: "an instance is killed with unflushed queues, repeatedly; some of its clients never come back",
        run: |config| Box::pin(instances::kill_instance(config)),
    },
    Scenario {
        name: "rolling-restart",
        fault: "every instance gets SIGTERM, one after the other",
        run: |config| Box::pin(instances::rolling_restart(config)),
    },
    Scenario {
        name: "pubsub-kill",
        fault: "Redis closes the pub/sub connections every two seconds",
        run: |config| Box::pin(redis_faults::pubsub_kill(config)),
    },
    Scenario {
        name: "redis-stop",
        fault: "Redis is suspended with its connections open",
        run: |config| Box::pin(redis_faults::redis_stop(config)),
    },
    Scenario {
        name: "redis-failover",
        fault: "a replica that lags behind is promoted, so that acknowledged events are lost",
        run: |config| Box::pin(redis_loss::redis_failover(config)),
    },
    Scenario {
        name: "wrong-node",
        fault: "the node with the subscription is separated from the node with the writes",
        run: |config| Box::pin(redis_faults::wrong_node(config)),
    },
    Scenario {
        name: "bad-pubsub",
        fault: "publications are dropped, repeated and reordered; at last all of them are dropped",
        run: |config| Box::pin(redis_faults::bad_pubsub(config)),
    },
    Scenario {
        name: "lost-reply",
        fault: "messages are stored, and the connection is closed in place of the reply",
        run: |config| Box::pin(redis_faults::lost_reply(config)),
    },
    Scenario {
        name: "redis-loss",
        fault: "Redis restarts empty, is flushed, loses parts of rooms, evicts parts of rooms; then it is full and evicts nothing",
        run: |config| Box::pin(redis_loss::redis_loss(config)),
    },
    Scenario {
        name: "slow-reader",
        fault: "one client reads a kilobyte a second in a busy room",
        run: |config| Box::pin(clients::slow_reader(config)),
    },
    Scenario {
        name: "mass-reconnect",
        fault: "all clients are disconnected at once",
        run: |config| Box::pin(connections::mass_reconnect(config)),
    },
    Scenario {
        name: "request-cap",
        fault: "every connection is closed at its maximum age, once with rotation and once without",
        run: |config| Box::pin(connections::request_cap(config)),
    },
    Scenario {
        name: "cloud-run",
        fault: "a local Cloud Run starts from zero, adds instances, closes every request at its timeout, rolls out a revision, removes instances",
        run: |config| Box::pin(cloud_run::cloud_run(config)),
    },
    Scenario {
        name: "frozen-client",
        fault: "a page is suspended for longer than history is kept",
        run: |config| Box::pin(clients::frozen_client(config)),
    },
    Scenario {
        name: "hostile",
        fault: "foreign origins, forged sessions, invalid frames, a flood from one sender",
        run: |config| Box::pin(hostile::hostile(config)),
    },
];
