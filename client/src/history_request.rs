/// The request for older messages of a room. Only one is in flight at a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum HistoryRequest {
    /// There is no request.
    #[default]
    Idle,
    /// The person wants older messages. The request is sent at `from` or later.
    Queued { from: u64 },
    /// The request was sent. It is sent again if there is no answer by `until`.
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

    /// Whether to send the request now.
    pub(crate) fn is_due(self, now: u64) -> bool {
        self.deadline().is_some_and(|at| at <= now)
    }

    pub(crate) fn sent(before: u64, now: u64) -> Self {
        Self::InFlight { before, until: now.saturating_add(RESPONSE_TIMEOUT) }
    }

    /// Queues a request in flight again, because its socket is closed.
    pub(crate) fn disconnected(&mut self) {
        if matches!(self, Self::InFlight { .. }) {
            *self = Self::Queued { from: 0 };
        }
    }

    /// When to send the request, or to send it again.
    pub(crate) fn deadline(self) -> Option<u64> {
        match self {
            Self::Idle => None,
            Self::Queued { from } => Some(from),
            Self::InFlight { until, .. } => Some(until),
        }
    }
}
