//! The backend for any number of instances: history in Redis streams, relay by pub/sub, presence in sorted sets.
//!
//! An instance has two connections, whatever the load: one for commands ([`commands`]), one that listens
//! ([`subscriber`]). Whatever has to be one step is one script, and all keys of a room are in one hash slot.
//!
//! | key of a room | holds |
//! |---|---|
//! | `sala:{room}:meta` | hash: `epoch`, `seq` and `uid` of the last event |
//! | `sala:{room}:stream` | the last events: id `<seq>-0`, fields `uid`, `prev`, `body` |
//! | `sala:{room}:ids` | hash: author/id → `seq at`, what makes a retry safe |
//! | `sala:{room}:order` | list: the same ids, oldest first |
//! | `sala:{room}:live`, `:who`, `:count`, `:names` | who is here, see `scripts/presence.lua` |
//! | `sala:{room}:events` | the channel, see [`payload`] |

mod broker;
mod commands;
mod history;
mod keys;
mod payload;
mod presence;
mod subscriber;

use std::sync::Arc;
use std::time::Duration;

use ::redis::aio::PubSub;
use ::redis::io::tcp::TcpSettings;
use ::redis::{Client, ErrorKind, IntoConnectionInfo, RedisError, RedisResult};
use anyhow::{Context, anyhow};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout_at};

use super::{Backend, SIGNALS};
use broker::RedisBroker;
use commands::Commands;
use history::RedisHistory;
use presence::RedisPresence;
use subscriber::{Line, Subscriber, back_off};

/// How long Redis may take to appear when the server starts.
const START: Duration = Duration::from_secs(10);

/// Connects to Redis 5 or newer. Of each room at least the last `history_limit` events are kept.
///
/// # Errors
/// The URL is none, or Redis cannot be reached or refuses for 10 s. The text names `REDIS_URL` and the address, never the
/// password.
pub async fn open(url: &str, history_limit: usize) -> anyhow::Result<Backend> {
    let client = client(url)?;
    let line = Line::new(client.clone());
    let (commands, pubsub) = appear(client, &line).await?;
    let commands = Arc::new(commands);
    let (signals, heard) = mpsc::channel(SIGNALS);
    let subscriber = Subscriber::start(line, pubsub, Arc::clone(&commands), signals);
    Ok(Backend {
        broker: Arc::new(RedisBroker::new(Arc::clone(&commands), subscriber, history_limit.max(1))),
        history: Arc::new(RedisHistory::new(Arc::clone(&commands))),
        presence: Arc::new(RedisPresence::new(commands)),
        signals: heard,
    })
}

fn client(url: &str) -> anyhow::Result<Client> {
    let wrong = "REDIS_URL (or REDISHOST and REDISPORT) is no address of a Redis server, like redis://127.0.0.1:6379";
    let info = url.into_connection_info().context(wrong)?;
    let tcp = TcpSettings::default().set_nodelay(true);
    // Without it commands that are never acknowledged would keep a dead connection for a quarter of an hour.
    #[cfg(target_os = "linux")]
    let tcp = tcp.set_user_timeout(Duration::from_secs(5));
    // Managed services may block CLIENT.
    let settings = info.redis_settings().clone().set_skip_set_lib_name();
    Client::open(info.set_tcp_settings(tcp).set_redis_settings(settings)).context(wrong)
}

/// Waits for Redis, which may be starting up at the same time.
async fn appear(client: Client, line: &Line) -> anyhow::Result<(Commands, PubSub)> {
    let deadline = Instant::now() + START;
    let (mut attempt, mut last) = (0, None);
    let trying = async {
        loop {
            match both(client.clone(), line).await {
                Err(error) if !is_refusal(&error) => last = Some(error),
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
    let address = client.get_connection_info().addr();
    Err(anyhow!("Redis at {address} (REDIS_URL, or REDISHOST and REDISPORT) cannot be used: {reason}"))
}

/// Waiting does not help against it.
fn is_refusal(error: &RedisError) -> bool {
    error.kind() == ErrorKind::AuthenticationFailed || error.code() == Some("NOAUTH")
}

async fn both(client: Client, line: &Line) -> RedisResult<(Commands, PubSub)> {
    tokio::try_join!(Commands::connect(client), line.connect())
}
