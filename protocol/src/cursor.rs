use serde::{Deserialize, Serialize};

/// A position in the sequence of a room: the last event that a client has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The epoch of the room that `seq` belongs to. It changes when the room's history was lost.
    pub epoch: String,
    /// The `seq` of the event; 0 before the first one.
    pub seq: u64,
    /// The `uid` of the event, which distinguishes two histories with the same `seq`; empty before the first one.
    pub uid: String,
}
