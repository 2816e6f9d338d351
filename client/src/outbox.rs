mod entry;

use protocol::{Command, User};

use crate::effects::Effects;
use crate::request_state::RESPONSE_TIMEOUT;
use crate::{Effect, FailureReason, PendingCommand, TimelineItem};
use entry::{Entry, EntryState};

/// How many persisted commands the outboxes of all rooms hold together. Beyond it a command fails at once. A person
/// does not get there in practice.
pub(crate) const CAPACITY: usize = 1_000;
/// How many commands per room that failed because of [`CAPACITY`] are shown. The oldest is removed for the next one.
const MAX_OVERFLOW: usize = 100;
/// How long the event of an acknowledged command may take before the room is joined again, in milliseconds.
const EVENT_TIMEOUT: u64 = 5_000;
/// How many joins may be answered without the event before the command counts as lost.
const MAX_SEARCHES: u32 = 4;

/// The commands of a room that are not known to be in its history, in the order of sending. Only one command at a time
/// is in flight. With more, a command that is refused temporarily would be overtaken by the next one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outbox {
    entries: Vec<Entry>,
    /// The time before which nothing is sent, because the server asked for a pause.
    pause_until: Option<u64>,
}

impl Outbox {
    /// The number of persisted commands.
    pub(crate) fn len(&self) -> usize {
        self.entries.iter().filter(|entry| entry.persisted).count()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn has(&self, id: &str) -> bool {
        self.entries.iter().any(|entry| entry.pending.id == id)
    }

    /// Adds a command.
    pub(crate) fn add(&mut self, pending: PendingCommand) {
        self.entries.push(Entry::new(pending));
    }

    /// Adds and persists a new command. Without `space` it exceeds the capacity, so it is shown as failed and is not
    /// persisted.
    pub(crate) fn push(&mut self, pending: PendingCommand, space: bool, effects: &mut Effects) {
        if space {
            effects.push(Effect::StoreCommand(pending.clone()));
            return self.add(pending);
        }
        if self.entries.iter().filter(|entry| entry.is_overflow()).count() >= MAX_OVERFLOW
            && let Some(oldest) = self.entries.iter().position(Entry::is_overflow)
        {
            self.entries.remove(oldest);
        }
        self.entries.push(Entry { pending, state: EntryState::Failed(FailureReason::OutboxFull), persisted: false });
    }

    /// Sends the next command if none is in flight.
    pub(crate) fn flush(&mut self, effects: &mut Effects) {
        if self.pause_until.is_some_and(|until| until > effects.now) {
            return;
        }
        self.pause_until = None;
        while !self.entries.iter().any(Entry::is_in_flight)
            && let Some(entry) = self.entries.iter_mut().find(|entry| entry.state == EntryState::Waiting)
        {
            let text = entry.pending.frame().encode();
            // The server closes the socket on a larger frame. Sending it again after every join would prevent a stable
            // connection.
            if text.len() > effects.frame_limit {
                entry.fail(FailureReason::TooLarge);
                effects.push(Effect::StoreCommand(entry.pending.clone()));
            } else {
                effects.transmit_text(text);
                entry.state = EntryState::InFlight { until: effects.now.saturating_add(RESPONSE_TIMEOUT) };
            }
        }
    }

    /// Removes a command that is in the room's history.
    pub(crate) fn confirm(&mut self, id: &str, effects: &mut Effects) {
        if let Some(index) = self.entries.iter().position(|entry| entry.pending.id == id) {
            self.entries.remove(index).remove_persisted(effects);
        }
    }

    /// Marks a command as acknowledged with `seq`. Its event has not arrived yet.
    pub(crate) fn acknowledge(&mut self, id: &str, seq: u64, effects: &mut Effects) {
        let Some(entry) = self.find(id) else { return };
        let until = effects.now.saturating_add(EVENT_TIMEOUT);
        entry.state = EntryState::Acknowledged { seq, until, overdue: false, searches: 0 };
        entry.remove_persisted(effects);
    }

    /// Removes acknowledged commands up to `end`: their events are shown, or are older than what is shown.
    pub(crate) fn drop_acknowledged_up_to(&mut self, end: u64) {
        self.entries.retain(|entry| !matches!(entry.state, EntryState::Acknowledged { seq, .. } if seq <= end));
    }

    /// Adds commands whose events were shown and are no longer. They count as acknowledged, and their events as
    /// missing.
    pub(crate) fn restore_acknowledged(&mut self, shown: Vec<(u64, PendingCommand)>) {
        let mut entries: Vec<Entry> =
            shown.into_iter().map(|(seq, pending)| Entry::acknowledged(seq, pending)).collect();
        entries.append(&mut self.entries);
        self.entries = entries;
    }

    /// Marks all acknowledged commands as failed, because the history lost its end. The person decides whether to send
    /// them again. They keep their ids, so that a command that is in the history after all is stored once.
    pub(crate) fn fail_acknowledged(&mut self, effects: &mut Effects) {
        self.fail_after(0, effects);
    }

    /// Queues a refused command again and sends nothing before `until`.
    pub(crate) fn pause(&mut self, id: &str, until: u64) {
        self.pause_until = self.pause_until.max(Some(until));
        self.requeue(id);
    }

    /// Queues a command again. It is sent when the room is joined.
    pub(crate) fn requeue(&mut self, id: &str) {
        if let Some(entry) = self.find(id)
            && entry.is_in_flight()
        {
            entry.state = EntryState::Waiting;
        }
    }

    /// Marks a command as failed, because it was refused for good. Removes it if it is not `worth_showing`.
    pub(crate) fn fail(
        &mut self,
        id: &str,
        reason: FailureReason,
        worth_showing: impl FnOnce(&PendingCommand) -> bool,
        effects: &mut Effects,
    ) {
        let is_sending = |entry: &&mut Entry| matches!(entry.state, EntryState::InFlight { .. } | EntryState::Waiting);
        let Some(entry) = self.find(id).filter(is_sending) else { return };
        entry.fail(reason);
        if worth_showing(&entry.pending) {
            effects.push(Effect::StoreCommand(entry.pending.clone()));
        } else {
            self.discard(id, effects);
        }
    }

    /// Queues a failed command again.
    pub(crate) fn retry(&mut self, id: &str, space: bool, effects: &mut Effects) {
        let may_retry = |entry: &&mut Entry| entry.is_failed() && (space || entry.persisted);
        if let Some(entry) = self.find(id).filter(may_retry) {
            entry.retry();
            effects.push(Effect::StoreCommand(entry.pending.clone()));
        }
    }

    /// Removes a failed command.
    pub(crate) fn discard(&mut self, id: &str, effects: &mut Effects) {
        if self.find(id).is_some_and(|entry| entry.is_failed()) {
            self.confirm(id, effects);
        }
    }

    fn requeue_in_flight(&mut self) {
        for entry in self.entries.iter_mut().filter(|entry| entry.is_in_flight()) {
            entry.state = EntryState::Waiting;
        }
    }

    /// Queues the command in flight again and ends the pause, which applied to the closed socket.
    pub(crate) fn disconnected(&mut self) {
        self.requeue_in_flight();
        self.pause_until = None;
    }

    /// Queues the command in flight again if its answer is overdue.
    pub(crate) fn expire(&mut self, now: u64) {
        let late = |entry: &&mut Entry| matches!(entry.state, EntryState::InFlight { until } if until <= now);
        for entry in self.entries.iter_mut().filter(late) {
            entry.state = EntryState::Waiting;
        }
    }

    /// Returns whether the event of an acknowledged command is overdue, and starts its timeout again.
    pub(crate) fn event_is_overdue(&mut self, now: u64) -> bool {
        let mut misses = false;
        for entry in &mut self.entries {
            if let EntryState::Acknowledged { until, overdue, .. } = &mut entry.state
                && *until <= now
            {
                *until = now.saturating_add(EVENT_TIMEOUT);
                *overdue = true;
                misses = true;
            }
        }
        misses
    }

    /// Handles the answer to a join, without the overdue events. A command whose event was missing from too many
    /// answers has failed. The command in flight is queued again.
    pub(crate) fn join_answered(&mut self, effects: &mut Effects) {
        for entry in &mut self.entries {
            if let EntryState::Acknowledged { overdue: overdue @ true, searches, .. } = &mut entry.state {
                *overdue = false;
                *searches += 1;
            }
        }
        self.fail_after(MAX_SEARCHES, effects);
        self.requeue_in_flight();
    }

    /// The next deadline, while the room is joined.
    pub(crate) fn deadline(&self) -> Option<u64> {
        let due = |entry: &Entry| match entry.state {
            EntryState::Waiting => self.pause_until,
            EntryState::InFlight { until } | EntryState::Acknowledged { until, .. } => Some(until),
            EntryState::Failed(_) => None,
        };
        self.entries.iter().filter_map(due).min()
    }

    /// The items of the pending messages, and of the failed edits whose messages are not shown. `elsewhere` holds the
    /// changes to such messages. Without these items, the text of such an edit would be lost silently.
    pub(crate) fn items(&self, me: &User, elsewhere: &[PendingCommand]) -> impl Iterator<Item = TimelineItem> {
        let lost = |id: &str| elsewhere.iter().any(|change| change.id == id && change.failed.is_some());
        self.entries.iter().filter_map(move |entry| match &entry.pending.command {
            Command::Send { text, reply_to } => {
                Some(entry.item(me, text, reply_to.as_ref().map(|reply_to| reply_to.seq)))
            }
            Command::Edit { text, .. } => lost(&entry.pending.id).then(|| entry.item(me, text, None)),
            Command::Delete { .. } | Command::React { .. } => None,
        })
    }

    /// The commands that change messages.
    pub(crate) fn changes(&self) -> impl Iterator<Item = PendingCommand> {
        self.entries.iter().filter_map(Entry::change)
    }

    fn find(&mut self, id: &str) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| entry.pending.id == id)
    }

    fn fail_after(&mut self, after: u32, effects: &mut Effects) {
        for entry in &mut self.entries {
            if matches!(entry.state, EntryState::Acknowledged { searches, .. } if searches >= after) {
                entry.fail(FailureReason::Lost);
                effects.push(Effect::StoreCommand(entry.pending.clone()));
            }
        }
    }
}
