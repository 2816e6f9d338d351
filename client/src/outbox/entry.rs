use protocol::{Reply, User};

use crate::{DeliveryStatus, FailureReason, PendingCommand, TimelineItem};

/// One thing in the outbox.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) unsent: PendingCommand,
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
    Failed(FailureReason),
}

impl Entry {
    /// Something to be sent, unless it failed before or nobody could ever take it.
    pub(super) fn new(unsent: PendingCommand) -> Self {
        let state = match &unsent.failed {
            Some(why) => State::Failed(why.clone()),
            None => fresh(&unsent),
        };
        Self { unsent, state, kept: true }
    }

    /// What was shown, and has been acknowledged under that number.
    pub(super) fn accepted(seq: u64, unsent: PendingCommand) -> Self {
        let state = State::Accepted { seq, until: u64::MAX, overdue: false, looks: 0 };
        Self { unsent, state, kept: false }
    }

    /// Leaves it to the person, also after a reload.
    pub(super) fn fail(&mut self, why: FailureReason) {
        self.state = State::Failed(why.clone());
        self.unsent.failed = Some(why);
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

    /// How it is shown where what it is about need not be.
    pub(super) fn line(&self, me: &User, text: &str, reply_to: Option<u64>) -> TimelineItem {
        let line = TimelineItem::new(me.clone(), &self.unsent.id, text.to_owned(), self.unsent.at);
        let state = self.why().map_or(DeliveryStatus::Pending, |why| DeliveryStatus::Failed(why.clone()));
        // What is quoted, the list knows.
        let reply = reply_to.map(|seq| Reply { seq, author: me.clone(), text: String::new() });
        TimelineItem { state, reply, ..line }
    }

    /// A change, as it is shown at what it changes.
    pub(super) fn change(&self) -> Option<PendingCommand> {
        self.unsent.command.target()?;
        Some(PendingCommand { failed: self.why().cloned(), ..self.unsent.clone() })
    }

    fn why(&self) -> Option<&FailureReason> {
        match &self.state {
            State::Waiting | State::Asked { .. } | State::Accepted { .. } => None,
            State::Failed(why) => Some(why),
        }
    }
}

fn fresh(unsent: &PendingCommand) -> State {
    unsent.check().map_or_else(|error| State::Failed(error.into()), |()| State::Waiting)
}
