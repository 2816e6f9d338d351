//! Decides, from the journals of all people and the history that is left, whether a room kept its promises. It knows no
//! client and no server: only what was written down.

mod acknowledged;
#[cfg(test)]
mod case;
mod history;
mod own_order;
mod screen;
mod views;

use std::fmt;

pub use acknowledged::count_missing;
pub use history::{HistoryEntry, RoomHistory};

use crate::clients::Journal;

/// Whether a scenario destroys history, so that messages may be missing where that was declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AllowedLoss {
    /// Nothing may be missing.
    None,
    /// What a reset declared may be missing.
    Declared,
}

/// One promise that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    pub kind: ViolationKind,
    pub room: String,
    /// Whose journal shows it; empty where the history does.
    pub who: String,
    pub detail: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ViolationKind {
    /// A message is missing: from the history, or from a screen.
    Lost,
    /// A message is there twice.
    Duplicated,
    /// Two saw different orders, or somebody's own messages are not in the order in which they were said.
    OutOfOrder,
    /// All is well again, and something still waits.
    Unsettled,
}

/// Everything that is wrong in one room.
pub fn check_room(history: &RoomHistory, journals: &[Journal], loss: AllowedLoss) -> Vec<Violation> {
    let mut violations = history.violations();
    violations.extend(acknowledged::missing(history, journals, loss));
    for journal in journals {
        violations.extend(acknowledged::misplaced(history, journal, loss));
        violations.extend(views::violations(history, journal, loss));
        // Whoever vanished was told nothing more.
        if journal.vanished.is_none() {
            violations.extend(screen::violations(history, journal, loss));
        }
        violations.extend(own_order::violations(history, journal));
    }
    violations
}

impl Violation {
    fn of(journal: &Journal, kind: ViolationKind, detail: String) -> Self {
        Self { kind, room: journal.room.clone(), who: journal.who.clone(), detail }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, room, who, detail } = self;
        write!(f, "{kind:?} in {room}")?;
        if !who.is_empty() {
            write!(f, ", seen by {who}")?;
        }
        write!(f, ": {detail}")
    }
}
