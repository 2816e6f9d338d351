use protocol::{Reply, User};

use crate::{DeliveryStatus, FailureReason, PendingCommand, TimelineItem};

/// One thing in the outbox.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) pending: PendingCommand,
    pub(super) state: State,
    /// Whether it survives a reload.
    pub(super) persisted: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    Waiting,
    /// Sent on this socket; again, should there be no answer by then.
    InFlight {
        until: u64,
    },
    /// In the history under that number; only its event has not come yet.
    Acknowledged {
        seq: u64,
        until: u64,
        /// Whether its event is overdue, and looked for by a join.
        overdue: bool,
        /// How many joins were answered without it.
        searches: u32,
    },
    Failed(FailureReason),
}

impl Entry {
    /// Something to be sent, unless it failed before or nobody could ever take it.
    pub(super) fn new(pending: PendingCommand) -> Self {
        let state = match &pending.failed {
            Some(reason) => State::Failed(reason.clone()),
            None => initial_state(&pending),
        };
        Self { pending, state, persisted: true }
    }

    /// What was shown, and has been acknowledged under that number.
    pub(super) fn acknowledged(seq: u64, pending: PendingCommand) -> Self {
        let state = State::Acknowledged { seq, until: u64::MAX, overdue: false, searches: 0 };
        Self { pending, state, persisted: false }
    }

    /// Leaves it to the person, also after a reload.
    pub(super) fn fail(&mut self, reason: FailureReason) {
        self.state = State::Failed(reason.clone());
        self.pending.failed = Some(reason);
        self.persisted = true;
    }

    /// Sends a failed one again.
    pub(super) fn retry(&mut self) {
        self.pending.failed = None;
        self.state = initial_state(&self.pending);
        self.persisted = true;
    }

    pub(super) fn is_in_flight(&self) -> bool {
        matches!(self.state, State::InFlight { .. })
    }

    pub(super) fn is_failed(&self) -> bool {
        matches!(self.state, State::Failed(_))
    }

    /// Whether it was one too many from the start.
    pub(super) fn is_overflow(&self) -> bool {
        self.is_failed() && !self.persisted
    }

    /// How it is shown where what it is about need not be.
    pub(super) fn item(&self, me: &User, text: &str, reply_to: Option<u64>) -> TimelineItem {
        let item = TimelineItem::new(me.clone(), &self.pending.id, text.to_owned(), self.pending.at);
        let state = self.reason().map_or(DeliveryStatus::Pending, |reason| DeliveryStatus::Failed(reason.clone()));
        // What is quoted, the list knows.
        let reply = reply_to.map(|seq| Reply { seq, author: me.clone(), text: String::new() });
        TimelineItem { state, reply, ..item }
    }

    /// A change, as it is shown at what it changes.
    pub(super) fn change(&self) -> Option<PendingCommand> {
        self.pending.command.target()?;
        Some(PendingCommand { failed: self.reason().cloned(), ..self.pending.clone() })
    }

    fn reason(&self) -> Option<&FailureReason> {
        match &self.state {
            State::Waiting | State::InFlight { .. } | State::Acknowledged { .. } => None,
            State::Failed(reason) => Some(reason),
        }
    }
}

fn initial_state(pending: &PendingCommand) -> State {
    pending.check().map_or_else(|error| State::Failed(error.into()), |()| State::Waiting)
}
