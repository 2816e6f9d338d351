//! Connections for commands. All callers share them, and they reconnect by themselves.
//!
//! In a cluster there is one connection to each master. redis-rs's cluster connection is not used: it repeats lost
//! commands by itself, so nothing could be published at most once; while it looks for a lost master it blocks calls to
//! all others; and a script has to be loaded on all masters before it runs on one.

mod cluster;
mod connection;
mod server;

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ::redis::{
    Cmd, ErrorKind, FromRedisValue, Pipeline, RedisError, RedisResult, ScriptInvocation, ServerErrorKind, Value,
};
use futures_util::{StreamExt, stream};
use protocol::RoomName;
use tokio::time::timeout;

use super::endpoint::Endpoint;
use super::keys::Keys;
use crate::backend::{BackendError, Result};
use cluster::ClusterConnections;
use connection::NodeConnection;
use server::ServerConnection;

/// Limit for one call, including its retry.
const TIMEOUT: Duration = Duration::from_secs(4);
/// How many rooms one pipeline asks about, so that one instance's check does not delay the others.
const ROOMS_PER_PIPELINE: usize = 500;
/// How many rooms of a cluster are asked about concurrently.
const MAX_CONCURRENT: usize = 128;

/// Runs scripts and queries, and publishes.
pub struct Commands {
    connections: Connections,
    /// Whether the last call was answered.
    answered: AtomicBool,
}

enum Connections {
    /// To one server, or to the present master behind Sentinels.
    Server(ServerConnection),
    /// To every master of a cluster.
    Cluster(ClusterConnections),
}

/// Whether a lost command is sent again, although it may have taken effect.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Retry {
    Once,
    Never,
}

impl Commands {
    /// Connects, and checks that commands are answered.
    pub async fn connect(endpoint: Endpoint) -> RedisResult<Self> {
        let connections = if endpoint.is_cluster() {
            Connections::Cluster(ClusterConnections::connect(endpoint).await?)
        } else {
            Connections::Server(ServerConnection::connect(endpoint).await?)
        };
        Ok(Self { connections, answered: AtomicBool::new(true) })
    }

    /// Runs a script on a room, possibly twice.
    pub async fn run<T: FromRedisValue>(&self, room: &RoomName, script: &ScriptInvocation<'_>) -> Result<T> {
        self.run_at(&Keys::of(room).meta(), script).await
    }

    /// Runs a script on a key, possibly twice.
    pub async fn run_at<T: FromRedisValue>(&self, key: &str, script: &ScriptInvocation<'_>) -> Result<T> {
        let mut pipeline = ::redis::pipe();
        let (answer,) = self.evaluate(key, script, pipeline.invoke_script(script)).await?;
        Ok(answer)
    }

    /// Runs a writing script, possibly twice, and waits until `replicas` replicas have the write or `wait` is over.
    /// Returns how many have it.
    pub async fn run_and_wait<T: FromRedisValue>(
        &self,
        room: &RoomName,
        script: &ScriptInvocation<'_>,
        replicas: u32,
        wait: Duration,
    ) -> Result<(T, u32)> {
        let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        // One pipeline, because `WAIT` only covers writes of the same connection.
        let mut pipeline = ::redis::pipe();
        pipeline.invoke_script(script).cmd("WAIT").arg(replicas).arg(wait_ms);
        self.evaluate(&Keys::of(room).meta(), script, &pipeline).await
    }

    /// Runs the same read commands for many rooms, each possibly twice. Results come in the order of `rooms`.
    pub async fn query<const N: usize>(
        &self,
        rooms: &[RoomName],
        commands: fn(&Keys) -> [Cmd; N],
    ) -> Vec<Result<[Value; N]>> {
        // A cluster connection multiplexes calls, and a pipeline over many rooms would fail as a whole when one slot
        // moves.
        let (chunk, concurrency) = match &self.connections {
            Connections::Server(_) => (ROOMS_PER_PIPELINE, 1),
            Connections::Cluster(_) => (1, MAX_CONCURRENT),
        };
        let pipelines: Vec<_> = rooms.chunks(chunk).map(|rooms| self.query_pipelined(rooms, commands)).collect();
        stream::iter(pipelines).buffered(concurrency).flat_map(stream::iter).collect().await
    }

    /// Publishes at most once.
    pub async fn publish(&self, channel: &str, payload: &str) -> Result<()> {
        let mut publish = ::redis::pipe();
        publish.cmd(self.publish_command()).arg(channel).arg(payload);
        let publish = &publish;
        self.with_timeout(channel, Retry::Never, |connection| async move { connection.send::<()>(publish).await }).await
    }

    /// The command that publishes. In a cluster only the subscribers at the slot's node receive it.
    pub fn publish_command(&self) -> &'static str {
        match self.connections {
            Connections::Server(_) => "PUBLISH",
            Connections::Cluster(_) => "SPUBLISH",
        }
    }

    /// Pings the masters of a cluster.
    pub async fn ping_masters(&self) {
        if let Connections::Cluster(cluster) = &self.connections {
            cluster.ping_masters().await;
        }
    }

    /// Counts Redis as unreachable until it answers again.
    pub fn mark_unanswered(&self) {
        self.answered.store(false, Ordering::Relaxed);
    }

    /// Whether the last call was answered; in a cluster, whether every master answers.
    pub fn are_reachable(&self) -> bool {
        let is_degraded = matches!(&self.connections, Connections::Cluster(cluster) if cluster.is_any_unresponsive());
        self.answered.load(Ordering::Relaxed) && !is_degraded
    }

    async fn evaluate<T: FromRedisValue>(
        &self,
        key: &str,
        script: &ScriptInvocation<'_>,
        pipeline: &Pipeline,
    ) -> Result<T> {
        let call = |mut connection: NodeConnection| async move {
            match connection.send(pipeline).await {
                Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                    script.load_async(&mut connection.manager).await?;
                    connection.send(pipeline).await
                }
                answer => answer,
            }
        };
        self.with_timeout(key, Retry::Once, call).await
    }

    /// Runs the commands for all rooms in one pipeline; the rooms must be on one node.
    async fn query_pipelined<const N: usize>(
        &self,
        rooms: &[RoomName],
        commands: fn(&Keys) -> [Cmd; N],
    ) -> Vec<Result<[Value; N]>> {
        let Some(first) = rooms.first() else { return Vec::new() };
        let mut pipeline = ::redis::pipe();
        for command in rooms.iter().flat_map(|room| commands(&Keys::of(room))) {
            pipeline.add_command(command);
        }
        let pipeline = &pipeline;
        let call = |connection: NodeConnection| async move { connection.send::<Vec<Value>>(pipeline).await };
        let mut answers = match self.with_timeout(&Keys::of(first).meta(), Retry::Once, call).await {
            Ok(answers) => answers.into_iter(),
            Err(error) => return vec![Err(error); rooms.len()],
        };
        let answers = rooms.iter().map(|_| {
            let answer: Vec<_> = answers.by_ref().take(N).collect();
            answer.try_into().map_err(|_| BackendError::Corrupt("Redis gave too few answers".into()))
        });
        answers.collect()
    }

    /// Runs `call` on the node of `key`, for at most [`TIMEOUT`].
    async fn with_timeout<T, F>(&self, key: &str, retry: Retry, call: impl Fn(NodeConnection) -> F) -> Result<T>
    where
        F: Future<Output = RedisResult<T>>,
    {
        let limit = match &self.connections {
            Connections::Server(_) => Some(TIMEOUT),
            Connections::Cluster(cluster) => cluster.timeout_for(key, TIMEOUT),
        };
        let Some(limit) = limit else {
            return Err(BackendError::Unavailable("a master of the cluster does not answer".into()));
        };
        let calling = async {
            match &self.connections {
                Connections::Server(server) => server.call(retry, call).await,
                Connections::Cluster(cluster) => cluster.call(key, retry, call).await,
            }
        };
        let result = timeout(limit, calling).await;
        let is_answered = matches!(&result, Ok(Ok(_))) || matches!(&result, Ok(Err(error)) if !error.is_io_error());
        self.answered.store(is_answered, Ordering::Relaxed);
        if let Connections::Cluster(cluster) = &self.connections {
            cluster.record(key, is_answered);
        }
        match result {
            Ok(result) => result.map_err(BackendError::from),
            Err(_) => Err(BackendError::Unavailable(format!("Redis did not answer within {} s", limit.as_secs()))),
        }
    }
}

impl From<RedisError> for BackendError {
    fn from(error: RedisError) -> Self {
        match error.kind() {
            ErrorKind::Parse | ErrorKind::UnexpectedReturnType => {
                Self::Corrupt("Redis gave an unexpected answer".into())
            }
            _ => Self::Unavailable(error.to_string()),
        }
    }
}
