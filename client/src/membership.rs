use crate::backoff::Backoff;
use crate::effects::Effects;
use crate::request_state::RequestState;

/// Whether the current socket has joined a room, and the state of the join request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Membership {
    /// Whether the room is joined on the current socket.
    joined: bool,
    join: RequestState,
    /// How many joins in a row brought no new event.
    joins_without_progress: u32,
    backoff: Backoff,
}

impl Membership {
    pub(crate) fn is_joined(&self) -> bool {
        self.joined
    }

    /// Whether a join is in flight or scheduled.
    pub(crate) fn is_joining(&self) -> bool {
        self.join != RequestState::Idle
    }

    pub(crate) fn join_sent(&mut self, now: u64) {
        self.join = RequestState::sent(now);
    }

    pub(crate) fn joined(&mut self) {
        self.joined = true;
        self.join = RequestState::Idle;
    }

    /// Records that the room is neither joined nor being joined.
    pub(crate) fn reset(&mut self) {
        self.joined = false;
        self.join = RequestState::Idle;
    }

    pub(crate) fn join_at(&mut self, at: u64) {
        self.join = RequestState::Scheduled { at };
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
            self.join = RequestState::Scheduled { at: effects.now.saturating_add(self.backoff.next(effects.random)) };
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
        self.join.is_due(now)
    }

    pub(crate) fn deadline(&self) -> Option<u64> {
        self.join.deadline()
    }
}
