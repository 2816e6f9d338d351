use crate::backoff::Backoff;
use crate::turn::Turn;

/// How long the answer to a join may take, in milliseconds.
const ANSWER: u64 = 15_000;

/// Whether the server counts this socket as a member of a room, and what is asked about it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Membership {
    /// Joined on this socket.
    inside: bool,
    join: Join,
    /// Joins in a row that brought nothing new.
    fruitless: u32,
    backoff: Backoff,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Join {
    #[default]
    Idle,
    /// Asked; again, should there be no answer by then.
    Asked { until: u64 },
    /// To be asked at that time.
    Waiting { at: u64 },
}

impl Membership {
    pub(crate) fn is_inside(&self) -> bool {
        self.inside
    }

    /// Whether an answer to a join is to come, now or later: no reason to ask again.
    pub(crate) fn is_joining(&self) -> bool {
        matches!(self.join, Join::Asked { .. } | Join::Waiting { .. })
    }

    pub(crate) fn asked(&mut self, now: u64) {
        self.join = Join::Asked { until: now.saturating_add(ANSWER) };
    }

    pub(crate) fn joined(&mut self) {
        self.inside = true;
        self.join = Join::Idle;
    }

    /// Neither a member nor about to be one, as far as this socket goes.
    pub(crate) fn refused(&mut self) {
        self.inside = false;
        self.join = Join::Idle;
    }

    pub(crate) fn wait_until(&mut self, at: u64) {
        self.join = Join::Waiting { at };
    }

    /// The server says that it never heard of this member.
    pub(crate) fn expelled(&mut self) {
        self.inside = false;
    }

    /// Plans to join again, because what is shown cannot be all: at once, but not in a loop. True if now.
    pub(crate) fn doubt(&mut self, turn: &Turn) -> bool {
        if self.is_joining() {
            return false;
        }
        self.fruitless += 1;
        let at_once = self.fruitless == 1;
        if !at_once {
            self.join = Join::Waiting { at: turn.now.saturating_add(self.backoff.next(turn.random)) };
        }
        at_once
    }

    /// Something new came.
    pub(crate) fn progressed(&mut self) {
        self.fruitless = 0;
        self.backoff.reset();
    }

    pub(crate) fn disconnected(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn is_due(&self, now: u64) -> bool {
        self.deadline().is_some_and(|at| at <= now)
    }

    pub(crate) fn deadline(&self) -> Option<u64> {
        match self.join {
            Join::Asked { until } => Some(until),
            Join::Waiting { at } => Some(at),
            Join::Idle => None,
        }
    }
}
