/// How long an answer may take, in milliseconds. After that, the request is sent again.
pub(crate) const RESPONSE_TIMEOUT: u64 = 15_000;

/// The state of a request that is sent once at a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum RequestState {
    /// There is no request.
    #[default]
    Idle,
    /// To be sent at this time.
    Scheduled { at: u64 },
    /// Sent. It is sent again if there is no answer by `until`.
    InFlight { until: u64 },
}

impl RequestState {
    pub(crate) fn sent(now: u64) -> Self {
        Self::InFlight { until: now.saturating_add(RESPONSE_TIMEOUT) }
    }

    pub(crate) fn is_in_flight(self) -> bool {
        matches!(self, Self::InFlight { .. })
    }

    /// Schedules a request in flight again, because its socket is closed.
    pub(crate) fn disconnected(&mut self) {
        if self.is_in_flight() {
            *self = Self::Scheduled { at: 0 };
        }
    }

    /// Whether to send the request now.
    pub(crate) fn is_due(self, now: u64) -> bool {
        self.deadline().is_some_and(|at| at <= now)
    }

    /// When to send the request, or to send it again.
    pub(crate) fn deadline(self) -> Option<u64> {
        match self {
            Self::Idle => None,
            Self::Scheduled { at } | Self::InFlight { until: at } => Some(at),
        }
    }
}
