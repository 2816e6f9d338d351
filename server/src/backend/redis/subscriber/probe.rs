use std::future::{pending, poll_fn};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::time::{Instant, sleep_until};

use crate::backend::Result;
use crate::backend::redis::commands::Commands;

/// How long a connection may be silent before it is probed.
const IDLE: Duration = Duration::from_secs(4);
/// How long the echo of a probe may take.
const ECHO_TIMEOUT: Duration = Duration::from_secs(4);

/// Detects connections that are open but deliver nothing: what this instance publishes on a probe channel has to come
/// back. A probe that cannot be published proves nothing.
pub struct Probe {
    commands: Arc<Commands>,
    connections: Vec<(String, ProbeState)>,
}

enum ProbeState {
    /// The connection last delivered something at this time.
    Active(Instant),
    /// The probe is being published.
    Publishing(BoxFuture<'static, Result<()>>),
    /// The probe was published, and its echo is due at this time.
    AwaitingEcho(Instant),
}

impl Probe {
    /// Watches one connection for each channel.
    pub fn new(commands: Arc<Commands>, channels: Vec<String>) -> Self {
        let now = Instant::now();
        Self { commands, connections: channels.into_iter().map(|channel| (channel, ProbeState::Active(now))).collect() }
    }

    /// Records that a connection has delivered something.
    pub fn record_delivery(&mut self, connection: usize) {
        if let Some((_, state)) = self.connections.get_mut(connection) {
            *state = ProbeState::Active(Instant::now());
        }
    }

    /// Returns when the echo of a connection is overdue. Cancel-safe: all progress is kept in `self`.
    pub async fn failed(&mut self) {
        loop {
            let next = self.connections.iter().filter_map(|(_, state)| state.deadline()).min();
            let time = async {
                match next {
                    Some(next) => sleep_until(next).await,
                    None => pending().await,
                }
            };
            // Pending probes continue, and the next deadline is computed again.
            tokio::select! {
                () = time => {
                    if self.start_due(Instant::now()) {
                        return;
                    }
                }
                () = poll_publishing(&mut self.connections) => {}
            }
        }
    }

    /// Starts the probes that are due. Returns whether an echo is overdue.
    fn start_due(&mut self, now: Instant) -> bool {
        let mut is_overdue = false;
        for (channel, state) in &mut self.connections {
            match state {
                ProbeState::AwaitingEcho(until) if *until <= now => is_overdue = true,
                ProbeState::Active(when) if *when + IDLE <= now => {
                    let (commands, channel) = (Arc::clone(&self.commands), channel.clone());
                    *state = ProbeState::Publishing(async move { commands.publish(&channel, "").await }.boxed());
                }
                ProbeState::AwaitingEcho(_) | ProbeState::Active(_) | ProbeState::Publishing(_) => {}
            }
        }
        is_overdue
    }
}

impl ProbeState {
    /// When the state changes by time alone.
    fn deadline(&self) -> Option<Instant> {
        match self {
            Self::Active(when) => Some(*when + IDLE),
            Self::Publishing(_) => None,
            Self::AwaitingEcho(until) => Some(*until),
        }
    }
}

/// Drives the pending probes until one of them is published.
async fn poll_publishing(connections: &mut [(String, ProbeState)]) {
    poll_fn(|context| {
        let mut is_over = Poll::Pending;
        for (_, state) in &mut *connections {
            let ProbeState::Publishing(call) = state else { continue };
            let Poll::Ready(answer) = call.poll_unpin(context) else { continue };
            let now = Instant::now();
            *state =
                if answer.is_ok() { ProbeState::AwaitingEcho(now + ECHO_TIMEOUT) } else { ProbeState::Active(now) };
            is_over = Poll::Ready(());
        }
        is_over
    })
    .await;
}
