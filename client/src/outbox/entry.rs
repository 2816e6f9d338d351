use protocol::{Reply, User};

use crate::effects::Effects;
use crate::{DeliveryStatus, Effect, FailureReason, PendingCommand, TimelineItem};

/// A command in the outbox.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) pending: PendingCommand,
    pub(super) state: EntryState,
    /// Whether the command is persisted.
    pub(super) persisted: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum EntryState {
    Waiting,
    /// Sent on the current socket. It is sent again if there is no answer by `until`.
    InFlight {
        until: u64,
    },
    /// Stored with this `seq`. Its event has not arrived yet.
    Acknowledged {
        seq: u64,
        until: u64,
        /// Whether the event is overdue and a join looks for it.
        overdue: bool,
        /// How many joins were answered without the event.
        searches: u32,
    },
    Failed(FailureReason),
}

impl Entry {
    /// Creates an entry that waits to be sent. It is failed if the command has failed before or is invalid.
    pub(super) fn new(pending: PendingCommand) -> Self {
        let state = match &pending.failed {
            Some(reason) => EntryState::Failed(reason.clone()),
            None => initial_state(&pending),
        };
        Self { pending, state, persisted: true }
    }

    /// Creates an entry for a command whose event with this `seq` was shown.
    pub(super) fn acknowledged(seq: u64, pending: PendingCommand) -> Self {
        let state = EntryState::Acknowledged { seq, until: u64::MAX, overdue: false, searches: 0 };
        Self { pending, state, persisted: false }
    }

    /// Marks the command as failed, also after a reload. The person retries or discards it.
    pub(super) fn fail(&mut self, reason: FailureReason) {
        self.state = EntryState::Failed(reason.clone());
        self.pending.failed = Some(reason);
        self.persisted = true;
    }

    /// Queues a failed command again.
    pub(super) fn retry(&mut self) {
        self.pending.failed = None;
        self.state = initial_state(&self.pending);
        self.persisted = true;
    }

    /// Removes the persisted copy, if there is one.
    pub(super) fn remove_persisted(&mut self, effects: &mut Effects) {
        if std::mem::replace(&mut self.persisted, false) {
            let (room, id) = (self.pending.room.clone(), self.pending.id.clone());
            effects.push(Effect::RemoveCommand { room, id });
        }
    }

    pub(super) fn is_in_flight(&self) -> bool {
        matches!(self.state, EntryState::InFlight { .. })
    }

    pub(super) fn is_failed(&self) -> bool {
        matches!(self.state, EntryState::Failed(_))
    }

    /// Whether the command exceeded the capacity when it was added.
    pub(super) fn is_overflow(&self) -> bool {
        self.is_failed() && !self.persisted
    }

    /// The command as an item of its own.
    pub(super) fn item(&self, me: &User, text: &str, reply_to: Option<u64>) -> TimelineItem {
        let item = TimelineItem::new(me.clone(), &self.pending.id, text.to_owned(), self.pending.at);
        let state = self.reason().map_or(DeliveryStatus::Pending, |reason| DeliveryStatus::Failed(reason.clone()));
        // The list of items fills in the quote.
        let reply = reply_to.map(|seq| Reply { seq, author: me.clone(), text: String::new() });
        TimelineItem { state, reply, ..item }
    }

    /// The command as its message shows it, if it changes a message.
    pub(super) fn change(&self) -> Option<PendingCommand> {
        self.pending.command.target()?;
        Some(PendingCommand { failed: self.reason().cloned(), ..self.pending.clone() })
    }

    fn reason(&self) -> Option<&FailureReason> {
        match &self.state {
            EntryState::Waiting | EntryState::InFlight { .. } | EntryState::Acknowledged { .. } => None,
            EntryState::Failed(reason) => Some(reason),
        }
    }
}

fn initial_state(pending: &PendingCommand) -> EntryState {
    pending.check().map_or_else(|error| EntryState::Failed(error.into()), |()| EntryState::Waiting)
}
