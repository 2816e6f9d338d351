use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ::redis::aio::{ConnectionManager, ConnectionManagerConfig};
use ::redis::{ErrorKind, FromRedisValue, Pipeline, RedisError, RedisResult, ScriptInvocation, ServerErrorKind};
use tokio::time::{Instant, timeout};

use super::place::Place;
use crate::backend::{Error, Result};

/// How long a call may take, with its retry.
const PATIENCE: Duration = Duration::from_secs(4);
/// How long to wait for one connection, and for one answer.
const WAIT: Duration = Duration::from_secs(2);
/// The least time between two connections that were given up because their server became a replica.
const RENEWAL: Duration = Duration::from_secs(1);

/// The one connection for everything but listening. Calls share it, and it comes back by itself.
pub struct Commands {
    place: Place,
    line: Mutex<Line>,
    /// Whether the last one was answered.
    answered: AtomicBool,
}

struct Line {
    manager: ConnectionManager,
    since: Instant,
}

impl Commands {
    /// Connects, and makes sure that commands are answered.
    pub async fn connect(place: Place) -> RedisResult<Self> {
        let mut manager = ConnectionManager::new_with_config(place.client().await?, settings()).await?;
        ::redis::cmd("PING").exec_async(&mut manager).await?;
        Ok(Self { place, line: Mutex::new(Line { manager, since: Instant::now() }), answered: AtomicBool::new(true) })
    }

    /// Runs a script, perhaps twice.
    pub async fn run<T: FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> Result<T> {
        self.patiently(self.twice(|mut line| async move { script.invoke_async(&mut line).await })).await
    }

    /// Runs a script that writes, perhaps twice, and waits until so many replicas have what it wrote, or until the time is up.
    /// Returns how many have it.
    pub async fn run_and_wait<T: FromRedisValue>(
        &self,
        script: &ScriptInvocation<'_>,
        replicas: u32,
        wait: Duration,
    ) -> Result<(T, u32)> {
        let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        // In one piece, so that both go over one connection: WAIT on another one would have nothing to wait for.
        let mut both = ::redis::pipe();
        both.invoke_script(script).cmd("WAIT").arg(replicas).arg(wait_ms);
        let both = &both;
        let asking = self.twice(|mut line| async move {
            match both.query_async(&mut line).await {
                Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                    script.load_async(&mut line).await?;
                    both.query_async(&mut line).await
                }
                answer => answer,
            }
        });
        self.patiently(asking).await
    }

    /// Redis may be away, until it answers again.
    pub fn doubt(&self) {
        self.answered.store(false, Ordering::Relaxed);
    }

    /// Asks several things at once, perhaps twice.
    pub async fn ask<T: FromRedisValue>(&self, questions: &Pipeline) -> Result<T> {
        self.patiently(self.twice(|mut line| async move { questions.query_async(&mut line).await })).await
    }

    /// Publishes at most once.
    pub async fn publish(&self, channel: &str, payload: &str) -> Result<()> {
        let mut publish = ::redis::cmd("PUBLISH");
        publish.arg(channel).arg(payload);
        let mut line = self.line();
        self.patiently(async move { publish.exec_async(&mut line).await }).await
    }

    /// Whether Redis could be reached when it was last asked something.
    pub fn are_answered(&self) -> bool {
        self.answered.load(Ordering::Relaxed)
    }

    async fn patiently<T>(&self, call: impl Future<Output = RedisResult<T>>) -> Result<T> {
        let result = timeout(PATIENCE, call).await;
        let is_answered = matches!(&result, Ok(Ok(_))) || matches!(&result, Ok(Err(error)) if !error.is_io_error());
        self.answered.store(is_answered, Ordering::Relaxed);
        match result {
            Ok(result) => result.map_err(Error::from),
            Err(_) => Err(Error::Unavailable(format!("Redis did not answer within {} s", PATIENCE.as_secs()))),
        }
    }

    /// Asks once more where the connection was found broken, or led to a server that may not write. The first try may have
    /// been carried out: everything that is asked this way can be asked twice.
    async fn twice<T, F>(&self, question: impl Fn(ConnectionManager) -> F) -> RedisResult<T>
    where
        F: Future<Output = RedisResult<T>>,
    {
        match question(self.line()).await {
            Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::ReadOnly) => self.renew().await?,
            Err(error) if self.place.moves() && error.is_io_error() => self.renew().await?,
            Err(error) if error.is_connection_dropped() => {}
            result => return result,
        }
        question(self.line()).await
    }

    fn line(&self) -> ConnectionManager {
        self.line.lock().unwrap_or_else(PoisonError::into_inner).manager.clone()
    }

    /// After a failover the address may lead to the new master, but the manager keeps a connection that works, though it
    /// leads to what is a replica now.
    async fn renew(&self) -> RedisResult<()> {
        let is_new = || self.line.lock().unwrap_or_else(PoisonError::into_inner).since.elapsed() < RENEWAL;
        if !is_new() {
            let manager = ConnectionManager::new_lazy_with_config(self.place.client().await?, settings())?;
            let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
            *line = Line { manager, since: Instant::now() };
        }
        Ok(())
    }
}

/// One retry only: a call fails rather than hang, and each failing call begins the next try.
fn settings() -> ConnectionManagerConfig {
    ConnectionManagerConfig::new()
        .set_connection_timeout(Some(WAIT))
        .set_response_timeout(Some(WAIT))
        .set_number_of_retries(1)
        .set_min_delay(Duration::from_millis(100))
        .set_max_delay(Duration::from_millis(500))
        // How many commands may wait to be written. When it is full, callers wait.
        .set_pipeline_buffer_size(1_024)
}

impl From<RedisError> for Error {
    fn from(error: RedisError) -> Self {
        match error.kind() {
            ErrorKind::Parse | ErrorKind::UnexpectedReturnType => {
                Self::Corrupt("Redis gave an unexpected answer".into())
            }
            _ => Self::Unavailable(error.to_string()),
        }
    }
}
