use protocol::{MessageId, User, check_text};

use crate::lines::key;
use crate::{Line, LineState, Unsent};

/// One message in the outbox.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) unsent: Unsent,
    pub(super) state: State,
    /// Whether it survives a reload.
    pub(super) kept: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    Waiting,
    /// Sent on this socket; again, should there be no answer by then.
    Asked {
        until: u64,
    },
    /// In the history under that number; only its event has not come yet.
    Accepted {
        seq: u64,
        until: u64,
        /// Whether its event is overdue, and looked for by a join.
        overdue: bool,
        /// How many joins were answered without it.
        looks: u32,
    },
    Failed(String),
}

impl Entry {
    /// A message to be sent, unless it failed before or nobody could ever take it.
    pub(super) fn new(unsent: Unsent) -> Self {
        let state = match &unsent.failed {
            Some(why) => State::Failed(why.clone()),
            None => fresh(&unsent),
        };
        Self { unsent, state, kept: true }
    }

    /// A message that was shown, and has been acknowledged.
    pub(super) fn of_line(room: &str, line: &Line) -> Self {
        // An id has no slash.
        let id = line.key.rsplit('/').next().unwrap_or_default().to_owned();
        let unsent = Unsent { room: room.to_owned(), id, text: line.text.clone(), at: line.at, failed: None };
        let state = State::Accepted { seq: line.seq.unwrap_or_default(), until: u64::MAX, overdue: false, looks: 0 };
        Self { unsent, state, kept: false }
    }

    /// Leaves it to the person, also after a reload.
    pub(super) fn fail(&mut self, why: &str) {
        self.state = State::Failed(why.to_owned());
        self.unsent.failed = Some(why.to_owned());
        self.kept = true;
    }

    /// Sends a failed one again.
    pub(super) fn retry(&mut self) {
        self.unsent.failed = None;
        self.state = fresh(&self.unsent);
        self.kept = true;
    }

    pub(super) fn is_asked(&self) -> bool {
        matches!(self.state, State::Asked { .. })
    }

    pub(super) fn is_failed(&self) -> bool {
        matches!(self.state, State::Failed(_))
    }

    /// Whether it was one too many from the start.
    pub(super) fn is_spilled(&self) -> bool {
        self.is_failed() && !self.kept
    }

    pub(super) fn line(&self, me: &User) -> Line {
        Line {
            key: key(&me.id, &self.unsent.id),
            author: me.clone(),
            text: self.unsent.text.clone(),
            at: self.unsent.at,
            seq: None,
            state: match &self.state {
                State::Waiting | State::Asked { .. } | State::Accepted { .. } => LineState::Pending,
                State::Failed(why) => LineState::Failed(why.clone()),
            },
        }
    }
}

fn fresh(unsent: &Unsent) -> State {
    let checked = MessageId::new(&unsent.id).and_then(|_| check_text(&unsent.text));
    checked.map_or_else(|error| State::Failed(error.message), |()| State::Waiting)
}
