use std::sync::Arc;
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

/// Finds out whether a connection that is open and silent is deaf: what this instance publishes to its own channel has to
/// come back. What cannot be published proves nothing.
pub struct Probe {
    commands: Arc<Commands>,
    channel: String,
    state: State,
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
    pub fn new(commands: Arc<Commands>, channel: &str) -> Self {
        Self { commands, channel: channel.to_owned(), state: State::Heard(Instant::now()) }
    }

    pub fn heard(&mut self) {
        self.state = State::Heard(Instant::now());
    }

    /// Returns when the connection is deaf. Cancel-safe: how far it got is kept in `self`.
    pub async fn deaf(&mut self) {
        loop {
            match &mut self.state {
                State::Heard(when) => {
                    sleep_until(*when + QUIET).await;
                    let (commands, channel) = (Arc::clone(&self.commands), self.channel.clone());
                    self.state = State::Calling(async move { commands.publish(&channel, "").await }.boxed());
                }
                State::Calling(call) => {
                    let accepted = call.await.is_ok();
                    let now = Instant::now();
                    self.state = if accepted { State::Listening(now + ECHO) } else { State::Heard(now) };
                }
                State::Listening(until) => return sleep_until(*until).await,
            }
        }
    }
}
