//! The rooms that live on this instance.
//!
//! An event reaches the members of a room only when it comes back from the broker, so every instance sees one order.
//! Each [`room::Room`] keeps a closed chain of the latest events ([`log`]), repairs it when it breaks ([`sync`]), and
//! answers those who come in from it ([`join`]). The mutexes here are std's, and none is held across an await.

mod catch_up;
mod command;
mod encoded_event;
mod event_log;
mod head_check;
mod join;
mod presence;
mod read_markers;
mod repair;
mod room;
mod send_queue;
#[cfg(test)]
mod simulation;

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
    AppendReceipt, Backend, BackendError, BackendUpdate, Broker, Ephemeral, EventDraft, History, Presence, Reads,
    Result, Roster,
};

pub use command::CommandError;
pub use encoded_event::{EncodedFrame, encode};
use event_log::EventLog;
pub use presence::LeaveReason;
use repair::EncodedSlice;
use room::Room;
pub use send_queue::{CloseMode, NextWrite, SendQueue};

/// How long a room without members stays open, for those who come right back and for pages that are followed by a
/// socket.
const IDLE_ROOM_TTL: Duration = Duration::from_secs(30);

/// All rooms of this instance, and the way to the others.
pub struct Hub {
    rooms: Mutex<HashMap<RoomName, Arc<Room>>>,
    broker: Arc<dyn Broker>,
    history: Arc<dyn History>,
    presence: Arc<dyn Presence>,
    reads: Arc<dyn Reads>,
    pending_read_markers: read_markers::PendingReadMarkers,
    /// Bounds the memory for answers to those who come back after a long time, however many they are at once.
    large_response_permits: Arc<Semaphore>,
    /// The instance goes away.
    shutting_down: AtomicBool,
    tasks: TaskTracker,
    shutdown: CancellationToken,
}

/// What is stored of an event.
#[derive(Serialize)]
struct EventBody<'a> {
    at: u64,
    author: &'a User,
    #[serde(flatten)]
    kind: Kind,
}

/// A room as a page shows it.
#[derive(Debug)]
pub struct RoomSnapshot {
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
    /// Takes a backend into use. Its updates are followed until the hub is dropped.
    #[must_use]
    pub fn new(backend: Backend) -> Arc<Self> {
        let Backend { broker, history, presence, reads, updates } = backend;
        let hub = Arc::new(Self {
            rooms: Mutex::default(),
            broker,
            history,
            presence,
            reads,
            pending_read_markers: read_markers::PendingReadMarkers::default(),
            large_response_permits: Arc::new(Semaphore::new(join::LARGE_RESPONSES)),
            shutting_down: AtomicBool::new(false),
            tasks: TaskTracker::new(),
            shutdown: CancellationToken::new(),
        });
        tokio::spawn(handle_updates(Arc::downgrade(&hub), updates));
        tokio::spawn(presence::run(Arc::downgrade(&hub)));
        tokio::spawn(head_check::run(Arc::downgrade(&hub)));
        tokio::spawn(read_markers::run(Arc::downgrade(&hub)));
        hub
    }

    /// Whether what other instances publish cannot be heard here, and could be elsewhere.
    #[must_use]
    pub fn subscription_is_down(&self) -> bool {
        self.broker.subscription_is_down()
    }

    /// Ends what the hub does by itself. Connections that were lost a moment ago stay in the register until they
    /// expire.
    pub async fn close(&self) {
        self.flush_read_markers().await;
        self.shutdown.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Works in the background until the hub is closed.
    fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let shutdown = self.shutdown.clone();
        self.tasks.spawn(async move {
            shutdown.run_until_cancelled(work).await;
        });
    }

    /// Says something in a room. It returns when the message is in the history. Saying it again with the same id is
    /// safe.
    ///
    /// # Errors
    /// When the backend cannot be reached; the message may or may not have been taken.
    pub async fn send(
        &self,
        room: &RoomName,
        author: &User,
        id: &MessageId,
        text: &str,
        at: u64,
    ) -> Result<AppendReceipt> {
        let kind = Kind::Message { id: id.to_string(), text: text.to_owned(), reply: None };
        self.append(room, author, id, kind, at).await
    }

    async fn append(
        &self,
        room: &RoomName,
        author: &User,
        id: &MessageId,
        kind: Kind,
        at: u64,
    ) -> Result<AppendReceipt> {
        let body =
            serde_json::to_string(&EventBody { at, author, kind }).expect("strings, numbers and flags always encode");
        let draft = EventDraft {
            epoch: random_token(),
            uid: random_token(),
            author: author.id.clone(),
            id: id.clone(),
            at,
            body,
        };
        let started = Instant::now();
        let receipt = match self.broker.append(room, &draft).await {
            // The answer may be all that was lost, and the draft is safe to repeat.
            Err(BackendError::Unavailable(_)) => self.broker.append(room, &draft).await,
            answer => answer,
        };
        metrics::histogram!("sala_append_seconds").record(started.elapsed());
        receipt
    }

    /// Whether the event at that place is a message with this text; one that is no longer kept is taken for it.
    ///
    /// # Errors
    /// When the backend cannot be reached.
    pub async fn message_has_text(&self, room: &RoomName, seq: u64, text: &str) -> Result<bool> {
        let slice = EncodedSlice::new(room, self.history.before(room, Some(seq + 1), 1).await?);
        let event = slice.events.last().filter(|event| event.seq == seq).and_then(|event| event.decode().ok());
        Ok(event.is_none_or(|event| matches!(event.kind, Kind::Message { text: said, .. } if said == text)))
    }

    /// Tells the others that somebody is writing. It is not kept, and nobody waits for it.
    ///
    /// # Errors
    /// When the backend cannot be reached.
    pub async fn typing(&self, room: &RoomName, user: &User) -> Result<()> {
        self.broker.publish_ephemeral(room, &Ephemeral::Typing { user: user.clone() }).await
    }

    /// Older events, as the answer to `history`.
    ///
    /// # Errors
    /// When the backend cannot be reached.
    pub async fn history(&self, room: &RoomName, before: Option<u64>, limit: usize) -> Result<EncodedFrame> {
        let bound = before.map(|before| before.min(limits::SEQ));
        let cached = self.with_log(room, |log| log.before(bound.unwrap_or(limits::SEQ), limit));
        let events = match cached {
            Some(events) => events,
            None => EncodedSlice::new(room, self.history.before(room, bound, limit).await?).events,
        };
        let page = encoded_event::newest_page(&events);
        let first = page.first().map_or(before.unwrap_or(1), |event| event.seq);
        let start = first <= 1;
        let trimmed = !start && events.len() < limit && page.len() == events.len();
        let events = encoded_event::raw_events(page);
        Ok(ServerFrame::History { room: room.to_string(), before, events, start, trimmed }.encode().into())
    }

    /// The room as a page shows it.
    ///
    /// # Errors
    /// When the backend cannot be reached.
    pub async fn snapshot(self: &Arc<Self>, name: &RoomName) -> Result<RoomSnapshot> {
        let room = self.open_room(name).await?;
        let roster = self.presence.roster(name).await?;
        let before = room.lock().log.cursor();
        let newest = self.history.heads(slice::from_ref(name)).await.pop().transpose()?.unwrap_or_default();
        let cached = {
            let state = room.lock();
            let (log, epoch) = (&state.log, state.log.epoch().to_owned());
            log.is_current_with(&newest, &before).then(|| EncodedSlice {
                epoch,
                head: log.head().clone(),
                events: log.latest(encoded_event::latest_page_len(log.newest_first())),
            })
        };
        let EncodedSlice { epoch, head, mut events } = match cached {
            Some(slice) => slice,
            // What was acknowledged a moment ago, here or elsewhere, has not been heard yet; one who posted it looks
            // for it.
            None => EncodedSlice::new(name, self.history.before(name, None, limits::LATEST_PAGE).await?),
        };
        let page = events.split_off(events.len() - encoded_event::latest_page_len(events.iter().rev()));
        let events = encoded_event::decode_all(encoded_event::newest_page(&page));
        Ok(RoomSnapshot { epoch, events, head, roster })
    }

    /// The room, subscribed to and with its log primed. Many who come at once wait for one opening.
    async fn open_room(&self, name: &RoomName) -> Result<Arc<Room>> {
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
    fn with_log<T>(&self, room: &RoomName, read: impl FnOnce(&EventLog) -> Option<T>) -> Option<T> {
        let room = self.find_room(room)?;
        let state = room.lock();
        if state.buffered.is_none() { read(&state.log) } else { None }
    }

    fn find_room(&self, name: &RoomName) -> Option<Arc<Room>> {
        self.lock().get(name).cloned()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<RoomName, Arc<Room>>> {
        self.rooms.lock().expect("no one panics while holding the rooms")
    }

    fn handle_update(self: &Arc<Self>, update: BackendUpdate) {
        match update {
            BackendUpdate::Appended { room, epoch, event } => {
                if let Some(room) = self.find_room(&room)
                    && room.handle_event(epoch, event)
                {
                    self.repair(room);
                }
            }
            BackendUpdate::Ephemeral { room, ephemeral } => {
                if let Some(room) = self.find_room(&room) {
                    room.broadcast_ephemeral(ephemeral);
                }
            }
            BackendUpdate::PossibleGap => {
                let hub = Arc::clone(self);
                self.spawn(async move { hub.compare_heads(true).await });
            }
        }
    }

    /// Closes the rooms that nobody has used for a while.
    fn close_unused_rooms(&self) {
        let now = Instant::now();
        self.lock().retain(|name, room| {
            if let Ok(mut catch_up) = room.catch_up.try_lock() {
                catch_up.clear_unless_used_since(now - IDLE_ROOM_TTL);
            }
            let state = room.lock();
            // One who is coming in holds the room; nobody can begin to, as the rooms are locked.
            let keep =
                Arc::strong_count(room) > 1 || !state.members.is_empty() || now - state.last_used < IDLE_ROOM_TTL;
            if !keep {
                self.broker.unsubscribe(name);
            }
            keep
        });
        metrics::gauge!("sala_rooms").set(self.lock().len() as f64);
    }
}

async fn handle_updates(hub: std::sync::Weak<Hub>, mut updates: mpsc::Receiver<BackendUpdate>) {
    while let Some(update) = updates.recv().await {
        let Some(hub) = hub.upgrade() else { return };
        hub.handle_update(update);
    }
}

/// A short random name: 10 characters, some 59 bits.
fn random_token() -> String {
    Alphanumeric.sample_string(&mut rand::rng(), 10)
}
