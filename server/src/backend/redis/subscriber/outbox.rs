use std::future::pending;

use tokio::sync::mpsc::Sender;
use tokio::sync::mpsc::error::TrySendError;

use crate::backend::BackendUpdate;

/// The way of updates to the hub. When the queue is full, updates are dropped until there is a place again, and that place
/// is taken by [`BackendUpdate::PossibleGap`]: the library's own queue has no bound, so this side must always keep reading.
pub struct Outbox {
    updates: Sender<BackendUpdate>,
    in_doubt: bool,
}

impl Outbox {
    pub fn new(updates: Sender<BackendUpdate>) -> Self {
        Self { updates, in_doubt: false }
    }

    /// From now on, updates may have been missed.
    pub fn doubt(&mut self) {
        self.in_doubt = true;
    }

    pub fn pass(&mut self, update: BackendUpdate) {
        if self.in_doubt {
            return;
        }
        if let Err(TrySendError::Full(_)) = self.updates.try_send(update) {
            tracing::warn!("the queue of updates is full; rooms will be compared with the history");
            self.doubt();
        }
    }

    /// Says the doubt, as soon as there is a place for it; never returns when there is none to say. Cancel-safe: only taking
    /// the place can be interrupted.
    pub async fn settle(&mut self) {
        if !self.in_doubt {
            return pending().await;
        }
        if let Ok(place) = self.updates.reserve().await {
            place.send(BackendUpdate::PossibleGap);
        }
        self.in_doubt = false;
    }
}
