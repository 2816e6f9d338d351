//! One room on this instance: its log, its members, and the events that wait while the log is brought up to date.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
    time::Instant,
};

use protocol::{CloseCode, Head, RoomName, ServerFrame, User, limits};
use tokio::sync::{OnceCell, OwnedSemaphorePermit};

use super::{
    catch_up::CatchUpCache,
    encoded_event::{self, EncodedEvent, EncodedFrame},
    event_log::{EventLog, Placement},
    send_queue::{CloseMode, SendQueue},
};
use crate::backend::{Entry, Whisper};

/// How many events may wait for a repair. When it is full the newer ones are dropped, and read from the history after it.
const MAX_BUFFERED_EVENTS: usize = 1_024;

/// How many frames may wait for a member whose join is being answered. When it is full the socket is closed with 4100.
const MAX_BUFFERED_DURING_JOIN: usize = 4_096;

/// A room that somebody on this instance is in, or was a moment ago.
#[derive(Debug)]
pub struct Room {
    /// Its name.
    pub name: RoomName,
    /// Set when the room was subscribed to and its log primed. Single-flight for all who come in at once.
    pub(super) opened: OnceCell<()>,
    pub(super) state: Mutex<RoomState>,
    /// The older past, read for those whose cursor lies before the ring. Its lock makes the reading single-flight.
    pub(super) catch_up: tokio::sync::Mutex<CatchUpCache>,
}

#[derive(Debug)]
pub(super) struct RoomState {
    pub log: EventLog,
    pub members: HashMap<String, Member>,
    /// Events that wait while the log is being read from the history; `None` when it is up to date.
    pub buffered: Option<BufferedEvents>,
    pub last_used: Instant,
    /// How many changes of who is here were not told one by one.
    pub unsent_people_changes: u64,
    /// Connections that ended a moment ago, and may be back: whose they were.
    pub disconnected: HashMap<String, User>,
}

/// Events that came while the log was not up to date, each with its epoch.
#[derive(Debug, Default)]
pub(super) struct BufferedEvents {
    pub events: VecDeque<(String, EncodedEvent)>,
    /// Whether others came that are not among them.
    pub missed: bool,
}

/// A connection in a room.
#[derive(Debug)]
pub(super) struct Member {
    pub user: User,
    pub send_queue: Arc<SendQueue>,
    /// What waits for the answer to this member's join.
    buffered: Option<Vec<BufferedFrame>>,
    /// The member has all events up to this one, though they may still come to the room.
    seen: Head,
}

/// Where an event came from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Delivery {
    /// It was heard.
    Live,
    /// It was missed and read, or waited for that.
    Repaired,
}

/// What comes by itself to one who is in a room.
#[derive(Debug)]
enum BufferedFrame {
    Event(EncodedEvent),
    People(EncodedFrame),
}

impl Room {
    pub(super) fn new(name: RoomName) -> Self {
        let state = RoomState {
            log: EventLog::default(),
            members: HashMap::new(),
            buffered: Some(BufferedEvents::default()),
            last_used: Instant::now(),
            unsent_people_changes: 0,
            disconnected: HashMap::new(),
        };
        Self { name, opened: OnceCell::new(), state: Mutex::new(state), catch_up: tokio::sync::Mutex::default() }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, RoomState> {
        self.state.lock().expect("no one panics while holding a room")
    }

    pub(super) fn has_members(&self) -> bool {
        !self.lock().members.is_empty()
    }

    /// Takes an event from the broker. Returns whether a repair has to be started.
    pub(super) fn handle_event(&self, epoch: String, entry: Entry) -> bool {
        let event = EncodedEvent::new(&self.name, entry);
        let mut state = self.lock();
        if let Some(buffered) = &mut state.buffered {
            buffered.push(epoch, event);
            return false;
        }
        match state.log.place(&epoch, &event) {
            Placement::Next => state.append(event, Delivery::Live),
            Placement::Known => {}
            Placement::Mismatch => {
                let mut buffered = BufferedEvents::default();
                buffered.push(epoch, event);
                state.buffered = Some(buffered);
                return true;
            }
        }
        false
    }

    /// Stops taking events until the log was compared with the history. Returns whether a repair has to be started.
    pub(super) fn mark_stale(&self) -> bool {
        let mut state = self.lock();
        let is_live = state.buffered.is_none();
        state.buffered.get_or_insert_default().missed = true;
        is_live
    }

    /// Tells the members something that is not kept; the person it is about has no need of it when typing, and nobody else when
    /// reading.
    pub(super) fn broadcast_ephemeral(&self, whisper: Whisper) {
        let room = self.name.to_string();
        match whisper {
            Whisper::Typing { user } => {
                let frame = encoded_event::encode(&ServerFrame::Typing { room, user: user.clone() });
                for member in self.lock().members.values().filter(|member| member.user.id != user.id) {
                    member.send_queue.push_ephemeral(frame.clone());
                }
            }
            Whisper::Read { user, connection, epoch, seq } => {
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
            Whisper::People { joined, left, count } => {
                let mut state = self.lock();
                // Also the change that brings a crowd down to a list: what came before it was not told.
                if state.unsent_people_changes > 0 || count + left.len() as u64 > limits::PEOPLE as u64 {
                    state.unsent_people_changes += 1;
                } else {
                    let frame = encoded_event::encode(&ServerFrame::People { room, joined, left, count, people: None });
                    state.members.values_mut().for_each(|member| member.push_people(&frame));
                }
            }
        }
    }

    /// Tells the members who is here, or only how many where they are more than are listed. `untold` changes had not been told
    /// when that was read; with more by now it is told again soon.
    pub(super) fn broadcast_people(&self, people: Vec<User>, count: u64, seen_changes: u64) {
        let people = (count <= limits::PEOPLE as u64).then_some(people);
        // For a client that does not know the list.
        let joined = people.clone().unwrap_or_default();
        let (room, left) = (self.name.to_string(), Vec::new());
        let frame = encoded_event::encode(&ServerFrame::People { room, joined, left, count, people });
        let mut state = self.lock();
        if state.unsent_people_changes == seen_changes {
            state.unsent_people_changes = 0;
        }
        state.members.values_mut().for_each(|member| member.push_people(&frame));
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

impl RoomState {
    /// Appends the next event and brings it to every member.
    pub fn append(&mut self, event: EncodedEvent, delivery: Delivery) {
        for member in self.members.values_mut() {
            member.push_event(&event, delivery);
        }
        metrics::counter!("sala_deliveries_total").increment(self.members.len() as u64);
        self.log.push(event);
    }
}

impl Member {
    /// One whose join is to be answered.
    pub fn new(user: &User, send_queue: &Arc<SendQueue>) -> Self {
        Self {
            user: user.clone(),
            send_queue: Arc::clone(send_queue),
            buffered: Some(Vec::new()),
            seen: Head::default(),
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
            // The answer was ahead of what this instance had heard, and the history has lost that end since. Coming back with
            // its cursor the member is told so.
            self.send_queue.close(CloseMode::Now(CloseCode::Overloaded));
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

    /// Replaces the member's view. One whose join is not answered yet needs no replacement: the answer will be right.
    pub fn reset(&mut self, reset: &EncodedFrame, head: Head) {
        if let Some(buffered) = &mut self.buffered {
            buffered.retain(|frame| matches!(frame, BufferedFrame::People(_)));
        } else {
            // Not as a live event, which would be dropped with the queue of a slow reader.
            self.send_queue.push_reply(reset.clone());
        }
        self.seen = head;
    }

    /// Goes live: the answer to the join first, then what came meanwhile and is not in it.
    pub fn go_live(&mut self, answer: EncodedFrame, permit: Option<OwnedSemaphorePermit>, seen: Head) {
        self.seen = seen;
        self.send_queue.push_reply_with_permit(answer, permit);
        for frame in self.buffered.take().into_iter().flatten() {
            match frame {
                BufferedFrame::Event(event) => self.push_event(&event, Delivery::Live),
                BufferedFrame::People(frame) => self.push_people(&frame),
            }
        }
    }
}
