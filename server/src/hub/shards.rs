//! Fans out the backend's updates in parallel. Each room belongs to one of [`SHARDS`] tasks, chosen by its name, so one
//! room's updates keep their order and a large room does not delay others.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, Weak},
};

use protocol::RoomName;
use tokio::sync::{
    Mutex,
    mpsc::{self, error::TrySendError},
};

use super::Hub;
use crate::{
    backend::{BackendUpdate, Ephemeral},
    supervisor::{Start, supervise},
};

/// How many shards there are. Far more than cores, so that two busy rooms rarely share one; an idle shard costs a few
/// hundred bytes.
pub(super) const SHARDS: usize = 64;

/// How many updates may wait in one shard. When it is full, the dispatcher marks the update's room stale if the backend
/// may lose publications anyway. Otherwise it waits, so that the backend's queue fills and its writer waits.
const SHARD_QUEUE: usize = 1_024;

/// Starts the dispatcher and the shards. They end when the hub is dropped.
pub(super) fn start(hub: &Arc<Hub>, updates: mpsc::Receiver<BackendUpdate>) {
    let shards: Vec<_> = (0..SHARDS).map(|index| start_shard(Arc::downgrade(hub), index)).collect();
    let (hub, shards, updates) = (Arc::downgrade(hub), Arc::new(shards), Arc::new(Mutex::new(updates)));
    tokio::spawn(supervise("dispatcher", move |start| {
        dispatch(hub.clone(), Arc::clone(&shards), Arc::clone(&updates), start)
    }));
}

fn start_shard(hub: Weak<Hub>, index: usize) -> mpsc::Sender<BackendUpdate> {
    let (sender, updates) = mpsc::channel(SHARD_QUEUE);
    let updates = Arc::new(Mutex::new(updates));
    tokio::spawn(supervise("shard", move |start| run_shard(hub.clone(), index, Arc::clone(&updates), start)));
    sender
}

fn shard_of(room: &RoomName) -> usize {
    let mut hasher = DefaultHasher::new();
    room.hash(&mut hasher);
    usize::try_from(hasher.finish() % SHARDS as u64).expect("the remainder is small")
}

/// Passes each update to the shard of its room.
pub(super) async fn dispatch(
    hub: Weak<Hub>,
    shards: Arc<Vec<mpsc::Sender<BackendUpdate>>>,
    updates: Arc<Mutex<mpsc::Receiver<BackendUpdate>>>,
    start: Start,
) {
    if start == Start::AfterPanic
        && let Some(hub) = hub.upgrade()
    {
        hub.handle_possible_gap();
    }
    let mut updates = updates.lock().await;
    while let Some(update) = updates.recv().await {
        let Some(hub) = hub.upgrade() else { return };
        #[cfg(test)]
        hub.panic_if_armed("dispatcher");
        let room = match &update {
            BackendUpdate::Appended { room, .. } | BackendUpdate::Ephemeral { room, .. } => room,
            BackendUpdate::PossibleGap => {
                hub.handle_possible_gap();
                continue;
            }
        };
        let shard = &shards[shard_of(room)];
        match shard.try_send(update) {
            Ok(()) | Err(TrySendError::Closed(_)) => {}
            Err(TrySendError::Full(update)) if hub.broker.may_lose_publications() => hub.handle_dropped(update),
            Err(TrySendError::Full(update)) => {
                drop(hub);
                // Fails only when the hub is dropped.
                if shard.send(update).await.is_err() {
                    return;
                }
            }
        }
    }
}

async fn run_shard(hub: Weak<Hub>, index: usize, updates: Arc<Mutex<mpsc::Receiver<BackendUpdate>>>, start: Start) {
    if start == Start::AfterPanic
        && let Some(hub) = hub.upgrade()
    {
        hub.mark_shard_stale(index);
    }
    let mut updates = updates.lock().await;
    while let Some(update) = updates.recv().await {
        let Some(hub) = hub.upgrade() else { return };
        #[cfg(test)]
        hub.panic_if_armed("shard");
        hub.handle_update(update);
    }
}

impl Hub {
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
            BackendUpdate::PossibleGap => self.handle_possible_gap(),
        }
    }

    /// Compares the heads of all rooms, because updates of any room may have been missed.
    fn handle_possible_gap(self: &Arc<Self>) {
        let hub = Arc::clone(self);
        self.spawn("maintenance", move |_| {
            let hub = Arc::clone(&hub);
            async move { hub.compare_heads(true).await }
        });
    }

    /// Repairs the room of an update that did not fit into its shard. Typing and read markers are lost.
    fn handle_dropped(self: &Arc<Self>, update: BackendUpdate) {
        match update {
            BackendUpdate::Appended { room, .. } => {
                if let Some(room) = self.find_room(&room) {
                    self.mark_stale(&room);
                }
            }
            BackendUpdate::Ephemeral { room, ephemeral: Ephemeral::PresenceChange { .. } } => {
                if let Some(room) = self.find_room(&room) {
                    room.lock().unsent_people_changes += 1;
                }
            }
            BackendUpdate::Ephemeral { .. } | BackendUpdate::PossibleGap => {}
        }
    }

    /// Compares the rooms of a shard with the history, because an update of one of them was lost.
    fn mark_shard_stale(self: &Arc<Self>, index: usize) {
        let rooms: Vec<_> = self.lock().values().filter(|room| shard_of(&room.name) == index).cloned().collect();
        for room in rooms {
            room.lock().unsent_people_changes += 1;
            self.mark_stale(&room);
        }
    }
}
