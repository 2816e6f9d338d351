//! The rooms of this instance: what they know of their history, who is in them, and the way between the two.
//!
//! [`command`] appends an event to the history. The broker publishes it to every instance, the own one included, and
//! only then do members receive it, so all instances have one order. [`shards`] takes the publications and hands each to
//! the task of its room. The [`room`] checks that the event follows its [`event_log`] and puts the encoded frame
//! ([`encoded_event`]) into the [`send_queue`] of each member.
//!
//! | what may go wrong | who deals with it |
//! |---|---|
//! | an event does not follow the log: some are missing, or the history forked | [`repair`] reads the history |
//! | the last publication of a room was lost, and no later one shows it | [`maintenance`] compares heads |
//! | an event is published while a client joins | [`join`] subscribes first, reads second, and buffers |
//! | a client was away for longer than the log reaches back | [`catch_up`] reads the history, once for all |
//! | a task panics | `supervisor` starts it again |
//!
//! [`presence`] and [`read_markers`] are what is known about people. Mutexes are std's and never held across an await.

mod catch_up;
mod command;
mod encoded_event;
mod event_log;
mod fan_out;
mod join;
mod maintenance;
mod presence;
mod read_markers;
mod repair;
mod room;
mod send_queue;
mod shards;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod supervision_tests;

use std::{
    collections::HashMap,
    slice,
    sync::{Arc, Mutex, atomic::AtomicBool},
    time::{Duration, Instant},
};

use protocol::{Event, Head, RoomName, ServerFrame, User, limits};
use tokio::sync::Semaphore;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::backend::{Backend, Broker, Ephemeral, History, Presence, ReadMarkers, Result, Roster};
use crate::supervisor::{Start, lock, supervise};

pub use command::CommandError;
pub use encoded_event::{EncodedFrame, encode};
use event_log::EventLog;
use fan_out::FanOutQueue;
pub use presence::LeaveReason;
use repair::EncodedRange;
use room::LocalRoom;
pub use send_queue::{CloseMode, NextWrite, SendQueue};

/// How long a room without members stays open, for reconnections and for the socket that follows a page.
const IDLE_ROOM_TTL: Duration = Duration::from_secs(30);

/// The rooms of this instance and the backend that connects it with others.
pub struct Hub {
    rooms: Mutex<HashMap<RoomName, Arc<LocalRoom>>>,
    broker: Arc<dyn Broker>,
    history: Arc<dyn History>,
    presence: Arc<dyn Presence>,
    read_markers: Arc<dyn ReadMarkers>,
    pending_read_markers: read_markers::PendingReadMarkers,
    fan_out_queue: FanOutQueue,
    /// Bounds the memory for large responses to joins.
    large_response_permits: Arc<Semaphore>,
    /// Whether the instance is shutting down.
    shutting_down: AtomicBool,
    tasks: TaskTracker,
    shutdown: CancellationToken,
    /// The tasks that panic once, for the test of their supervision.
    #[cfg(test)]
    armed_panics: Mutex<Vec<&'static str>>,
}

/// A room as a page renders it.
#[derive(Debug)]
pub struct RoomSnapshot {
    /// The room's epoch.
    pub epoch: String,
    /// The latest page, oldest first.
    pub events: Vec<Event>,
    /// The last event.
    pub head: Head,
    /// The users in the room.
    pub roster: Roster,
}

impl Hub {
    /// Creates a hub on a backend and starts its background tasks, which end when the hub is dropped.
    #[must_use]
    pub fn new(backend: Backend) -> Arc<Self> {
        let Backend { broker, history, presence, read_markers, updates } = backend;
        let (fan_out_queue, queued_rooms) = FanOutQueue::new();
        let hub = Arc::new(Self {
            rooms: Mutex::default(),
            broker,
            history,
            presence,
            read_markers,
            pending_read_markers: read_markers::PendingReadMarkers::default(),
            fan_out_queue,
            large_response_permits: Arc::new(Semaphore::new(join::LARGE_RESPONSES)),
            shutting_down: AtomicBool::new(false),
            tasks: TaskTracker::new(),
            shutdown: CancellationToken::new(),
            #[cfg(test)]
            armed_panics: Mutex::default(),
        });
        shards::start(&hub, updates);
        let weak = Arc::downgrade(&hub);
        tokio::spawn(supervise("fan_out", move |_| fan_out::run(weak.clone(), Arc::clone(&queued_rooms))));
        let weak = Arc::downgrade(&hub);
        tokio::spawn(supervise("presence", move |_| presence::run(weak.clone())));
        let weak = Arc::downgrade(&hub);
        tokio::spawn(supervise("maintenance", move |_| maintenance::run(weak.clone())));
        let weak = Arc::downgrade(&hub);
        tokio::spawn(supervise("read_markers", move |_| read_markers::run(weak.clone())));
        hub
    }

    /// Whether commands work but the subscription is down.
    #[must_use]
    pub fn subscription_is_down(&self) -> bool {
        self.broker.subscription_is_down()
    }

    /// Ends background tasks. Connections that disconnected a moment ago stay present until they expire.
    pub async fn close(&self) {
        self.flush_read_markers().await;
        self.shutdown.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Runs a supervised task in the background until the hub is closed.
    fn spawn<F, T>(&self, name: &'static str, task: F)
    where
        F: FnMut(Start) -> T + Send + 'static,
        T: Future<Output = ()> + Send,
    {
        let shutdown = self.shutdown.clone();
        self.tasks.spawn(async move {
            shutdown.run_until_cancelled(supervise(name, task)).await;
        });
    }

    /// Publishes that a user is typing.
    ///
    /// # Errors
    /// When the backend cannot be reached.
    pub async fn typing(&self, room: &RoomName, user: &User) -> Result<()> {
        self.broker.publish_ephemeral(room, &Ephemeral::Typing { user: user.clone() }).await
    }

    /// The response to `history`: a page of older events.
    ///
    /// # Errors
    /// When the backend cannot be reached.
    pub async fn history(&self, room: &RoomName, before: Option<u64>, limit: usize) -> Result<EncodedFrame> {
        let bound = before.map(|before| before.min(limits::SEQ));
        let cached = self.with_log(room, |log| log.before(bound.unwrap_or(limits::SEQ), limit));
        let events = match cached {
            Some(events) => events,
            None => EncodedRange::new(room, self.history.before(room, bound, limit).await?).events,
        };
        let page = encoded_event::newest_page(&events);
        let first = page.first().map_or(before.unwrap_or(1), |event| event.seq);
        let start = first <= 1;
        let trimmed = !start && events.len() < limit && page.len() == events.len();
        let events = encoded_event::raw_events(page);
        Ok(ServerFrame::History { room: room.to_string(), before, events, start, trimmed }.encode().into())
    }

    /// The room as a page renders it.
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
            log.is_current_with(&newest, &before).then(|| EncodedRange {
                epoch,
                head: log.head().clone(),
                events: log.latest(encoded_event::latest_page_len(log.newest_first())),
            })
        };
        let EncodedRange { epoch, head, mut events } = match cached {
            Some(slice) => slice,
            // An event acknowledged a moment ago may not be published yet, and the person who posted a form expects to
            // see it.
            None => EncodedRange::new(name, self.history.before(name, None, limits::LATEST_PAGE).await?),
        };
        let page = events.split_off(events.len() - encoded_event::latest_page_len(events.iter().rev()));
        let events = encoded_event::decode_all(encoded_event::newest_page(&page));
        Ok(RoomSnapshot { epoch, events, head, roster })
    }

    /// The room, subscribed to and with its log loaded. Concurrent calls share one opening.
    async fn open_room(&self, name: &RoomName) -> Result<Arc<LocalRoom>> {
        let room = {
            let mut rooms = self.lock();
            let room =
                rooms.entry(name.clone()).or_insert_with(|| LocalRoom::new(name.clone(), self.fan_out_queue.clone()));
            room.lock().last_used = Instant::now();
            Arc::clone(room)
        };
        room.opened
            .get_or_try_init(|| async {
                self.broker.subscribe(name).await?;
                self.load_log(&room).await
            })
            .await?;
        Ok(room)
    }

    /// Reads the log of an open room. Returns `None` during a repair, when the log may be outdated.
    fn with_log<T>(&self, room: &RoomName, read: impl FnOnce(&EventLog) -> Option<T>) -> Option<T> {
        let room = self.find_room(room)?;
        let state = room.lock();
        if state.buffered.is_none() { read(&state.log) } else { None }
    }

    #[cfg(test)]
    fn panic_if_armed(&self, task: &'static str) {
        let mut armed = lock(&self.armed_panics);
        if let Some(index) = armed.iter().position(|name| *name == task) {
            armed.remove(index);
            drop(armed);
            panic!("armed by the test");
        }
    }

    fn find_room(&self, name: &RoomName) -> Option<Arc<LocalRoom>> {
        self.lock().get(name).cloned()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<RoomName, Arc<LocalRoom>>> {
        lock(&self.rooms)
    }

    /// Closes the rooms that have been unused for [`IDLE_ROOM_TTL`].
    fn close_unused_rooms(&self) {
        let now = Instant::now();
        self.lock().retain(|name, room| {
            if let Ok(mut catch_up) = room.catch_up.try_lock() {
                catch_up.clear_unless_used_since(now - IDLE_ROOM_TTL);
            }
            let state = room.lock();
            // A join in progress holds the room, and none can begin while the rooms are locked.
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
