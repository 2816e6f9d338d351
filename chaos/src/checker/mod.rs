//! Decides, from the journals of all clients and the stored history, whether a room kept its promises. The checker shares
//! no code with client or server.

mod acknowledged;
#[cfg(test)]
mod fixture;
mod history;
mod screen;
mod views;

use std::fmt;

pub use acknowledged::count_missing;
pub use history::{HistoryEntry, RoomHistory};

use crate::clients::Journal;

/// Whether a scenario destroys history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AllowedLoss {
    /// Nothing may be missing.
    None,
    /// Messages may be missing if a reset declared their loss.
    Declared,
}

/// A broken promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    pub kind: ViolationKind,
    pub room: String,
    /// Whose journal shows it; empty if the history does.
    pub user: String,
    pub detail: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ViolationKind {
    /// A message is missing from the history or from a screen.
    Lost,
    /// A message exists twice.
    Duplicated,
    /// Two clients saw different orders, or an author's messages are not in the order in which they were sent.
    OutOfOrder,
    /// Something is still pending although all faults have ended.
    Unsettled,
}

/// All violations in one room.
pub fn check_room(history: &RoomHistory, journals: &[Journal], loss: AllowedLoss) -> Vec<Violation> {
    let mut violations = history.violations();
    violations.extend(acknowledged::missing(history, journals, loss));
    for journal in journals {
        violations.extend(acknowledged::wrong_seqs(history, journal, loss));
        violations.extend(acknowledged::own_order(history, journal));
        violations.extend(views::violations(history, journal, loss));
        // A client that vanished received nothing more.
        if journal.vanished.is_none() {
            violations.extend(screen::violations(history, journal, loss));
        }
    }
    violations
}

impl Violation {
    fn new(journal: &Journal, kind: ViolationKind, detail: String) -> Self {
        Self { kind, room: journal.room.clone(), user: journal.user.clone(), detail }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, room, user, detail } = self;
        write!(f, "{kind:?} in {room}")?;
        if !user.is_empty() {
            write!(f, ", seen by {user}")?;
        }
        write!(f, ": {detail}")
    }
}
