/// The request for older messages of a room: one at a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Older {
    /// None.
    #[default]
    Idle,
    /// The person wants them; ask from this time on.
    Wanted { from: u64 },
    /// They are asked for; ask again, should there be no answer by then.
    Asked { before: u64, until: u64 },
}

/// How long an answer may take, in milliseconds.
const ANSWER: u64 = 15_000;

impl Older {
    pub(crate) fn want(&mut self, now: u64) -> bool {
        let idle = *self == Self::Idle;
        if idle {
            *self = Self::Wanted { from: now };
        }
        idle
    }

    /// Whether to ask now.
    pub(crate) fn is_due(self, now: u64) -> bool {
        self.deadline().is_some_and(|at| at <= now)
    }

    pub(crate) fn asked(before: u64, now: u64) -> Self {
        Self::Asked { before, until: now.saturating_add(ANSWER) }
    }

    /// The socket is gone, and the question with it.
    pub(crate) fn disconnected(&mut self) {
        if matches!(self, Self::Asked { .. }) {
            *self = Self::Wanted { from: 0 };
        }
    }

    /// When to ask, or to ask again.
    pub(crate) fn deadline(self) -> Option<u64> {
        match self {
            Self::Idle => None,
            Self::Wanted { from } => Some(from),
            Self::Asked { until, .. } => Some(until),
        }
    }
}
