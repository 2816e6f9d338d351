use crate::connection::CONNECT_TIMEOUT;
use crate::effects::Effects;

/// How long the last socket may stay for what is on its way to it, in milliseconds.
const DRAIN_TIMEOUT: u64 = 15_000;
/// The shortest wait after a next socket could not be opened, in milliseconds. The present one still lives.
const RETRY_DELAY: u64 = 2_000;

/// The change from one socket to the next, while the present one lives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Rotation {
    #[default]
    None,
    /// The next one could not be opened, and is tried again then.
    Scheduled { at: u64 },
    /// The next one is being opened.
    Opening { socket: u32, since: u64 },
    /// The next one is the present one. The last one is let go when every room is joined, or then.
    Draining { socket: u32, until: u64 },
}

impl Rotation {
    pub(crate) fn draining(socket: u32, now: u64) -> Self {
        Self::Draining { socket, until: now.saturating_add(DRAIN_TIMEOUT) }
    }

    /// Once more, in two to four seconds.
    pub(crate) fn scheduled(effects: &Effects) -> Self {
        let wait = RETRY_DELAY + (effects.random * RETRY_DELAY as f64) as u64;
        Self::Scheduled { at: effects.now.saturating_add(wait) }
    }

    /// Lets go of the socket that is not the present one.
    pub(crate) fn abort(&mut self, effects: &mut Effects) {
        match std::mem::take(self) {
            Self::None | Self::Scheduled { .. } => {}
            Self::Opening { socket, .. } | Self::Draining { socket, .. } => effects.close(socket),
        }
    }

    /// Does what is due. True if the next socket is to be opened.
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
