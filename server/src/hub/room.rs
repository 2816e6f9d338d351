//! One room on this instance: its log, its members, and the events buffered during a repair.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, Weak},
    time::Instant,
};

use protocol::{CloseCode, Head, RoomName, ServerFrame, User, limits};
use tokio::sync::{OnceCell, OwnedSemaphorePermit};

use super::{
    catch_up::CatchUpCache,
    encoded_event::{self, EncodedEvent, EncodedFrame},
    event_log::{EventLog, LogRelation},
    fan_out::{Broadcast, Broadcasts, FanOutQueue, JoinCount},
    send_queue::{CloseMode, SendQueue},
};
use crate::backend::{Ephemeral, StoredEvent};
use crate::supervisor::lock;

/// How many events are buffered during a repair. When it is full, newer ones are dropped and read from the history
/// afterwards.
const MAX_BUFFERED_EVENTS: usize = 1_024;

/// How many frames are buffered for a member whose join is not answered yet. When it is full, the socket is closed with
/// 4100.
const MAX_BUFFERED_DURING_JOIN: usize = 4_096;

/// A room that has members on this instance, or was used a moment ago.
#[derive(Debug)]
pub struct LocalRoom {
    /// Its name.
    pub name: RoomName,
    /// Set when the room is subscribed to and its log is loaded. Concurrent joins share one initialization.
    pub(super) opened: OnceCell<()>,
    pub(super) state: Mutex<LocalRoomState>,
    /// Events older than the ring, read for clients that catch up. Its lock makes concurrent joins share one read.
    pub(super) catch_up: tokio::sync::Mutex<CatchUpCache>,
}

#[derive(Debug)]
pub(super) struct LocalRoomState {
    pub log: EventLog,
    pub members: BTreeMap<String, Member>,
    broadcasts: Broadcasts,
    fan_out_queue: FanOutQueue,
    this: Weak<LocalRoom>,
    /// Events buffered during a repair; `None` when the log is up to date.
    pub buffered: Option<BufferedEvents>,
    pub last_used: Instant,
    /// How many changes of presence were not broadcast to the members.
    pub unsent_people_changes: u64,
    /// Connections that closed a moment ago and may come back, with their users.
    pub disconnected: HashMap<String, User>,
}

/// Events received while the log was not up to date, each with its epoch.
#[derive(Debug, Default)]
pub(super) struct BufferedEvents {
    pub events: VecDeque<(String, EncodedEvent)>,
    /// Whether other events were received and dropped, or may have been missed.
    pub missed: bool,
}

/// A connection that is in a room.
#[derive(Debug)]
pub(super) struct Member {
    pub user: User,
    pub send_queue: Arc<SendQueue>,
    /// The room's joins up to this one.
    pub joined: JoinCount,
    /// Frames buffered until this member's join is answered.
    buffered: Option<Vec<BufferedFrame>>,
    /// The last event that the member has. It may be ahead of the room's log.
    seen: Head,
}

/// How an event reached this instance.
#[derive(Clone, Copy, Debug)]
pub(super) enum Delivery {
    /// By a publication.
    Live,
    /// By a read of the history, or buffered during one.
    Repaired,
}

/// A frame that a member receives without a request.
#[derive(Debug)]
enum BufferedFrame {
    Event(EncodedEvent),
    People(EncodedFrame),
}

impl LocalRoom {
    pub(super) fn new(name: RoomName, fan_out_queue: FanOutQueue) -> Arc<Self> {
        let state = |this: &Weak<Self>| LocalRoomState {
            log: EventLog::default(),
            members: BTreeMap::new(),
            broadcasts: Broadcasts::default(),
            fan_out_queue,
            this: this.clone(),
            buffered: Some(BufferedEvents::default()),
            last_used: Instant::now(),
            unsent_people_changes: 0,
            disconnected: HashMap::new(),
        };
        Arc::new_cyclic(|this| Self {
            name,
            opened: OnceCell::new(),
            state: Mutex::new(state(this)),
            catch_up: tokio::sync::Mutex::default(),
        })
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, LocalRoomState> {
        lock(&self.state)
    }

    pub(super) fn has_members(&self) -> bool {
        !self.lock().members.is_empty()
    }

    /// Handles a published event. Returns whether a repair has to be started.
    pub(super) fn handle_event(&self, epoch: String, event: StoredEvent) -> bool {
        let event = EncodedEvent::new(&self.name, event);
        let mut state = self.lock();
        if let Some(buffered) = &mut state.buffered {
            buffered.push(epoch, event);
            return false;
        }
        match state.log.relation(&epoch, &event) {
            LogRelation::Next => state.append(event, Delivery::Live),
            LogRelation::Known => {}
            LogRelation::Mismatch => {
                let mut buffered = BufferedEvents::default();
                buffered.push(epoch, event);
                state.buffered = Some(buffered);
                return true;
            }
        }
        false
    }

    /// Buffers events until the log was compared with the history. Returns whether a repair has to be started.
    pub(super) fn mark_stale(&self) -> bool {
        let mut state = self.lock();
        let is_current = state.buffered.is_none();
        state.buffered.get_or_insert_default().missed = true;
        is_current
    }

    /// Sends an ephemeral event to members: typing to everybody but its author, a read marker to its author's other
    /// connections, presence to everybody.
    pub(super) fn broadcast_ephemeral(&self, ephemeral: Ephemeral) {
        let room = self.name.to_string();
        match ephemeral {
            Ephemeral::Typing { user } => {
                let frame = encoded_event::encode(&ServerFrame::Typing { room, user: user.clone() });
                self.lock().broadcast(Broadcast::Typing { frame, user: user.id });
            }
            Ephemeral::Read { user, connection, epoch, seq } => {
                let state = self.lock();
                if state.log.epoch() != epoch {
                    return;
                }
                let frame = encoded_event::encode(&ServerFrame::Read { room, seq });
                let elsewhere = |(at, member): &(&String, &Member)| **at != connection && member.user.id == user;
                for (_, member) in state.members.iter().filter(elsewhere) {
                    member.send_queue.push_ephemeral(frame.clone());
                }
            }
            Ephemeral::PresenceChange { joined, left, count } => {
                let mut state = self.lock();
                // Includes the change that makes a crowd small enough for a list, because the changes before it were
                // not sent.
                if state.unsent_people_changes > 0 || count + left.len() as u64 > limits::PEOPLE as u64 {
                    state.unsent_people_changes += 1;
                } else {
                    let frame = encoded_event::encode(&ServerFrame::People { room, joined, left, count, people: None });
                    state.broadcast(Broadcast::People(frame));
                }
            }
        }
    }

    /// Sends the list of people to the members, or only their number if they are too many to list. `seen_changes` is
    /// the number of unsent changes when the list was read; if there are more by now, the list is sent again at the
    /// next sweep.
    pub(super) fn broadcast_people(&self, people: Vec<User>, count: u64, seen_changes: u64) {
        let people = (count <= limits::PEOPLE as u64).then_some(people);
        // For clients that do not know the field `people`.
        let joined = people.clone().unwrap_or_default();
        let (room, left) = (self.name.to_string(), Vec::new());
        let frame = encoded_event::encode(&ServerFrame::People { room, joined, left, count, people });
        let mut state = self.lock();
        if state.unsent_people_changes == seen_changes {
            state.unsent_people_changes = 0;
        }
        state.broadcast(Broadcast::People(frame));
    }
}

impl BufferedEvents {
    fn push(&mut self, epoch: String, event: EncodedEvent) {
        if self.events.len() < MAX_BUFFERED_EVENTS {
            self.events.push_back((epoch, event));
        } else {
            self.missed = true;
        }
    }
}

impl LocalRoomState {
    /// Appends the next event and queues it for every member.
    pub fn append(&mut self, event: EncodedEvent, delivery: Delivery) {
        metrics::counter!("sala_deliveries_total").increment(self.members.len() as u64);
        self.broadcast(Broadcast::Event(event.clone(), delivery));
        self.log.push(event);
    }

    /// Adds a member whose join is not answered yet.
    pub fn add_member(&mut self, connection: &str, user: &User, send_queue: &Arc<SendQueue>) {
        let member = Member::new(user, send_queue, self.broadcasts.count_join());
        self.members.insert(connection.to_owned(), member);
    }

    fn broadcast(&mut self, frame: Broadcast) {
        if self.broadcasts.add(frame, &mut self.members)
            && let Some(room) = self.this.upgrade()
        {
            self.fan_out_queue.add(room);
        }
    }

    /// Pushes a waiting frame to the next members. Returns whether frames are left.
    pub fn fan_out_batch(&mut self) -> bool {
        self.broadcasts.advance_batch(&mut self.members)
    }

    /// Replaces every member's view. Frames that waited belong to the old one.
    pub fn reset_members(&mut self, reset: &EncodedFrame, head: &Head) {
        self.broadcasts.flush(&mut self.members);
        self.members.values_mut().for_each(|member| member.reset(reset, head.clone()));
    }
}

impl Member {
    fn new(user: &User, send_queue: &Arc<SendQueue>, joined: JoinCount) -> Self {
        Self {
            joined,
            user: user.clone(),
            send_queue: Arc::clone(send_queue),
            buffered: Some(Vec::new()),
            seen: Head::default(),
        }
    }

    pub fn push(&mut self, frame: &Broadcast) {
        match frame {
            Broadcast::Event(event, delivery) => self.push_event(event, *delivery),
            Broadcast::People(frame) => self.push_people(frame),
            Broadcast::Typing { frame, user } if *user != self.user.id => self.send_queue.push_ephemeral(frame.clone()),
            Broadcast::Typing { .. } => {}
        }
    }

    fn push_event(&mut self, event: &EncodedEvent, delivery: Delivery) {
        if self.buffered.is_some() {
            self.buffer(BufferedFrame::Event(event.clone()));
        } else if event.seq > self.seen.seq {
            match delivery {
                Delivery::Live => self.send_queue.push_event(event.frame.clone()),
                Delivery::Repaired => self.send_queue.push_repaired(event.frame.clone()),
            }
        } else if event.seq == self.seen.seq && event.uid != self.seen.uid {
            // The response to the join was ahead of this instance's log, and the history has lost those events since.
            // The client rejoins with its cursor and is told about the fork.
            self.send_queue.close(CloseMode::Now(CloseCode::HistoryLost));
        }
    }

    fn push_people(&mut self, frame: &EncodedFrame) {
        if self.buffered.is_some() {
            self.buffer(BufferedFrame::People(frame.clone()));
        } else {
            self.send_queue.push_event(frame.clone());
        }
    }

    fn buffer(&mut self, frame: BufferedFrame) {
        match &mut self.buffered {
            Some(buffered) if buffered.len() < MAX_BUFFERED_DURING_JOIN => buffered.push(frame),
            _ => self.send_queue.close(CloseMode::Now(CloseCode::TooSlow)),
        }
    }

    /// Replaces the member's view. A member whose join is not answered yet needs no reset, because the response will be
    /// correct.
    fn reset(&mut self, reset: &EncodedFrame, head: Head) {
        if let Some(buffered) = &mut self.buffered {
            buffered.retain(|frame| matches!(frame, BufferedFrame::People(_)));
        } else {
            // Queued as a reply, because live events are dropped with the queue of a slow reader.
            self.send_queue.push_response(reset.clone());
        }
        self.seen = head;
    }

    /// Queues the response to the join, then the frames buffered meanwhile that it does not include.
    pub fn go_live(&mut self, answer: EncodedFrame, permit: Option<OwnedSemaphorePermit>, seen: Head) {
        self.seen = seen;
        self.send_queue.push_response_with_permit(answer, permit);
        for frame in self.buffered.take().into_iter().flatten() {
            match frame {
                BufferedFrame::Event(event) => self.push_event(&event, Delivery::Live),
                BufferedFrame::People(frame) => self.push_people(&frame),
            }
        }
    }
}
