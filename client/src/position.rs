/// The least time between two words to the server about one room, in milliseconds.
const EVERY: u64 = 1_000;

/// Up to where the person has read a room, as numbers of events, and what the server knows of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Position {
    /// Here or elsewhere; what was there when the room was first seen counts as read.
    to: u64,
    /// On this screen; 0 where one looked at an empty room.
    here: Option<u64>,
    /// What the server knows, as far as this socket goes.
    told: Option<u64>,
    /// When it may be told again.
    next: u64,
}

impl Position {
    pub(crate) fn to(&self) -> u64 {
        self.to
    }

    /// Whether all up to there was read on this screen.
    pub(crate) fn is_read(&self, seq: u64) -> bool {
        self.here >= Some(seq)
    }

    /// Begins there, in a room that is seen for the first time or has another history by now.
    pub(crate) fn begin(&mut self, to: u64) {
        *self = Self { to, next: self.next, ..Self::default() };
    }

    /// All up to there is read on this screen. True if it was not.
    pub(crate) fn read(&mut self, seq: u64) -> bool {
        self.here = self.here.max(Some(seq));
        self.advance(seq)
    }

    /// The server says that all up to there was read. True if this is news.
    pub(crate) fn heard(&mut self, seq: u64) -> bool {
        self.told = self.told.max(Some(seq));
        self.advance(seq)
    }

    /// On another socket the server says anew what it knows.
    pub(crate) fn joined(&mut self) {
        self.told = None;
    }

    /// What the server is to be told now, and notes that it is.
    pub(crate) fn tell(&mut self, now: u64) -> Option<u64> {
        self.deadline().filter(|at| *at <= now)?;
        self.told = self.here;
        self.next = now.saturating_add(EVERY);
        self.here
    }

    /// When the server is to be told something.
    pub(crate) fn deadline(&self) -> Option<u64> {
        (self.here > self.told).then_some(self.next)
    }

    fn advance(&mut self, seq: u64) -> bool {
        let moves = seq > self.to;
        self.to = self.to.max(seq);
        moves
    }
}
