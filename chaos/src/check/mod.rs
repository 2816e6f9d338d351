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

pub use acknowledged::gone;
pub use history::{Entry, History};

use crate::people::Journal;

/// Whether a scenario destroys history, so that messages may be missing where that was declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Nothing may be missing.
    None,
    /// What a reset declared may be missing.
    Declared,
}

/// One promise that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub breach: Breach,
    pub room: String,
    /// Whose journal shows it; empty where the history does.
    pub who: String,
    pub detail: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Breach {
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
pub fn examine(history: &History, journals: &[Journal], loss: Loss) -> Vec<Finding> {
    let mut findings = history.flaws();
    findings.extend(acknowledged::missing(history, journals, loss));
    for journal in journals {
        findings.extend(acknowledged::misplaced(history, journal, loss));
        findings.extend(views::flaws(history, journal, loss));
        // Whoever vanished was told nothing more.
        if journal.vanished.is_none() {
            findings.extend(screen::flaws(history, journal, loss));
        }
        findings.extend(own_order::flaws(history, journal));
    }
    findings
}

impl Finding {
    fn of(journal: &Journal, breach: Breach, detail: String) -> Self {
        Self { breach, room: journal.room.clone(), who: journal.who.clone(), detail }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { breach, room, who, detail } = self;
        write!(f, "{breach:?} in {room}")?;
        if !who.is_empty() {
            write!(f, ", seen by {who}")?;
        }
        write!(f, ": {detail}")
    }
}
