//! Silence is checked too: the last event of a room may be the one that was not heard, and nothing would ever tell.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use protocol::Cursor;
use rand::Rng;
use tokio::time::sleep;

use super::{Hub, room::Room};
use crate::defence::{Defence, stands};

/// How often the heads of this instance's rooms are compared with the broker's, give or take a fifth.
const INTERVAL: Duration = Duration::from_secs(5);

/// How long an event may take that was counted in a head and is still on its way.
const IN_FLIGHT_GRACE: Duration = Duration::from_millis(500);

impl Hub {
    /// Finds the rooms whose head is not the broker's, and repairs them. `doubted` says that signals may have been missed, so
    /// that what cannot be compared has to be repaired, too.
    pub(super) async fn compare_heads(self: &Arc<Self>, gap_possible: bool) {
        if !stands(Defence::Silence) {
            return;
        }
        let cursor_of = |room: &Arc<Room>| {
            let mut state = room.lock();
            // Who came and went meanwhile may have been missed, too.
            state.unsent_people_changes += u64::from(gap_possible);
            (Arc::clone(room), state.log.cursor())
        };
        let rooms: Vec<(Arc<Room>, Cursor)> = self.lock().values().map(cursor_of).collect();
        let names: Vec<_> = rooms.iter().map(|(room, _)| room.name.clone()).collect();
        let heads = self.history.heads(&names).await;
        if let Some(error) = heads.iter().find_map(|head| head.as_ref().err()) {
            tracing::warn!(%error, "heads cannot be compared");
        }
        let is_behind = |room: &Room, head: &Cursor, before: &Cursor| {
            // A room that is being opened may have missed what came after its first read.
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

    /// Stops a room until it was compared with the history.
    pub(super) fn mark_stale(self: &Arc<Self>, room: &Arc<Room>) {
        if room.mark_stale() {
            self.repair(Arc::clone(room));
        }
    }

    /// Takes away those who have expired, and tells the members what was not told one by one.
    async fn sweep_presence(&self) {
        let rooms: Vec<_> = self.lock().values().filter(|room| room.has_members()).cloned().collect();
        let names: Vec<_> = rooms.iter().map(|room| room.name.clone()).collect();
        if let Err(error) = self.presence.sweep(&names).await {
            tracing::warn!(%error, "those who have expired could not be taken away");
        }
        for room in rooms.iter().filter(|room| room.lock().unsent_people_changes > 0) {
            self.broadcast_people(room).await;
        }
    }
}

/// Compares heads, looks after presence and closes the rooms that nobody uses, until the hub is gone.
pub(super) async fn run(hub: Weak<Hub>) {
    loop {
        let jitter = rand::rng().random_range(0.8..1.2);
        sleep(INTERVAL.mul_f64(jitter)).await;
        let Some(hub) = hub.upgrade() else { return };
        hub.compare_heads(false).await;
        hub.sweep_presence().await;
        hub.close_unused_rooms();
    }
}
