use crate::backoff::Backoff;
use crate::effects::Effects;

/// How long the answer to a join may take, in milliseconds.
const RESPONSE_TIMEOUT: u64 = 15_000;

/// Whether the server counts this socket as a member of a room, and what is asked about it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Membership {
    /// Joined on this socket.
    joined: bool,
    join: Join,
    /// Joins in a row that brought nothing new.
    joins_without_progress: u32,
    backoff: Backoff,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Join {
    #[default]
    Idle,
    /// InFlight; again, should there be no answer by then.
    InFlight { until: u64 },
    /// To be asked at that time.
    Scheduled { at: u64 },
}

impl Membership {
    pub(crate) fn is_joined(&self) -> bool {
        self.joined
    }

    /// Whether an answer to a join is to come, now or later: no reason to ask again.
    pub(crate) fn is_joining(&self) -> bool {
        matches!(self.join, Join::InFlight { .. } | Join::Scheduled { .. })
    }

    pub(crate) fn join_sent(&mut self, now: u64) {
        self.join = Join::InFlight { until: now.saturating_add(RESPONSE_TIMEOUT) };
    }

    pub(crate) fn joined(&mut self) {
        self.joined = true;
        self.join = Join::Idle;
    }

    /// Neither a member nor about to be one, as far as this socket goes.
    pub(crate) fn reset(&mut self) {
        self.joined = false;
        self.join = Join::Idle;
    }

    pub(crate) fn join_at(&mut self, at: u64) {
        self.join = Join::Scheduled { at };
    }

    /// The server says that it never heard of this member.
    pub(crate) fn not_joined(&mut self) {
        self.joined = false;
    }

    /// Plans to join again, because what is shown cannot be all: at once, but not in a loop. True if now.
    pub(crate) fn schedule_rejoin(&mut self, effects: &Effects) -> bool {
        if self.is_joining() {
            return false;
        }
        self.joins_without_progress += 1;
        let at_once = self.joins_without_progress == 1;
        if !at_once {
            self.join = Join::Scheduled { at: effects.now.saturating_add(self.backoff.next(effects.random)) };
        }
        at_once
    }

    /// Something new came.
    pub(crate) fn made_progress(&mut self) {
        self.joins_without_progress = 0;
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
            Join::InFlight { until } => Some(until),
            Join::Scheduled { at } => Some(at),
            Join::Idle => None,
        }
    }
}
