/// The least time between two `read` frames for one room, in milliseconds.
const SEND_INTERVAL: u64 = 1_000;

/// The person's read marker in a room as the `seq` of an event, and what the server knows of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReadMarker {
    /// The read marker over all screens. Events that existed when the room was first seen count as read.
    seq: u64,
    /// The read marker of this screen; 0 if the person looked at an empty room.
    here: Option<u64>,
    /// The read marker that the server knows, according to the current socket.
    known: Option<u64>,
    /// When the read marker may be sent again.
    next: u64,
}

impl ReadMarker {
    pub(crate) fn seq(&self) -> u64 {
        self.seq
    }

    /// Whether all events up to `seq` were read on this screen.
    pub(crate) fn is_read(&self, seq: u64) -> bool {
        self.here >= Some(seq)
    }

    /// Starts at `seq`, in a room that is seen for the first time or has another history.
    pub(crate) fn reset(&mut self, seq: u64) {
        *self = Self { seq, next: self.next, ..Self::default() };
    }

    /// Records that events up to `seq` were read on this screen. Returns whether the marker moved.
    pub(crate) fn advance_here(&mut self, seq: u64) -> bool {
        self.here = self.here.max(Some(seq));
        self.advance(seq)
    }

    /// Records the read marker that the server reports. Returns whether the marker moved.
    pub(crate) fn advance_elsewhere(&mut self, seq: u64) -> bool {
        self.known = self.known.max(Some(seq));
        self.advance(seq)
    }

    /// Forgets what the server knows. The server reports it again when the room is joined.
    pub(crate) fn joined(&mut self) {
        self.known = None;
    }

    /// Returns the read marker if it is to be sent now, and records it as sent.
    pub(crate) fn take_unsent(&mut self, now: u64) -> Option<u64> {
        self.deadline().filter(|at| *at <= now)?;
        self.known = self.here;
        self.next = now.saturating_add(SEND_INTERVAL);
        self.here
    }

    /// When to send the read marker; `None` if the server knows it.
    pub(crate) fn deadline(&self) -> Option<u64> {
        (self.here > self.known).then_some(self.next)
    }

    fn advance(&mut self, seq: u64) -> bool {
        let moves = seq > self.seq;
        self.seq = self.seq.max(seq);
        moves
    }
}
