//! Sends the frames of large rooms to their members in batches. The writers of thousands of members, woken at once,
//! would delay every other task by tens of milliseconds.

use std::{
    collections::{BTreeMap, VecDeque},
    ops::Bound,
    sync::{Arc, Weak},
};

use tokio::{
    sync::{Mutex, mpsc},
    task::yield_now,
};

use super::{
    Hub,
    encoded_event::{EncodedEvent, EncodedFrame},
    room::{Delivery, LocalRoom, Member},
};

/// How many members get a frame before other tasks run: at about 10 µs for each writer, a fraction of a millisecond.
const BATCH: usize = if cfg!(test) { 1 } else { 32 };

/// Rooms with fewer members are not large: all members get a frame at once. All rooms of the tests are large.
const LARGE_ROOM: usize = if cfg!(test) { 1 } else { 128 };

/// How many frames may wait in a room. When it is full, the remaining members get the first one at once.
const MAX_WAITING: usize = 256;

/// A frame for the members of a room.
#[derive(Debug)]
pub(super) enum Broadcast {
    /// A stored event.
    Event(EncodedEvent, Delivery),
    /// A change of presence.
    People(EncodedFrame),
    /// A user is typing; all other users are told.
    Typing { frame: EncodedFrame, user: String },
}

/// How many members had joined a room. A frame is for those who had joined when it was added.
pub(super) type JoinCount = u64;

/// The frames that not all members of a room have got, in order.
#[derive(Debug, Default)]
pub(super) struct Broadcasts {
    waiting: VecDeque<(JoinCount, Broadcast)>,
    /// How many members have joined so far.
    joins: JoinCount,
    /// The last connection that got the first frame.
    reached: Option<String>,
    /// Whether the fan-out task has the room.
    is_queued: bool,
}

impl Broadcasts {
    /// Adds a frame, or pushes it to all members of a small room. Returns whether the room has to be queued for the
    /// fan-out task.
    pub fn add(&mut self, frame: Broadcast, members: &mut BTreeMap<String, Member>) -> bool {
        self.waiting.push_back((self.joins, frame));
        if members.len() < LARGE_ROOM {
            self.flush(members);
        } else if self.waiting.len() > MAX_WAITING {
            self.advance(members, usize::MAX);
        }
        !self.waiting.is_empty() && !std::mem::replace(&mut self.is_queued, true)
    }

    /// Counts a member that joins.
    pub fn count_join(&mut self) -> JoinCount {
        self.joins += 1;
        self.joins
    }

    /// Pushes all waiting frames.
    pub fn flush(&mut self, members: &mut BTreeMap<String, Member>) {
        while !self.waiting.is_empty() {
            self.advance(members, usize::MAX);
        }
    }

    /// Pushes the first frame to the next members.
    fn advance(&mut self, members: &mut BTreeMap<String, Member>, batch: usize) {
        let Some((joins, frame)) = self.waiting.front() else { return };
        let after = self.reached.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let next = members.range_mut::<str, _>((after, Bound::Unbounded));
        let mut next = next.filter(|(_, member)| member.joined <= *joins);
        let mut reached = None;
        for (connection, member) in next.by_ref().take(batch) {
            member.push(frame);
            reached = Some(connection);
        }
        self.reached = reached.cloned();
        if next.next().is_none() {
            self.waiting.pop_front();
            self.reached = None;
        }
    }

    /// Pushes the next batch. Returns whether frames are left; if not, the room leaves the queue.
    pub fn advance_batch(&mut self, members: &mut BTreeMap<String, Member>) -> bool {
        self.advance(members, BATCH);
        self.is_queued = !self.waiting.is_empty();
        self.is_queued
    }
}

/// The large rooms with frames that wait, each at most once.
#[derive(Clone, Debug)]
pub(super) struct FanOutQueue(mpsc::UnboundedSender<Arc<LocalRoom>>);

impl FanOutQueue {
    /// The queue and what [`run`] needs.
    pub fn new() -> (Self, Arc<Mutex<QueuedRooms>>) {
        let (sender, added) = mpsc::unbounded_channel();
        (Self(sender), Arc::new(Mutex::new(QueuedRooms { added, rooms: VecDeque::new() })))
    }

    /// Adds a room. During shutdown the task may have ended; the clients then catch up elsewhere.
    pub fn add(&self, room: Arc<LocalRoom>) {
        let _ = self.0.send(room);
    }
}

/// Outlives a panic of the task, so that no room is forgotten.
pub(super) struct QueuedRooms {
    added: mpsc::UnboundedReceiver<Arc<LocalRoom>>,
    rooms: VecDeque<Arc<LocalRoom>>,
}

/// Serves the queued rooms in turn, a batch of members each.
pub(super) async fn run(hub: Weak<Hub>, queue: Arc<Mutex<QueuedRooms>>) {
    let QueuedRooms { added, rooms } = &mut *queue.lock().await;
    loop {
        if rooms.is_empty() {
            let Some(room) = added.recv().await else { return };
            rooms.push_back(room);
        }
        while let Ok(room) = added.try_recv() {
            rooms.push_back(room);
        }
        let Some(hub) = hub.upgrade() else { return };
        #[cfg(test)]
        hub.panic_if_armed("fan_out");
        drop(hub);
        let has_more = rooms[0].lock().fan_out_batch();
        if has_more {
            rooms.rotate_left(1);
        } else {
            rooms.pop_front();
        }
        // Continues when the tasks that are ready now have run.
        yield_now().await;
    }
}
