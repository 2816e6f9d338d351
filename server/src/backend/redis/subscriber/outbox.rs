use std::future::pending;

use tokio::sync::mpsc::Sender;
use tokio::sync::mpsc::error::TrySendError;

use crate::backend::Signal;

/// The way of signals to the hub. When the queue is full, signals are dropped until there is a place again, and that place
/// is taken by [`Signal::Doubt`]: the library's own queue has no bound, so this side must always keep reading.
pub struct Outbox {
    signals: Sender<Signal>,
    in_doubt: bool,
}

impl Outbox {
    pub fn new(signals: Sender<Signal>) -> Self {
        Self { signals, in_doubt: false }
    }

    /// From now on, signals may have been missed.
    pub fn doubt(&mut self) {
        self.in_doubt = true;
    }

    pub fn pass(&mut self, signal: Signal) {
        if self.in_doubt {
            return;
        }
        if let Err(TrySendError::Full(_)) = self.signals.try_send(signal) {
            tracing::warn!("the queue of signals is full; rooms will be compared with the history");
            self.doubt();
        }
    }

    /// Says the doubt, as soon as there is a place for it; never returns when there is none to say. Cancel-safe: only taking
    /// the place can be interrupted.
    pub async fn settle(&mut self) {
        if !self.in_doubt {
            return pending().await;
        }
        if let Ok(place) = self.signals.reserve().await {
            place.send(Signal::Doubt);
        }
        self.in_doubt = false;
    }
}
