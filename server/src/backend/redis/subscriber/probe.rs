use std::future::{pending, poll_fn};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::time::{Instant, sleep_until};

use crate::backend::Result;
use crate::backend::redis::commands::Commands;

/// How long nothing may be heard before the connection is tried.
const QUIET: Duration = Duration::from_secs(4);
/// How long the instance may wait to hear itself.
const ECHO: Duration = Duration::from_secs(4);

/// Finds out whether a connection that is open and silent is deaf: what this instance publishes to its own channel there
/// has to come back. What cannot be published proves nothing.
pub struct Probe {
    commands: Arc<Commands>,
    connections: Vec<(String, State)>,
}

enum State {
    /// Something was heard then.
    Heard(Instant),
    /// It is being published.
    Calling(BoxFuture<'static, Result<()>>),
    /// It was published, and must be heard before then.
    Listening(Instant),
}

impl Probe {
    /// Of as many connections as there are channels.
    pub fn new(commands: Arc<Commands>, channels: Vec<String>) -> Self {
        let now = Instant::now();
        Self { commands, connections: channels.into_iter().map(|channel| (channel, State::Heard(now))).collect() }
    }

    /// The connection of this number heard something.
    pub fn heard(&mut self, number: usize) {
        if let Some((_, state)) = self.connections.get_mut(number) {
            *state = State::Heard(Instant::now());
        }
    }

    /// Returns when one of the connections is deaf. Cancel-safe: how far each got is kept in `self`.
    pub async fn deaf(&mut self) {
        loop {
            let next = self.connections.iter().filter_map(|(_, state)| state.until()).min();
            let time = async {
                match next {
                    Some(next) => sleep_until(next).await,
                    None => pending().await,
                }
            };
            // The calls go on where they were left, and the time is taken anew.
            tokio::select! {
                () = time => {
                    if self.is_up(Instant::now()) {
                        return;
                    }
                }
                () = answered(&mut self.connections) => {}
            }
        }
    }

    /// Calls on the connections that were silent for long; whether one did not hear its call.
    fn is_up(&mut self, now: Instant) -> bool {
        let mut subscription_is_down = false;
        for (channel, state) in &mut self.connections {
            match state {
                State::Listening(until) if *until <= now => subscription_is_down = true,
                State::Heard(when) if *when + QUIET <= now => {
                    let (commands, channel) = (Arc::clone(&self.commands), channel.clone());
                    *state = State::Calling(async move { commands.publish(&channel, "").await }.boxed());
                }
                State::Listening(_) | State::Heard(_) | State::Calling(_) => {}
            }
        }
        subscription_is_down
    }
}

impl State {
    /// When something has to happen, if it is not to be waited for otherwise.
    fn until(&self) -> Option<Instant> {
        match self {
            Self::Heard(when) => Some(*when + QUIET),
            Self::Calling(_) => None,
            Self::Listening(until) => Some(*until),
        }
    }
}

/// Goes on with the calls, until one of them is over.
async fn answered(connections: &mut [(String, State)]) {
    poll_fn(|context| {
        let mut is_over = Poll::Pending;
        for (_, state) in &mut *connections {
            let State::Calling(call) = state else { continue };
            let Poll::Ready(answer) = call.poll_unpin(context) else { continue };
            let now = Instant::now();
            *state = if answer.is_ok() { State::Listening(now + ECHO) } else { State::Heard(now) };
            is_over = Poll::Ready(());
        }
        is_over
    })
    .await;
}
