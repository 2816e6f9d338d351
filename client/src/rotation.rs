use crate::connection::CONNECT_TIMEOUT;
use crate::effects::Effects;

/// How long the previous socket stays open to receive what is in flight, in milliseconds.
const DRAIN_TIMEOUT: u64 = 15_000;
/// The shortest delay before another attempt to open the next socket, in milliseconds. The current one is still open.
const RETRY_DELAY: u64 = 2_000;

/// A planned change from the current socket to the next one while the current one is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Rotation {
    #[default]
    None,
    /// The next socket could not be opened. Another attempt follows at this time.
    Scheduled { at: u64 },
    /// The next socket is being opened.
    Opening { socket: u32, since: u64 },
    /// The next socket has become the current one. The previous one is closed when every room is joined, or at `until`.
    Draining { socket: u32, until: u64 },
}

impl Rotation {
    pub(crate) fn draining(socket: u32, now: u64) -> Self {
        Self::Draining { socket, until: now.saturating_add(DRAIN_TIMEOUT) }
    }

    /// Schedules another attempt in two to four seconds.
    pub(crate) fn scheduled(effects: &Effects) -> Self {
        let wait = RETRY_DELAY + (effects.random * RETRY_DELAY as f64) as u64;
        Self::Scheduled { at: effects.now.saturating_add(wait) }
    }

    /// Closes the socket that is not the current one.
    pub(crate) fn abort(&mut self, effects: &mut Effects) {
        match std::mem::take(self) {
            Self::None | Self::Scheduled { .. } => {}
            Self::Opening { socket, .. } | Self::Draining { socket, .. } => effects.close(socket),
        }
    }

    /// Handles a timeout. Returns whether to open the next socket.
    pub(crate) fn handle_timeout(&mut self, effects: &mut Effects) -> bool {
        if self.deadline().is_none_or(|at| at > effects.now) {
            return false;
        }
        match *self {
            Self::None => false,
            Self::Scheduled { .. } => true,
            Self::Opening { socket, .. } => {
                effects.close(socket);
                *self = Self::scheduled(effects);
                false
            }
            Self::Draining { .. } => {
                self.abort(effects);
                false
            }
        }
    }

    pub(crate) fn deadline(&self) -> Option<u64> {
        match *self {
            Self::None => None,
            Self::Scheduled { at } => Some(at),
            Self::Opening { since, .. } => Some(since.saturating_add(CONNECT_TIMEOUT)),
            Self::Draining { until, .. } => Some(until),
        }
    }
}
