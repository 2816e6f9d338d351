use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use protocol::RoomName;
use tokio::runtime::Runtime;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{Permit, Sender};
use tokio_util::sync::CancellationToken;

use crate::backend::Signal;

/// The way of signals to the hub, for the rooms that it subscribed to.
pub struct Relay {
    subscribed: Mutex<HashSet<RoomName>>,
    signals: Sender<Signal>,
}

impl Relay {
    pub fn new(signals: Sender<Signal>) -> Self {
        Self { subscribed: Mutex::default(), signals }
    }

    pub fn subscribe(&self, room: &RoomName) {
        self.rooms().insert(room.clone());
    }

    pub fn unsubscribe(&self, room: &RoomName) {
        self.rooms().remove(room);
    }

    pub fn reaches(&self, room: &RoomName) -> bool {
        self.rooms().contains(room)
    }

    /// Waits for a place in the queue. There is none when nobody listens any more.
    pub async fn place(&self) -> Option<Permit<'_, Signal>> {
        self.signals.reserve().await.ok()
    }

    /// Signals from a thread. When the queue is full the thread waits, until there is a place, nobody listens any more, or
    /// the backend is closing.
    pub fn signal(&self, signal: Signal, waiting: &Runtime, closing: &CancellationToken) {
        if let Err(TrySendError::Full(signal)) = self.signals.try_send(signal) {
            waiting.block_on(closing.run_until_cancelled(self.signals.send(signal)));
        }
    }

    fn rooms(&self) -> std::sync::MutexGuard<'_, HashSet<RoomName>> {
        self.subscribed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
