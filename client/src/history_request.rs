/// The request for older messages of a room: one at a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum HistoryRequest {
    /// None.
    #[default]
    Idle,
    /// The person wants them; ask from this time on.
    Queued { from: u64 },
    /// They are asked for; ask again, should there be no answer by then.
    InFlight { before: u64, until: u64 },
}

/// How long an answer may take, in milliseconds.
const RESPONSE_TIMEOUT: u64 = 15_000;

impl HistoryRequest {
    pub(crate) fn queue(&mut self, now: u64) -> bool {
        let idle = *self == Self::Idle;
        if idle {
            *self = Self::Queued { from: now };
        }
        idle
    }

    /// Whether to ask now.
    pub(crate) fn is_due(self, now: u64) -> bool {
        self.deadline().is_some_and(|at| at <= now)
    }

    pub(crate) fn sent(before: u64, now: u64) -> Self {
        Self::InFlight { before, until: now.saturating_add(RESPONSE_TIMEOUT) }
    }

    /// The socket is gone, and the question with it.
    pub(crate) fn disconnected(&mut self) {
        if matches!(self, Self::InFlight { .. }) {
            *self = Self::Queued { from: 0 };
        }
    }

    /// When to ask, or to ask again.
    pub(crate) fn deadline(self) -> Option<u64> {
        match self {
            Self::Idle => None,
            Self::Queued { from } => Some(from),
            Self::InFlight { until, .. } => Some(until),
        }
    }
}
