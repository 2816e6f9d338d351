use crate::connection::ATTEMPT;
use crate::turn::Turn;

/// How long the last socket may stay for what is on its way to it, in milliseconds.
const LEAVING: u64 = 15_000;
/// The shortest wait after a next socket could not be opened, in milliseconds. The present one still lives.
const AGAIN: u64 = 2_000;

/// The change from one socket to the next, while the present one lives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Handover {
    #[default]
    None,
    /// The next one could not be opened, and is tried again then.
    Planned { at: u64 },
    /// The next one is being opened.
    Opening { socket: u32, since: u64 },
    /// The next one is the present one. The last one is let go when every room is joined, or then.
    Leaving { socket: u32, until: u64 },
}

impl Handover {
    pub(crate) fn leaving(socket: u32, now: u64) -> Self {
        Self::Leaving { socket, until: now.saturating_add(LEAVING) }
    }

    /// Once more, in two to four seconds.
    pub(crate) fn again(turn: &Turn) -> Self {
        let wait = AGAIN + (turn.random * AGAIN as f64) as u64;
        Self::Planned { at: turn.now.saturating_add(wait) }
    }

    /// Lets go of the socket that is not the present one.
    pub(crate) fn end(&mut self, turn: &mut Turn) {
        match std::mem::take(self) {
            Self::None | Self::Planned { .. } => {}
            Self::Opening { socket, .. } | Self::Leaving { socket, .. } => turn.close(socket),
        }
    }

    /// Does what is due. True if the next socket is to be opened.
    pub(crate) fn due(&mut self, turn: &mut Turn) -> bool {
        if self.deadline().is_none_or(|at| at > turn.now) {
            return false;
        }
        match *self {
            Self::None => false,
            Self::Planned { .. } => true,
            Self::Opening { socket, .. } => {
                turn.close(socket);
                *self = Self::again(turn);
                false
            }
            Self::Leaving { .. } => {
                self.end(turn);
                false
            }
        }
    }

    pub(crate) fn deadline(&self) -> Option<u64> {
        match *self {
            Self::None => None,
            Self::Planned { at } => Some(at),
            Self::Opening { since, .. } => Some(since.saturating_add(ATTEMPT)),
            Self::Leaving { until, .. } => Some(until),
        }
    }
}
