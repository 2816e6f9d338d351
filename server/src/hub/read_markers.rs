//! Read markers: how far people have read a room. Updates are collected in memory, then stored and sent to the person's
//! other sockets once a second, so that no message waits for them. Losing some is harmless.

use std::{
    collections::HashMap,
    mem,
    sync::{Mutex, MutexGuard, Weak},
    time::Duration,
};

use futures_util::future;
use protocol::{RoomName, limits};
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::{Hub, room::LocalRoom};
use crate::{
    backend::{Ephemeral, ReadMarkerUpdate, ReadPosition},
    clock,
    supervisor::lock,
};

/// Interval between two flushes.
const FLUSH_INTERVAL: Duration = Duration::from_secs(1);

/// How many read markers may wait for the next flush. When it is full, new ones are dropped; the next update of the
/// same person covers them.
const MAX_PENDING: usize = 8_192;

/// Timeout for storing markers or loading one.
const STORE_TIMEOUT: Duration = Duration::from_secs(1);

/// Read markers that wait for the next flush, by user id and room.
#[derive(Debug, Default)]
pub(super) struct PendingReadMarkers(Mutex<HashMap<(String, RoomName), PendingReadMarker>>);

#[derive(Debug)]
struct PendingReadMarker {
    mark: ReadPosition,
    /// The connection that sent it, which is not notified.
    connection: String,
}

impl Hub {
    /// Records that a person has read a room up to `seq`.
    pub fn set_read_marker(&self, name: &RoomName, user: &str, connection: &str, seq: u64, uid: Option<&str>) {
        if let Some(mark) = self.find_room(name).and_then(|room| room.mark(seq, uid)) {
            self.pending_read_markers.add(user, name, PendingReadMarker { mark, connection: connection.to_owned() });
        }
    }

    /// How far a person has read a room, or `None` if it is unknown or takes too long to load.
    pub async fn read_marker(&self, name: &RoomName, user: &str) -> Option<ReadPosition> {
        let pending = self.pending_read_markers.mark(user, name);
        let stored = match timeout(STORE_TIMEOUT, self.read_markers.position(user, name)).await {
            Ok(Ok(stored)) => stored,
            Ok(Err(error)) => {
                tracing::debug!(%error, "a read marker could not be loaded");
                None
            }
            Err(_) => None,
        };
        match (pending, stored) {
            (Some(pending), Some(stored)) if stored.epoch == pending.epoch && stored.seq > pending.seq => Some(stored),
            (pending, stored) => pending.or(stored),
        }
    }

    /// Stores and broadcasts the pending read markers.
    pub(super) async fn flush_read_markers(&self) {
        let pending = mem::take(&mut *self.pending_read_markers.lock());
        if pending.is_empty() {
            return;
        }
        let at = clock::now_ms();
        let (mut positions, mut broadcasts) = (Vec::new(), Vec::new());
        for ((user, room), PendingReadMarker { mark, connection }) in pending {
            let ReadPosition { epoch, seq } = mark.clone();
            broadcasts.push(
                self.broadcast_read_marker(
                    room.clone(),
                    Ephemeral::Read { user: user.clone(), connection, epoch, seq },
                ),
            );
            positions.push(ReadMarkerUpdate { user, room, position: mark, at });
        }
        let both = future::join(self.read_markers.store(&positions), future::join_all(broadcasts));
        match timeout(STORE_TIMEOUT, both).await {
            Ok((Ok(()), _)) => {}
            Ok((Err(error), _)) => tracing::warn!(%error, "read markers were not stored"),
            Err(_) => tracing::warn!("read markers were not stored in time"),
        }
    }

    /// Broadcasts a read marker to all instances. For a crowded room only this instance is notified, because there the
    /// number of markers is the number of messages times the number of people; other instances include the marker in
    /// the next join.
    async fn broadcast_read_marker(&self, name: RoomName, ephemeral: Ephemeral) {
        let Some(room) = self.find_room(&name) else { return };
        if room.is_crowded() {
            room.broadcast_ephemeral(ephemeral);
        } else if let Err(error) = self.broker.publish_ephemeral(&name, &ephemeral).await {
            tracing::debug!(%error, "a read marker was not broadcast");
        }
    }
}

impl PendingReadMarkers {
    fn add(&self, user: &str, room: &RoomName, marker: PendingReadMarker) {
        let mut pending = self.lock();
        let has_space = pending.len() < MAX_PENDING;
        match pending.get_mut(&(user.to_owned(), room.clone())) {
            Some(known) if known.mark.epoch == marker.mark.epoch && known.mark.seq >= marker.mark.seq => {}
            Some(known) => *known = marker,
            None if has_space => _ = pending.insert((user.to_owned(), room.clone()), marker),
            None => {}
        }
    }

    fn mark(&self, user: &str, room: &RoomName) -> Option<ReadPosition> {
        self.lock().get(&(user.to_owned(), room.clone())).map(|pending| pending.mark.clone())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(String, RoomName), PendingReadMarker>> {
        lock(&self.0)
    }
}

impl LocalRoom {
    /// The read marker at `seq` in the current epoch, at most the head; 0 marks an empty room as read. `None` if `uid`
    /// is not the event at `seq`.
    fn mark(&self, seq: u64, uid: Option<&str>) -> Option<ReadPosition> {
        let state = self.lock();
        let end = state.log.head().seq;
        let is_here = seq > end || uid.is_none_or(|uid| state.log.may_have_uid(seq, uid));
        is_here.then(|| ReadPosition { epoch: state.log.epoch().to_owned(), seq: seq.min(end) })
    }

    fn is_crowded(&self) -> bool {
        let state = self.lock();
        state.unsent_people_changes > 0 || state.members.len() > limits::PEOPLE
    }
}

/// Flushes pending read markers until the hub is dropped.
pub(super) async fn run(hub: Weak<Hub>) {
    let mut ticks = interval(FLUSH_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let Some(hub) = hub.upgrade() else { return };
        hub.flush_read_markers().await;
    }
}
