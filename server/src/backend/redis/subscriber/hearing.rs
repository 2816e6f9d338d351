use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ::redis::{Msg, RedisResult};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, OptionFuture};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use super::line::{Line, back_off};
use super::listening::{Listening, Sink};
use super::outbox::Outbox;
use super::probe::Probe;
use super::wishes::{Errand, Wishes};
use crate::backend::BackendUpdate;
use crate::backend::redis::commands::Commands;
use crate::backend::redis::payload;

/// How many channels are subscribed to in one command.
const BATCH: usize = 500;
/// How long Redis may take to confirm it.
const WAIT: Duration = Duration::from_secs(3);

/// Why a connection is given up that is open.
const DEAF: &str = "it was deaf";

/// Listens, on one connection after the other; in a cluster on one generation of connections after the other.
pub struct Ear {
    line: Line,
    commands: Arc<Commands>,
    wishes: Arc<Wishes>,
    hearing: Arc<AtomicBool>,
    outbox: Outbox,
}

enum State {
    /// There is no connection, after so many vain attempts to make one.
    Away { attempts: u32 },
    /// There is one, so far without subscriptions.
    Connected(Box<Listening>),
}

/// What goes on over one connection.
struct Session<'a> {
    sink: Sink,
    subscribed: HashSet<String>,
    /// The errand that Redis is doing. One at a time: wishes gather meanwhile and share the next.
    errand: Option<BoxFuture<'static, RedisResult<Errand>>>,
    /// Whether every room is taken up again.
    restored: bool,
    probe: Probe,
    ear: &'a mut Ear,
}

impl Ear {
    pub fn new(
        line: Line,
        commands: Arc<Commands>,
        wishes: Arc<Wishes>,
        hearing: Arc<AtomicBool>,
        updates: mpsc::Sender<BackendUpdate>,
    ) -> Self {
        Self { line, commands, wishes, hearing, outbox: Outbox::new(updates) }
    }

    /// Never ends by itself.
    pub async fn listen(mut self, first: Listening) {
        let mut state = State::Connected(Box::new(first));
        loop {
            state = match state {
                State::Connected(listening) => {
                    let why = self.hear(*listening).await;
                    self.hearing.store(false, Ordering::Relaxed);
                    if why != DEAF {
                        // It may be that nobody reaches Redis any more.
                        self.commands.doubt();
                    }
                    self.wishes.start_over();
                    self.outbox.doubt();
                    tracing::warn!(why, "the connection that listens to Redis is lost");
                    State::Away { attempts: 0 }
                }
                State::Away { attempts } => {
                    sleep(back_off(attempts)).await;
                    match self.line.connect().await {
                        Ok(listening) => State::Connected(Box::new(listening)),
                        Err(error) => {
                            tracing::debug!(%error, attempts, "Redis cannot be listened to");
                            // Where one of several masters is away, nobody hears all, and this instance is no worse than others.
                            self.commands.call_each().await;
                            State::Away { attempts: attempts.saturating_add(1) }
                        }
                    }
                }
            };
        }
    }

    /// Listens until the connection is lost, and says why.
    async fn hear(&mut self, listening: Listening) -> &'static str {
        let Listening { sink, mut messages, own_channels } = listening;
        let probe = Probe::new(Arc::clone(&self.commands), own_channels);
        let wishes = Arc::clone(&self.wishes);
        let mut session = Session { sink, subscribed: HashSet::new(), errand: None, restored: false, probe, ear: self };
        session.next_errand();
        loop {
            // All are cancel-safe: the messages and the notice keep what is not taken, the errand and the probe are kept here,
            // and the outbox only waits for a place.
            tokio::select! {
                message = messages.next() => match message {
                    Ok((connection, message)) => session.receive(connection, &message),
                    Err(why) => return why,
                },
                Some(done) = OptionFuture::from(session.errand.as_mut()) => match done {
                    Ok(errand) => session.finish(errand),
                    Err(_) => return "a subscription was not confirmed",
                },
                () = wishes.changed(), if session.errand.is_none() => session.next_errand(),
                () = session.ear.outbox.settle(), if session.restored => {}
                () = session.probe.deaf() => return DEAF,
            }
        }
    }
}

impl Session<'_> {
    fn receive(&mut self, connection: usize, message: &Msg) {
        self.probe.heard(connection);
        // An own channel is nobody's room, and neither is one that was unsubscribed from a moment ago.
        let Some(room) = self.ear.wishes.room(message.get_channel_name()) else { return };
        match payload::decode(room, message.get_payload_bytes()) {
            Ok(update) => self.ear.outbox.pass(update),
            Err(error) => tracing::warn!(%error, "a message from Redis was dropped"),
        }
    }

    /// Begins the next errand, if there is one. The first time that there is none, every room is taken up again.
    fn next_errand(&mut self) {
        let errand = self.ear.wishes.errand(&self.subscribed, BATCH);
        if !errand.is_empty() {
            self.errand = Some(carry_out(self.sink.clone(), errand).boxed());
        } else if !self.restored {
            self.restored = true;
            self.ear.hearing.store(true, Ordering::Relaxed);
        }
    }

    fn finish(&mut self, done: Errand) {
        self.errand = None;
        self.ear.wishes.confirm(&done.subscribe);
        self.subscribed.extend(done.subscribe);
        for channel in &done.unsubscribe {
            self.subscribed.remove(channel);
        }
        self.next_errand();
    }
}

async fn carry_out(mut sink: Sink, errand: Errand) -> RedisResult<Errand> {
    let work = async {
        sink.subscribe(&errand.subscribe).await?;
        sink.unsubscribe(&errand.unsubscribe).await?;
        Ok(errand)
    };
    timeout(WAIT, work).await.unwrap_or_else(|_| Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()))
}
