//! One room on this instance: its log, its members, and the events that wait while the log is brought up to date.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
    time::Instant,
};

use protocol::{CloseCode, Head, RoomName, ServerFrame, User, limits};
use tokio::sync::{OnceCell, OwnedSemaphorePermit};

use super::{
    deep::Deep,
    frame::{self, Frame, Line},
    log::{Log, Place},
    mailbox::{Closing, Mailbox},
};
use crate::backend::{Entry, Whisper};

/// How many events may wait for a repair. When it is full the newer ones are dropped, and read from the history after it.
const HELD: usize = 1_024;

/// How many frames may wait for a member whose join is being answered. When it is full the socket is closed with 4100.
const HELD_FOR_A_JOIN: usize = 4_096;

/// A room that somebody on this instance is in, or was a moment ago.
#[derive(Debug)]
pub struct Room {
    /// Its name.
    pub name: RoomName,
    /// Set when the room was subscribed to and its log primed. Single-flight for all who come in at once.
    pub(super) opened: OnceCell<()>,
    pub(super) state: Mutex<State>,
    /// The older past, read for those whose cursor lies before the ring. Its lock makes the reading single-flight.
    pub(super) deep: tokio::sync::Mutex<Deep>,
}

#[derive(Debug)]
pub(super) struct State {
    pub log: Log,
    pub members: HashMap<String, Member>,
    /// Events that wait while the log is being read from the history; `None` when it is up to date.
    pub held: Option<Held>,
    pub last_used: Instant,
    /// How many changes of who is here were not told one by one.
    pub people_untold: u64,
    /// Connections that ended a moment ago, and may be back: whose they were.
    pub lost: HashMap<String, User>,
}

/// Events that came while the log was not up to date, each with its epoch.
#[derive(Debug, Default)]
pub(super) struct Held {
    pub events: VecDeque<(String, Line)>,
    /// Whether others came that are not among them.
    pub missed: bool,
}

/// A connection in a room.
#[derive(Debug)]
pub(super) struct Member {
    pub user: User,
    pub mailbox: Arc<Mailbox>,
    /// What waits for the answer to this member's join.
    held: Option<Vec<Live>>,
    /// The member has all events up to this one, though they may still come to the room.
    seen: Head,
}

/// Where an event came from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Origin {
    /// It was heard.
    Broker,
    /// It was missed and read, or waited for that.
    Repair,
}

/// What comes by itself to one who is in a room.
#[derive(Debug)]
enum Live {
    Event(Line),
    People(Frame),
}

impl Room {
    pub(super) fn new(name: RoomName) -> Self {
        let state = State {
            log: Log::default(),
            members: HashMap::new(),
            held: Some(Held::default()),
            last_used: Instant::now(),
            people_untold: 0,
            lost: HashMap::new(),
        };
        Self { name, opened: OnceCell::new(), state: Mutex::new(state), deep: tokio::sync::Mutex::default() }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no one panics while holding a room")
    }

    pub(super) fn has_members(&self) -> bool {
        !self.lock().members.is_empty()
    }

    /// Takes an event from the broker. Returns whether a repair has to be started.
    pub(super) fn receive(&self, epoch: String, entry: Entry) -> bool {
        let line = Line::new(&self.name, entry);
        let mut state = self.lock();
        if let Some(held) = &mut state.held {
            held.push(epoch, line);
            return false;
        }
        match state.log.place(&epoch, &line) {
            Place::Next => state.append(line, Origin::Broker),
            Place::Seen => {}
            Place::Astray => {
                let mut held = Held::default();
                held.push(epoch, line);
                state.held = Some(held);
                return true;
            }
        }
        false
    }

    /// Stops taking events until the log was compared with the history. Returns whether a repair has to be started.
    pub(super) fn suspect(&self) -> bool {
        let mut state = self.lock();
        let is_live = state.held.is_none();
        state.held.get_or_insert_default().missed = true;
        is_live
    }

    /// Tells the members something that is not kept; the person it is about has no need of it when typing, and nobody else when
    /// reading.
    pub(super) fn whisper(&self, whisper: Whisper) {
        let room = self.name.to_string();
        match whisper {
            Whisper::Typing { user } => {
                let frame = frame::encode(&ServerFrame::Typing { room, user: user.clone() });
                for member in self.lock().members.values().filter(|member| member.user.id != user.id) {
                    member.mailbox.whisper(frame.clone());
                }
            }
            Whisper::Read { user, connection, epoch, seq } => {
                let state = self.lock();
                if state.log.epoch() != epoch {
                    return;
                }
                let frame = frame::encode(&ServerFrame::Read { room, seq });
                let elsewhere = |(at, member): &(&String, &Member)| **at != connection && member.user.id == user;
                for (_, member) in state.members.iter().filter(elsewhere) {
                    member.mailbox.whisper(frame.clone());
                }
            }
            Whisper::People { joined, left, count } => {
                let mut state = self.lock();
                // Also the change that brings a crowd down to a list: what came before it was not told.
                if state.people_untold > 0 || count + left.len() as u64 > limits::PEOPLE as u64 {
                    state.people_untold += 1;
                } else {
                    let frame = frame::encode(&ServerFrame::People { room, joined, left, count, people: None });
                    state.members.values_mut().for_each(|member| member.people(&frame));
                }
            }
        }
    }

    /// Tells the members who is here, or only how many where they are more than are listed. `untold` changes had not been told
    /// when that was read; with more by now it is told again soon.
    pub(super) fn tell_people(&self, people: Vec<User>, count: u64, untold: u64) {
        let people = (count <= limits::PEOPLE as u64).then_some(people);
        // For a client that does not know the list.
        let joined = people.clone().unwrap_or_default();
        let (room, left) = (self.name.to_string(), Vec::new());
        let frame = frame::encode(&ServerFrame::People { room, joined, left, count, people });
        let mut state = self.lock();
        if state.people_untold == untold {
            state.people_untold = 0;
        }
        state.members.values_mut().for_each(|member| member.people(&frame));
    }
}

impl Held {
    fn push(&mut self, epoch: String, line: Line) {
        if self.events.len() < HELD {
            self.events.push_back((epoch, line));
        } else {
            self.missed = true;
        }
    }
}

impl State {
    /// Appends the next event and brings it to every member.
    pub fn append(&mut self, line: Line, origin: Origin) {
        for member in self.members.values_mut() {
            member.event(&line, origin);
        }
        metrics::counter!("sala_deliveries_total").increment(self.members.len() as u64);
        self.log.push(line);
    }
}

impl Member {
    /// One whose join is to be answered.
    pub fn new(user: &User, mailbox: &Arc<Mailbox>) -> Self {
        Self { user: user.clone(), mailbox: Arc::clone(mailbox), held: Some(Vec::new()), seen: Head::default() }
    }

    fn event(&mut self, line: &Line, origin: Origin) {
        if self.held.is_some() {
            self.hold(Live::Event(line.clone()));
        } else if line.seq > self.seen.seq {
            match origin {
                Origin::Broker => self.mailbox.deliver(line.frame.clone()),
                Origin::Repair => self.mailbox.repair(line.frame.clone()),
            }
        } else if line.seq == self.seen.seq && line.uid != self.seen.uid {
            // The answer was ahead of what this instance had heard, and the history has lost that end since. Coming back with
            // its cursor the member is told so.
            self.mailbox.close(Closing::Now(CloseCode::Overloaded));
        }
    }

    fn people(&mut self, frame: &Frame) {
        if self.held.is_some() {
            self.hold(Live::People(frame.clone()));
        } else {
            self.mailbox.deliver(frame.clone());
        }
    }

    fn hold(&mut self, live: Live) {
        match &mut self.held {
            Some(held) if held.len() < HELD_FOR_A_JOIN => held.push(live),
            _ => self.mailbox.close(Closing::Now(CloseCode::TooSlow)),
        }
    }

    /// Replaces the member's view. One whose join is not answered yet needs no replacement: the answer will be right.
    pub fn start_over(&mut self, reset: &Frame, head: Head) {
        if let Some(held) = &mut self.held {
            held.retain(|live| matches!(live, Live::People(_)));
        } else {
            // Not as a live event, which would be dropped with the queue of a slow reader.
            self.mailbox.reply(reset.clone());
        }
        self.seen = head;
    }

    /// Goes live: the answer to the join first, then what came meanwhile and is not in it.
    pub fn go_live(&mut self, answer: Frame, permit: Option<OwnedSemaphorePermit>, seen: Head) {
        self.seen = seen;
        self.mailbox.reply_with(answer, permit);
        for live in self.held.take().into_iter().flatten() {
            match live {
                Live::Event(line) => self.event(&line, Origin::Broker),
                Live::People(frame) => self.people(&frame),
            }
        }
    }
}
