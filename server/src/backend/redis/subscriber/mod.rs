//! The connection that listens, supervised here and not by the library: it comes back for ever, takes up every room again,
//! says when updates may have been missed, and is given up when it is open but deaf.

mod hearing;
mod line;
mod listening;
mod members;
mod outbox;
mod probe;
mod wishes;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use protocol::RoomName;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

use super::commands::Commands;
use crate::backend::{BackendError, BackendUpdate, Result};
use hearing::Ear;
pub use line::{Line, back_off};
pub use listening::Listening;
use wishes::Wishes;

/// How long a subscription may wait for its confirmation, over a reconnection if need be.
const PATIENCE: Duration = Duration::from_secs(4);

/// What the rest of the backend sees of it. Dropping it ends the connection.
pub struct Subscriber {
    wishes: Arc<Wishes>,
    hearing: Arc<AtomicBool>,
    _task: AbortOnDropHandle<()>,
}

impl Subscriber {
    pub fn start(line: Line, first: Listening, commands: Arc<Commands>, updates: mpsc::Sender<BackendUpdate>) -> Self {
        let (wishes, hearing) = (Arc::new(Wishes::default()), Arc::new(AtomicBool::new(true)));
        let ear = Ear::new(line, commands, Arc::clone(&wishes), Arc::clone(&hearing), updates);
        Self { wishes, hearing, _task: AbortOnDropHandle::new(tokio::spawn(ear.listen(first))) }
    }

    pub async fn subscribe(&self, room: &RoomName) -> Result<()> {
        let mut claim = self.wishes.wish(room);
        match timeout(PATIENCE, claim.confirmed()).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(BackendError::Unavailable("the room was unsubscribed from meanwhile".into())),
            Err(_) => Err(BackendError::Unavailable("Redis did not confirm a subscription in time".into())),
        }
    }

    pub fn unsubscribe(&self, room: &RoomName) {
        self.wishes.withdraw(room);
    }

    pub fn is_subscribed(&self) -> bool {
        self.hearing.load(Ordering::Relaxed)
    }
}
