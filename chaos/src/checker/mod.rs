//! Decides, from the journals of all clients and the stored history, whether a room kept its promises. The checker shares
//! no code with client or server.

mod history;
mod journals;
#[cfg(test)]
mod tests;

use std::fmt;

pub use history::{HistoryEntry, RoomHistory};

use crate::clients::Journal;
use journals::JournalCheck;

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
    let mut check = JournalCheck::new(history, journals, loss);
    journals.iter().for_each(|journal| check.check(journal));
    [history.violations(), check.violations].concat()
}

/// How many acknowledged messages are not in the history, for whatever reason.
pub fn count_missing(history: &RoomHistory, journals: &[Journal]) -> usize {
    let stored = history.seqs_by_key();
    let acknowledged = journals.iter().flat_map(|journal| journal.acknowledged.iter().map(|one| journal.key(&one.id)));
    acknowledged.filter(|key| !stored.contains_key(key.as_str())).count()
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
