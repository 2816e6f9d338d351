use std::future::pending;

use tokio::sync::mpsc::Sender;
use tokio::sync::mpsc::error::TrySendError;

use crate::backend::BackendUpdate;

/// Forwards updates to the hub. When the queue is full, updates are dropped until there is space, and
/// [`BackendUpdate::PossibleGap`] takes it: redis-rs's own queue is unbounded, so this side must never stop reading.
pub struct UpdateSender {
    updates: Sender<BackendUpdate>,
    has_gap: bool,
}

impl UpdateSender {
    pub fn new(updates: Sender<BackendUpdate>) -> Self {
        Self { updates, has_gap: false }
    }

    /// Drops updates from now on, until the gap is reported.
    pub fn mark_gap(&mut self) {
        self.has_gap = true;
    }

    pub fn send(&mut self, update: BackendUpdate) {
        if self.has_gap {
            return;
        }
        if let Err(TrySendError::Full(_)) = self.updates.try_send(update) {
            tracing::warn!("the queue of updates is full; rooms will be compared with the history");
            self.mark_gap();
        }
    }

    /// Reports the gap as soon as there is space; pending for ever if there is none to report. Cancel-safe: only
    /// waiting for the permit can be interrupted.
    pub async fn flush_gap(&mut self) {
        if !self.has_gap {
            return pending().await;
        }
        if let Ok(permit) = self.updates.reserve().await {
            permit.send(BackendUpdate::PossibleGap);
        }
        self.has_gap = false;
    }
}
