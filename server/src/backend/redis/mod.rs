//! The backend for any number of instances: history in Redis streams, relay by pub/sub, presence in sorted sets.
//!
//! An instance has two connections, whatever the load: one for commands ([`commands`]) and one that subscribes
//! ([`subscriber`]); a third one where appends wait for replicas. In a cluster it has as many to each master. Every
//! atomic step is one script. All keys of a room and its channel are in one hash slot: a cluster publishes an event on
//! the node that stores it, and nowhere else (sharded pub/sub).
//!
//! | key of a room | holds |
//! |---|---|
//! | `sala:{room}:meta` | hash: `epoch`, `seq` and `uid` of the last event |
//! | `sala:{room}:stream` | the last events: id `<seq>-0`, fields `uid`, `prev`, `body` |
//! | `sala:{room}:ids` | hash: author/id → `seq at`, which makes a retry safe |
//! | `sala:{room}:order` | list: the same ids, oldest first |
//! | `sala:{room}:live`, `:who`, `:count`, `:names` | presence, see `scripts/presence.lua` |
//! | `sala:{room}:events` | the channel, see [`payload`] |
//!
//! `sala:{user}:reads` holds a user's read markers and expires after the last write, see
//! `scripts/store_read_markers.lua`. `sala:probe:<instance>` is a channel to which an instance subscribes to test its
//! subscriber connection.

mod broker;
mod commands;
mod endpoint;
mod history;
mod keys;
mod payload;
mod presence;
mod read_markers;
mod subscriber;

use std::sync::Arc;
use std::time::Duration;

use ::redis::{ErrorKind, RedisError, RedisResult};
use anyhow::anyhow;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout_at};

use super::{Backend, UPDATE_QUEUE};
use crate::config::RedisConfig;
use broker::{RedisBroker, ReplicatedCommands};
use commands::Commands;
use endpoint::Endpoint;
use history::RedisHistory;
use presence::RedisPresence;
use read_markers::RedisReadMarkers;
use subscriber::{Connector, Subscriber, SubscriberConnection, back_off};

/// How long Redis may take to become reachable at start; on Cloud Run the route to it may appear late, too. The
/// platform gives a start one minute (`deploy/settings`) and reports no reason.
const STARTUP_TIMEOUT: Duration = Duration::from_secs(50);

/// Connects to Redis 5 or newer, or to a cluster of Redis 7 or newer.
///
/// # Errors
/// The URL is invalid, Redis refuses the connection, or it cannot be reached for 50 s. The text names `REDIS_URL` and
/// the address, never the password.
pub async fn open(config: RedisConfig) -> anyhow::Result<Backend> {
    let RedisConfig { url, ca, history_limit, replicas } = config;
    install_crypto_provider();
    let endpoint = Endpoint::new(&url, ca)?;
    let connector = Connector::new(endpoint.clone());
    let (commands, connection) = connect_with_retry(&endpoint, &connector).await?;
    let commands = Arc::new(commands);
    let replicated = match replicas {
        Some((count, wait)) => Some(ReplicatedCommands::new(Commands::connect(endpoint).await?, count, wait)),
        None => None,
    };
    let (updates, receiver) = mpsc::channel(UPDATE_QUEUE);
    let subscriber = Subscriber::start(connector, connection, Arc::clone(&commands), updates);
    Ok(Backend {
        broker: Arc::new(RedisBroker::new(Arc::clone(&commands), replicated, subscriber, history_limit.max(1))),
        history: Arc::new(RedisHistory::new(Arc::clone(&commands))),
        presence: Arc::new(RedisPresence::new(Arc::clone(&commands))),
        read_markers: Arc::new(RedisReadMarkers::new(commands)),
        updates: receiver,
    })
}

/// rustls needs a process-wide implementation of its ciphers.
fn install_crypto_provider() {
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        tracing::debug!("a cipher implementation was already installed");
    }
}

/// Waits for Redis, which may be starting at the same time.
async fn connect_with_retry(
    endpoint: &Endpoint,
    connector: &Connector,
) -> anyhow::Result<(Commands, SubscriberConnection)> {
    let deadline = Instant::now() + STARTUP_TIMEOUT;
    let (mut attempt, mut last) = (0, None);
    let attempts_loop = async {
        loop {
            match connect_both(endpoint, connector).await {
                Err(error) if !is_permanent(&error) => {
                    if attempt == 0 {
                        tracing::warn!(%error, "waiting for Redis at {}", endpoint.describe());
                    }
                    last = Some(error);
                }
                result => break result,
            }
            sleep(back_off(attempt)).await;
            attempt += 1;
        }
    };
    let result = timeout_at(deadline, attempts_loop).await;
    let error = match result {
        Ok(Ok(both)) => return Ok(both),
        Ok(Err(refused)) => Some(refused),
        Err(_) => last,
    };
    let reason = error.map_or_else(|| "no answer".to_owned(), |error| error.to_string());
    let address = endpoint.describe();
    Err(anyhow!("Redis at {address} (REDIS_URL, or REDISHOST and REDISPORT) cannot be used: {reason}"))
}

/// Whether waiting cannot help.
fn is_permanent(error: &RedisError) -> bool {
    // redis-rs keeps only the text of a TLS error.
    let is_of_certificate = || error.to_string().contains("invalid peer certificate");
    error.kind() == ErrorKind::AuthenticationFailed || error.code() == Some("NOAUTH") || is_of_certificate()
}

async fn connect_both(endpoint: &Endpoint, connector: &Connector) -> RedisResult<(Commands, SubscriberConnection)> {
    tokio::try_join!(Commands::connect(endpoint.clone()), connector.connect())
}
