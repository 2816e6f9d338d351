//! Behaviour beyond the contract: several instances, and faults of Redis.

mod cluster;
mod instances;
mod losses;
pub mod memorystore;
mod opening;
mod outages;
mod replicas;
mod sentinel;
mod tls;

use std::time::Duration;

use server::backend::{BackendUpdate, Broker, redis};
use server::config::RedisConfig;
use testkit::RedisServer;
use tokio::time::{sleep, timeout};

use crate::site::{BackendInstance, PATIENCE};

async fn two_instances() -> (RedisServer, BackendInstance, BackendInstance) {
    let server = RedisServer::start().await.unwrap();
    let first = BackendInstance(redis::open(RedisConfig::new(&server.url(), 1_000)).await.unwrap());
    let second = BackendInstance(redis::open(RedisConfig::new(&server.url(), 1_000)).await.unwrap());
    (server, first, second)
}

async fn one_instance() -> (RedisServer, BackendInstance) {
    let server = RedisServer::start().await.unwrap();
    let instance = BackendInstance(redis::open(RedisConfig::new(&server.url(), 1_000)).await.unwrap());
    (server, instance)
}

/// Runs a command that Sala does not expect, as an operator or a fault would.
pub async fn run<T: ::redis::FromRedisValue>(server: &RedisServer, command: &[&str]) -> T {
    server.query(command).await.unwrap()
}

/// How many connections are subscribed to a room.
async fn listeners(server: &RedisServer, room: &str) -> u64 {
    let (_, count): (String, _) = run(server, &["PUBSUB", "NUMSUB", &format!("sala:{{{room}}}:events")]).await;
    count
}

/// Polls, because nothing announces the change.
async fn wait_until_subscribed(broker: &dyn Broker, expected: bool) {
    let waiting = async {
        while broker.is_subscribed() != expected {
            sleep(Duration::from_millis(2)).await;
        }
    };
    timeout(PATIENCE, waiting).await.unwrap_or_else(|_| panic!("is_subscribed becomes {expected}"));
}

impl BackendInstance {
    async fn appended_or_gap(&mut self) -> Option<u64> {
        match self.update().await {
            BackendUpdate::Appended { event, .. } => Some(event.seq),
            _ => None,
        }
    }
}
