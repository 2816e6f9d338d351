/// The least time between two words to the server about one room, in milliseconds.
const SEND_INTERVAL: u64 = 1_000;

/// Up to where the person has read a room, as numbers of events, and what the server knows of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReadMarker {
    /// Here or elsewhere; what was there when the room was first seen counts as read.
    seq: u64,
    /// On this screen; 0 where one looked at an empty room.
    here: Option<u64>,
    /// What the server knows, as far as this socket goes.
    known: Option<u64>,
    /// When it may be known again.
    next: u64,
}

impl ReadMarker {
    pub(crate) fn seq(&self) -> u64 {
        self.seq
    }

    /// Whether all up to there was read on this screen.
    pub(crate) fn is_read(&self, seq: u64) -> bool {
        self.here >= Some(seq)
    }

    /// Begins there, in a room that is seen for the first time or has another history by now.
    pub(crate) fn reset(&mut self, seq: u64) {
        *self = Self { seq, next: self.next, ..Self::default() };
    }

    /// All up to there is read on this screen. True if it was not.
    pub(crate) fn advance_here(&mut self, seq: u64) -> bool {
        self.here = self.here.max(Some(seq));
        self.advance(seq)
    }

    /// The server says that all up to there was read. True if this is news.
    pub(crate) fn advance_elsewhere(&mut self, seq: u64) -> bool {
        self.known = self.known.max(Some(seq));
        self.advance(seq)
    }

    /// On another socket the server says anew what it knows.
    pub(crate) fn joined(&mut self) {
        self.known = None;
    }

    /// What the server is to be known now, and notes that it is.
    pub(crate) fn take_unsent(&mut self, now: u64) -> Option<u64> {
        self.deadline().filter(|at| *at <= now)?;
        self.known = self.here;
        self.next = now.saturating_add(SEND_INTERVAL);
        self.here
    }

    /// When the server is to be known something.
    pub(crate) fn deadline(&self) -> Option<u64> {
        (self.here > self.known).then_some(self.next)
    }

    fn advance(&mut self, seq: u64) -> bool {
        let moves = seq > self.seq;
        self.seq = self.seq.max(seq);
        moves
    }
}
