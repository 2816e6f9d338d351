//! The backend for any number of instances: history in Redis streams, relay by pub/sub, presence in sorted sets.
//!
//! An instance has two connections, whatever the load: one for commands ([`commands`]), one that listens
//! ([`subscriber`]); a third one where replicas are waited for ([`copies`]). In a cluster it has as many to each master.
//! Whatever has to be one step is one script, and all keys of a room are in one hash slot, which is the channel's, too:
//! a cluster publishes an event on the node that stores it, and nowhere else (sharded pub/sub).
//!
//! | key of a room | holds |
//! |---|---|
//! | `sala:{room}:meta` | hash: `epoch`, `seq` and `uid` of the last event |
//! | `sala:{room}:stream` | the last events: id `<seq>-0`, fields `uid`, `prev`, `body` |
//! | `sala:{room}:ids` | hash: author/id → `seq at`, what makes a retry safe |
//! | `sala:{room}:order` | list: the same ids, oldest first |
//! | `sala:{room}:live`, `:who`, `:count`, `:names` | who is here, see `scripts/presence.lua` |
//! | `sala:{room}:events` | the channel, see [`payload`] |
//!
//! Of a person there is `sala:{person}:reads`, how far they have read each room, see `scripts/keep.lua`. It expires when they
//! have not read for long.

mod broker;
mod commands;
mod copies;
mod history;
mod keys;
mod payload;
mod place;
mod presence;
mod reads;
mod subscriber;

use std::sync::Arc;
use std::time::Duration;

use ::redis::{ErrorKind, RedisError, RedisResult};
use anyhow::anyhow;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout_at};

use super::{Backend, UPDATE_QUEUE};
use broker::RedisBroker;
use commands::Commands;
use copies::Copies;
use history::RedisHistory;
use place::Place;
use presence::RedisPresence;
use reads::RedisReads;
use subscriber::{Line, Listening, Subscriber, back_off};

/// How long Redis may take to appear when the server starts: on Cloud Run the way to it may, too. The platform's own patience with a
/// start is a minute (`deploy/settings`), and ends without a reason.
const START: Duration = Duration::from_secs(50);

/// What the backend is told at its start.
#[derive(Clone, Default)]
pub struct Settings {
    /// `redis://`, `redis+sentinel://` or `redis+cluster://`, each also with `rediss`, as [`place`] reads them.
    pub url: String,
    /// A certificate authority to trust instead of the system's, as PEM.
    pub ca: Option<Vec<u8>>,
    /// Of each room at least so many of the last events are kept.
    pub history_limit: usize,
    /// How many replicas must have an event before it is acknowledged, and how long they may take.
    pub replicas: Option<(u32, Duration)>,
}

impl Settings {
    /// The defaults, with this URL.
    #[must_use]
    pub fn new(url: &str, history_limit: usize) -> Self {
        Self { url: url.to_owned(), history_limit, ..Self::default() }
    }
}

/// The URL holds the password.
impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings").field("history_limit", &self.history_limit).finish_non_exhaustive()
    }
}

/// Connects to Redis 5 or newer, or to a cluster of Redis 7 or newer.
///
/// # Errors
/// The URL is none, or Redis cannot be reached or refuses, for 50 s. The text names `REDIS_URL` and the address, never the
/// password.
pub async fn open(settings: Settings) -> anyhow::Result<Backend> {
    let Settings { url, ca, history_limit, replicas } = settings;
    trust_ring();
    let place = Place::new(&url, ca)?;
    let line = Line::new(place.clone());
    let (commands, listening) = appear(&place, &line).await?;
    let commands = Arc::new(commands);
    let copies = match replicas {
        Some((count, wait)) => Some(Copies::new(Commands::connect(place).await?, count, wait)),
        None => None,
    };
    let (updates, heard) = mpsc::channel(UPDATE_QUEUE);
    let subscriber = Subscriber::start(line, listening, Arc::clone(&commands), updates);
    Ok(Backend {
        broker: Arc::new(RedisBroker::new(Arc::clone(&commands), copies, subscriber, history_limit.max(1))),
        history: Arc::new(RedisHistory::new(Arc::clone(&commands))),
        presence: Arc::new(RedisPresence::new(Arc::clone(&commands))),
        reads: Arc::new(RedisReads::new(commands)),
        updates: heard,
    })
}

/// TLS needs an implementation of its ciphers.
fn trust_ring() {
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        tracing::debug!("another one was installed before");
    }
}

/// Waits for Redis, which may be starting up at the same time.
async fn appear(place: &Place, line: &Line) -> anyhow::Result<(Commands, Listening)> {
    let deadline = Instant::now() + START;
    let (mut attempt, mut last) = (0, None);
    let trying = async {
        loop {
            match both(place, line).await {
                Err(error) if !is_refusal(&error) => {
                    if attempt == 0 {
                        tracing::warn!(%error, "waiting for Redis at {}", place.describe());
                    }
                    last = Some(error);
                }
                result => break result,
            }
            sleep(back_off(attempt)).await;
            attempt += 1;
        }
    };
    let result = timeout_at(deadline, trying).await;
    let error = match result {
        Ok(Ok(both)) => return Ok(both),
        Ok(Err(refused)) => Some(refused),
        Err(_) => last,
    };
    let reason = error.map_or_else(|| "no answer".to_owned(), |error| error.to_string());
    let address = place.describe();
    Err(anyhow!("Redis at {address} (REDIS_URL, or REDISHOST and REDISPORT) cannot be used: {reason}"))
}

/// Waiting does not help against it.
fn is_refusal(error: &RedisError) -> bool {
    // The library keeps nothing of an error of TLS but its text.
    let is_of_certificate = || error.to_string().contains("invalid peer certificate");
    error.kind() == ErrorKind::AuthenticationFailed || error.code() == Some("NOAUTH") || is_of_certificate()
}

async fn both(place: &Place, line: &Line) -> RedisResult<(Commands, Listening)> {
    tokio::try_join!(Commands::connect(place.clone()), line.connect())
}
