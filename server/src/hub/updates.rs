//! Handles the backend's updates.

use std::sync::{Arc, Weak};

use tokio::sync::{Mutex, mpsc};

use super::Hub;
use crate::{
    backend::BackendUpdate,
    supervisor::{Start, supervise},
};

/// Starts the dispatcher. It ends when the hub is dropped.
pub(super) fn start(hub: &Arc<Hub>, updates: mpsc::Receiver<BackendUpdate>) {
    let (hub, updates) = (Arc::downgrade(hub), Arc::new(Mutex::new(updates)));
    tokio::spawn(supervise("dispatcher", move |start| dispatch(hub.clone(), Arc::clone(&updates), start)));
}

/// Handles updates in their order.
async fn dispatch(hub: Weak<Hub>, updates: Arc<Mutex<mpsc::Receiver<BackendUpdate>>>, start: Start) {
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
        self.spawn("head_check", move |_| {
            let hub = Arc::clone(&hub);
            async move { hub.compare_heads(true).await }
        });
    }
}
