//! The connections for everything but listening. Calls share them, and they come back by themselves.
//!
//! In a cluster it is one for each master. redis-rs's own connection to a cluster is not used: it asks again by itself what
//! was lost on the way, so nothing could be published at most once; while it looks for a master that is gone it
//! holds up the calls to all others; and a script has to be loaded on all masters before it runs on one.

mod line;
mod nodes;
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

use super::keys::Keys;
use super::place::Place;
use crate::backend::{BackendError, Result};
use line::Line;
use nodes::Nodes;
use server::Server;

/// How long a call may take, with its retry.
const PATIENCE: Duration = Duration::from_secs(4);
/// How many rooms are asked about in one piece, so that one instance's check does not hold up the others.
const PIECE: usize = 500;
/// How many rooms of a cluster are asked about at the same time.
const AT_ONCE: usize = 128;

/// Runs scripts, asks and publishes.
pub struct Commands {
    lines: Lines,
    /// Whether the last one was answered.
    answered: AtomicBool,
}

enum Lines {
    /// To one server, or to the one that is the master now.
    Server(Server),
    /// To every master of a cluster.
    Nodes(Nodes),
}

/// Whether what was lost on the way is asked again: it may have been carried out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Again {
    /// Once more.
    Yes,
    No,
}

impl Commands {
    /// Connects, and makes sure that commands are answered.
    pub async fn connect(place: Place) -> RedisResult<Self> {
        let lines = if place.is_cluster() {
            Lines::Nodes(Nodes::connect(place).await?)
        } else {
            Lines::Server(Server::connect(place).await?)
        };
        Ok(Self { lines, answered: AtomicBool::new(true) })
    }

    /// Runs a script on a room, perhaps twice.
    pub async fn run<T: FromRedisValue>(&self, room: &RoomName, script: &ScriptInvocation<'_>) -> Result<T> {
        self.run_at(&Keys::of(room).meta(), script).await
    }

    /// Runs a script on a key, perhaps twice.
    pub async fn run_at<T: FromRedisValue>(&self, key: &str, script: &ScriptInvocation<'_>) -> Result<T> {
        let mut piece = ::redis::pipe();
        let (answer,) = self.evaluate(key, script, piece.invoke_script(script)).await?;
        Ok(answer)
    }

    /// Runs a script that writes, perhaps twice, and waits until so many replicas have what it wrote, or until the time is up.
    /// Returns how many have it.
    pub async fn run_and_wait<T: FromRedisValue>(
        &self,
        room: &RoomName,
        script: &ScriptInvocation<'_>,
        replicas: u32,
        wait: Duration,
    ) -> Result<(T, u32)> {
        let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        // In one piece, so that both go over one connection: WAIT on another one would have nothing to wait for.
        let mut piece = ::redis::pipe();
        piece.invoke_script(script).cmd("WAIT").arg(replicas).arg(wait_ms);
        self.evaluate(&Keys::of(room).meta(), script, &piece).await
    }

    /// Asks the same of many rooms, each perhaps twice. The answers come in the order of the rooms.
    pub async fn ask<const N: usize>(
        &self,
        rooms: &[RoomName],
        questions: fn(&Keys) -> [Cmd; N],
    ) -> Vec<Result<[Value; N]>> {
        // One connection takes many calls at the same time; one piece for all rooms of a node would fail as a whole where one of
        // its slots is moved.
        let (piece, at_once) = match &self.lines {
            Lines::Server(_) => (PIECE, 1),
            Lines::Nodes(_) => (1, AT_ONCE),
        };
        let pieces: Vec<_> = rooms.chunks(piece).map(|rooms| self.ask_together(rooms, questions)).collect();
        stream::iter(pieces).buffered(at_once).flat_map(stream::iter).collect().await
    }

    /// Publishes at most once.
    pub async fn publish(&self, channel: &str, payload: &str) -> Result<()> {
        let mut publish = ::redis::pipe();
        publish.cmd(self.word()).arg(channel).arg(payload);
        let publish = &publish;
        self.patiently(channel, Again::No, |line| async move { line.send::<()>(publish).await }).await
    }

    /// What publishes. In a cluster it reaches those who listen at the nodes of this slot, and no others.
    pub fn word(&self) -> &'static str {
        match self.lines {
            Lines::Server(_) => "PUBLISH",
            Lines::Nodes(_) => "SPUBLISH",
        }
    }

    /// Finds out which masters of a cluster answer.
    pub async fn call_each(&self) {
        if let Lines::Nodes(nodes) = &self.lines {
            nodes.call_each().await;
        }
    }

    /// Redis may be away, until it answers again.
    pub fn doubt(&self) {
        self.answered.store(false, Ordering::Relaxed);
    }

    /// Whether Redis could be reached when it was last asked something; of a cluster, every master.
    pub fn are_answered(&self) -> bool {
        let is_silent = |lines: &Lines| matches!(lines, Lines::Nodes(nodes) if nodes.is_one_silent());
        self.answered.load(Ordering::Relaxed) && !is_silent(&self.lines)
    }

    async fn evaluate<T: FromRedisValue>(
        &self,
        key: &str,
        script: &ScriptInvocation<'_>,
        piece: &Pipeline,
    ) -> Result<T> {
        let question = |mut line: Line| async move {
            match line.send(piece).await {
                Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                    script.load_async(&mut line.manager).await?;
                    line.send(piece).await
                }
                answer => answer,
            }
        };
        self.patiently(key, Again::Yes, question).await
    }

    /// All of these rooms have to be on one node.
    async fn ask_together<const N: usize>(
        &self,
        rooms: &[RoomName],
        questions: fn(&Keys) -> [Cmd; N],
    ) -> Vec<Result<[Value; N]>> {
        let Some(first) = rooms.first() else { return Vec::new() };
        let mut piece = ::redis::pipe();
        for question in rooms.iter().flat_map(|room| questions(&Keys::of(room))) {
            piece.add_command(question);
        }
        let piece = &piece;
        let question = |line: Line| async move { line.send::<Vec<Value>>(piece).await };
        let mut answers = match self.patiently(&Keys::of(first).meta(), Again::Yes, question).await {
            Ok(answers) => answers.into_iter(),
            Err(error) => return vec![Err(error); rooms.len()],
        };
        let answers = rooms.iter().map(|_| {
            let answer: Vec<_> = answers.by_ref().take(N).collect();
            answer.try_into().map_err(|_| BackendError::Corrupt("Redis gave too few answers".into()))
        });
        answers.collect()
    }

    /// Asks where a key is. Redis may take up to [`PATIENCE`].
    async fn patiently<T, F>(&self, key: &str, again: Again, question: impl Fn(Line) -> F) -> Result<T>
    where
        F: Future<Output = RedisResult<T>>,
    {
        let patience = match &self.lines {
            Lines::Server(_) => Some(PATIENCE),
            Lines::Nodes(nodes) => nodes.patience(key, PATIENCE),
        };
        let Some(patience) = patience else {
            return Err(BackendError::Unavailable("a master of the cluster does not answer".into()));
        };
        let asking = async {
            match &self.lines {
                Lines::Server(server) => server.ask(again, question).await,
                Lines::Nodes(nodes) => nodes.ask(key, again, question).await,
            }
        };
        let result = timeout(patience, asking).await;
        let is_answered = matches!(&result, Ok(Ok(_))) || matches!(&result, Ok(Err(error)) if !error.is_io_error());
        self.answered.store(is_answered, Ordering::Relaxed);
        if let Lines::Nodes(nodes) = &self.lines {
            nodes.note(key, is_answered);
        }
        match result {
            Ok(result) => result.map_err(BackendError::from),
            Err(_) => Err(BackendError::Unavailable(format!("Redis did not answer within {} s", patience.as_secs()))),
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
