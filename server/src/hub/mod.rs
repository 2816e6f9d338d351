//! The rooms that live on this instance.
//!
//! An event reaches the members of a room only when it comes back from the broker, so every instance sees one order. Each
//! [`room::Room`] keeps a closed chain of the latest events ([`log`]), repairs it when it breaks ([`sync`]), and answers those
//! who come in from it ([`join`]). The mutexes here are std's, and none is held across an await.

mod act;
mod deep;
mod frame;
mod join;
mod log;
mod mailbox;
mod presence;
mod reads;
mod room;
#[cfg(test)]
mod simulation;
mod sync;
mod watch;

use std::{
    collections::HashMap,
    slice,
    sync::{Arc, Mutex, atomic::AtomicBool},
    time::{Duration, Instant},
};

use protocol::{Event, Head, Kind, MessageId, RoomName, ServerFrame, User, limits};
use rand::distr::{Alphanumeric, SampleString};
use serde::Serialize;
use tokio::sync::{Semaphore, mpsc};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::backend::{
    Backend, Broker, Draft, Error, History, Presence, Reads, Receipt, Result, Roster, Signal, Whisper,
};

pub use act::{Act, Denied, Target};
pub use frame::{Frame, encode};
use log::Log;
pub use mailbox::{Closing, Mailbox, Post};
pub use presence::Parting;
use room::Room;
use sync::Part;

/// How long a room without members stays open, for those who come right back and for pages that are followed by a socket.
const LINGER: Duration = Duration::from_secs(30);

/// All rooms of this instance, and the way to the others.
pub struct Hub {
    rooms: Mutex<HashMap<RoomName, Arc<Room>>>,
    broker: Arc<dyn Broker>,
    history: Arc<dyn History>,
    presence: Arc<dyn Presence>,
    reads: Arc<dyn Reads>,
    reads_waiting: reads::Waiting,
    /// Bounds the memory for answers to those who come back after a long time, however many they are at once.
    large_answers: Arc<Semaphore>,
    /// The instance goes away.
    leaving: AtomicBool,
    tasks: TaskTracker,
    closing: CancellationToken,
}

/// What is stored of an event.
#[derive(Serialize)]
struct Body<'a> {
    at: u64,
    author: &'a User,
    #[serde(flatten)]
    kind: Kind,
}

/// A room as a page shows it.
#[derive(Debug)]
pub struct View {
    /// The room's life.
    pub epoch: String,
    /// The latest page, oldest first.
    pub events: Vec<Event>,
    /// The last event.
    pub head: Head,
    /// Who is here.
    pub roster: Roster,
}

impl Hub {
    /// Takes a backend into use. Its signals are followed until the hub is dropped.
    #[must_use]
    pub fn new(backend: Backend) -> Arc<Self> {
        let Backend { broker, history, presence, reads, signals } = backend;
        let hub = Arc::new(Self {
            rooms: Mutex::default(),
            broker,
            history,
            presence,
            reads,
            reads_waiting: reads::Waiting::default(),
            large_answers: Arc::new(Semaphore::new(join::LARGE_ANSWERS)),
            leaving: AtomicBool::new(false),
            tasks: TaskTracker::new(),
            closing: CancellationToken::new(),
        });
        tokio::spawn(follow(Arc::downgrade(&hub), signals));
        tokio::spawn(presence::keep(Arc::downgrade(&hub)));
        tokio::spawn(watch::keep(Arc::downgrade(&hub)));
        tokio::spawn(reads::keep(Arc::downgrade(&hub)));
        hub
    }

    /// Whether what other instances publish cannot be heard here, and could be elsewhere.
    #[must_use]
    pub fn is_deaf(&self) -> bool {
        self.broker.is_deaf()
    }

    /// Ends what the hub does by itself. Connections that were lost a moment ago stay in the register until they expire.
    pub async fn close(&self) {
        self.keep_reads().await;
        self.closing.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Works in the background until the hub is closed.
    fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let closing = self.closing.clone();
        self.tasks.spawn(async move {
            closing.run_until_cancelled(work).await;
        });
    }

    /// Says something in a room. It returns when the message is in the history. Saying it again with the same id is safe.
    ///
    /// # Errors
    /// When the backend cannot be reached; the message may or may not have been taken.
    pub async fn send(&self, room: &RoomName, author: &User, id: &MessageId, text: &str, at: u64) -> Result<Receipt> {
        let kind = Kind::Message { id: id.to_string(), text: text.to_owned(), reply: None };
        self.append(room, author, id, kind, at).await
    }

    async fn append(&self, room: &RoomName, author: &User, id: &MessageId, kind: Kind, at: u64) -> Result<Receipt> {
        let body = serde_json::to_string(&Body { at, author, kind }).expect("strings, numbers and flags always encode");
        let draft = Draft { epoch: token(), uid: token(), author: author.id.clone(), id: id.clone(), at, body };
        let started = Instant::now();
        let receipt = match self.broker.append(room, &draft).await {
            // The answer may be all that was lost, and the draft is safe to repeat.
            Err(Error::Unavailable(_)) => self.broker.append(room, &draft).await,
            answer => answer,
        };
        metrics::histogram!("sala_append_seconds").record(started.elapsed());
        receipt
    }

    /// Whether the event at that place is a message with this text; one that is no longer kept is taken for it.
    ///
    /// # Errors
    /// When the backend cannot be reached.
    pub async fn says(&self, room: &RoomName, seq: u64, text: &str) -> Result<bool> {
        let part = Part::new(room, self.history.before(room, Some(seq + 1), 1).await?);
        let event = part.lines.last().filter(|line| line.seq == seq).and_then(|line| line.event().ok());
        Ok(event.is_none_or(|event| matches!(event.kind, Kind::Message { text: said, .. } if said == text)))
    }

    /// Tells the others that somebody is writing. It is not kept, and nobody waits for it.
    ///
    /// # Errors
    /// When the backend cannot be reached.
    pub async fn typing(&self, room: &RoomName, user: &User) -> Result<()> {
        self.broker.whisper(room, &Whisper::Typing { user: user.clone() }).await
    }

    /// Older events, as the answer to `history`.
    ///
    /// # Errors
    /// When the backend cannot be reached.
    pub async fn older(&self, room: &RoomName, before: Option<u64>, limit: usize) -> Result<Frame> {
        let bound = before.map(|before| before.min(limits::SEQ));
        let known = self.of_log(room, |log| log.before(bound.unwrap_or(limits::SEQ), limit));
        let lines = match known {
            Some(lines) => lines,
            None => Part::new(room, self.history.before(room, bound, limit).await?).lines,
        };
        let page = frame::newest(&lines);
        let first = page.first().map_or(before.unwrap_or(1), |line| line.seq);
        let start = first <= 1;
        let trimmed = !start && lines.len() < limit && page.len() == lines.len();
        let events = frame::events(page);
        Ok(ServerFrame::History { room: room.to_string(), before, events, start, trimmed }.encode().into())
    }

    /// The room as a page shows it.
    ///
    /// # Errors
    /// When the backend cannot be reached.
    pub async fn view(self: &Arc<Self>, name: &RoomName) -> Result<View> {
        let room = self.open(name).await?;
        let roster = self.presence.people(name).await?;
        let before = room.lock().log.cursor();
        let newest = self.history.heads(slice::from_ref(name)).await.pop().transpose()?.unwrap_or_default();
        let known = {
            let state = room.lock();
            let (log, epoch) = (&state.log, state.log.epoch().to_owned());
            log.knows(&newest, &before).then(|| Part {
                epoch,
                head: log.head().clone(),
                lines: log.latest(frame::latest_page(log.newest_first())),
            })
        };
        let Part { epoch, head, mut lines } = match known {
            Some(part) => part,
            // What was acknowledged a moment ago, here or elsewhere, has not been heard yet; one who posted it looks for it.
            None => Part::new(name, self.history.before(name, None, limits::LATEST_PAGE).await?),
        };
        let page = lines.split_off(lines.len() - frame::latest_page(lines.iter().rev()));
        let events = frame::read_events(frame::newest(&page));
        Ok(View { epoch, events, head, roster })
    }

    /// The room, subscribed to and with its log primed. Many who come at once wait for one opening.
    async fn open(&self, name: &RoomName) -> Result<Arc<Room>> {
        let room = {
            let mut rooms = self.lock();
            let room = rooms.entry(name.clone()).or_insert_with(|| Arc::new(Room::new(name.clone())));
            room.lock().last_used = Instant::now();
            Arc::clone(room)
        };
        room.opened
            .get_or_try_init(|| async {
                self.broker.subscribe(name).await?;
                self.prime(&room).await
            })
            .await?;
        Ok(room)
    }

    /// What can be read of the log of a room that is here. While it is being repaired nothing in it is sure.
    fn of_log<T>(&self, room: &RoomName, read: impl FnOnce(&Log) -> Option<T>) -> Option<T> {
        let room = self.find(room)?;
        let state = room.lock();
        if state.held.is_none() { read(&state.log) } else { None }
    }

    fn find(&self, name: &RoomName) -> Option<Arc<Room>> {
        self.lock().get(name).cloned()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<RoomName, Arc<Room>>> {
        self.rooms.lock().expect("no one panics while holding the rooms")
    }

    fn receive(self: &Arc<Self>, signal: Signal) {
        match signal {
            Signal::Appended { room, epoch, entry } => {
                if let Some(room) = self.find(&room)
                    && room.receive(epoch, entry)
                {
                    self.repair(room);
                }
            }
            Signal::Whispered { room, whisper } => {
                if let Some(room) = self.find(&room) {
                    room.whisper(whisper);
                }
            }
            Signal::Doubt => {
                let hub = Arc::clone(self);
                self.spawn(async move { hub.compare_heads(true).await });
            }
        }
    }

    /// Closes the rooms that nobody has used for a while.
    fn sweep(&self) {
        let now = Instant::now();
        self.lock().retain(|name, room| {
            if let Ok(mut deep) = room.deep.try_lock() {
                deep.forget_unless_used_since(now - LINGER);
            }
            let state = room.lock();
            // One who is coming in holds the room; nobody can begin to, as the rooms are locked.
            let keep = Arc::strong_count(room) > 1 || !state.members.is_empty() || now - state.last_used < LINGER;
            if !keep {
                self.broker.unsubscribe(name);
            }
            keep
        });
        metrics::gauge!("sala_rooms").set(self.lock().len() as f64);
    }
}

async fn follow(hub: std::sync::Weak<Hub>, mut signals: mpsc::Receiver<Signal>) {
    while let Some(signal) = signals.recv().await {
        let Some(hub) = hub.upgrade() else { return };
        hub.receive(signal);
    }
}

/// A short random name: 10 characters, some 59 bits.
fn token() -> String {
    Alphanumeric.sample_string(&mut rand::rng(), 10)
}
