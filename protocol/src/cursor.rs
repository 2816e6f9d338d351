use serde::{Deserialize, Serialize};

/// A place in the one sequence of a room: the last event that its holder has seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The life of the room that `seq` counts in. It changes when the room's history was lost.
    pub epoch: String,
    /// The number of the event; 0 before the first one.
    pub seq: u64,
    /// The name of that very event, which tells two histories with the same numbers apart; empty before the first one.
    pub uid: String,
}
