//! Periodic maintenance of rooms: compares each head with the broker's, removes expired connections and closes unused
//! rooms. The last publication of a room may have been lost, and nothing after it would reveal the gap.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use protocol::Cursor;
use rand::Rng;
use tokio::time::sleep;

use super::{Hub, room::LocalRoom};

/// Interval between two comparisons, varied by up to a fifth so that instances do not ask at the same time.
const INTERVAL: Duration = Duration::from_secs(5);

/// How long the publication of an event may take after the head includes it.
const IN_FLIGHT_GRACE: Duration = Duration::from_millis(500);

impl Hub {
    /// Repairs the rooms whose head differs from the broker's. With `gap_possible`, updates may have been missed, so
    /// rooms whose head cannot be read are repaired as well.
    pub(super) async fn compare_heads(self: &Arc<Self>, gap_possible: bool) {
        let cursor_of = |room: &Arc<LocalRoom>| {
            let mut state = room.lock();
            // Changes of presence may have been missed as well.
            state.unsent_people_changes += u64::from(gap_possible);
            (Arc::clone(room), state.log.cursor())
        };
        let rooms: Vec<(Arc<LocalRoom>, Cursor)> = self.lock().values().map(cursor_of).collect();
        let names: Vec<_> = rooms.iter().map(|(room, _)| room.name.clone()).collect();
        let heads = self.history.heads(&names).await;
        if let Some(error) = heads.iter().find_map(|head| head.as_ref().err()) {
            tracing::warn!(%error, "heads cannot be compared");
        }
        let is_behind = |room: &LocalRoom, head: &Cursor, before: &Cursor| {
            // A room that is being opened may have missed events after its first read.
            if room.opened.initialized() { !room.lock().log.is_current_with(head, before) } else { gap_possible }
        };
        let mut behind = Vec::new();
        for ((room, before), head) in rooms.into_iter().zip(heads) {
            match head {
                Ok(head) if is_behind(&room, &head, &before) => behind.push((room, before, head)),
                Err(_) if gap_possible => self.mark_stale(&room),
                Ok(_) | Err(_) => {}
            }
        }
        if !gap_possible && !behind.is_empty() {
            sleep(IN_FLIGHT_GRACE).await;
            behind.retain(|(room, before, head)| is_behind(room, head, before));
        }
        behind.iter().for_each(|(room, ..)| self.mark_stale(room));
    }

    /// Buffers a room's events until the log was compared with the history.
    pub(super) fn mark_stale(self: &Arc<Self>, room: &Arc<LocalRoom>) {
        if room.mark_stale() {
            self.repair(Arc::clone(room));
        }
    }

    /// Removes expired connections, and broadcasts the list of people where single changes were not broadcast.
    async fn sweep_presence(&self) {
        let rooms: Vec<_> = self.lock().values().filter(|room| room.has_members()).cloned().collect();
        let names: Vec<_> = rooms.iter().map(|room| room.name.clone()).collect();
        if let Err(error) = self.presence.sweep(&names).await {
            tracing::warn!(%error, "expired connections were not removed");
        }
        for room in rooms.iter().filter(|room| room.lock().unsent_people_changes > 0) {
            self.broadcast_people(room).await;
        }
    }
}

/// Compares heads, sweeps presence and closes unused rooms until the hub is dropped.
pub(super) async fn run(hub: Weak<Hub>) {
    loop {
        let jitter = rand::rng().random_range(0.8..1.2);
        sleep(INTERVAL.mul_f64(jitter)).await;
        let Some(hub) = hub.upgrade() else { return };
        if hub.broker.may_lose_publications() {
            hub.compare_heads(false).await;
        }
        hub.sweep_presence().await;
        hub.close_unused_rooms();
    }
}
