use crate::backoff::Backoff;
use crate::effects::Effects;

/// How long the answer to a join may take, in milliseconds.
const RESPONSE_TIMEOUT: u64 = 15_000;

/// Whether the current socket has joined a room, and the state of the join request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Membership {
    /// Whether the room is joined on the current socket.
    joined: bool,
    join: Join,
    /// How many joins in a row brought no new event.
    joins_without_progress: u32,
    backoff: Backoff,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Join {
    #[default]
    Idle,
    /// Sent. It is sent again if there is no answer by `until`.
    InFlight { until: u64 },
    /// To be sent at this time.
    Scheduled { at: u64 },
}

impl Membership {
    pub(crate) fn is_joined(&self) -> bool {
        self.joined
    }

    /// Whether a join is in flight or scheduled.
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

    /// Records that the room is neither joined nor being joined.
    pub(crate) fn reset(&mut self) {
        self.joined = false;
        self.join = Join::Idle;
    }

    pub(crate) fn join_at(&mut self, at: u64) {
        self.join = Join::Scheduled { at };
    }

    /// Records that the server reports the room as not joined.
    pub(crate) fn not_joined(&mut self) {
        self.joined = false;
    }

    /// Schedules another join because of a gap. The first one is sent at once, later ones with back-off, so that they
    /// cannot loop. Returns whether to send it now.
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

    /// Records that a new event has arrived.
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
