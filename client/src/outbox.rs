mod entry;

use protocol::{Command, User};

use crate::effects::Effects;
use crate::{Effect, FailureReason, PendingCommand, TimelineItem};
use entry::{Entry, State};

/// Messages that wait in all rooms together. A person never gets there; beyond it a message fails at once.
pub(crate) const CAPACITY: usize = 1_000;
/// Messages of a room that failed beyond [`CAPACITY`] and are still shown; the oldest gives way to the next.
const MAX_OVERFLOW: usize = 100;
/// How long an answer may take before a message is sent again, in milliseconds.
const RESPONSE_TIMEOUT: u64 = 15_000;
/// How long the event of an acknowledged message may take before the room is joined again, in milliseconds.
const EVENT_TIMEOUT: u64 = 5_000;
/// How often it is looked for in vain before it counts as lost.
const MAX_SEARCHES: u32 = 4;

/// The messages of a room and the changes to messages that are not known to be in its history, in the order of sending. One
/// of them at a time is on its way: with more, one that is refused for now would be overtaken by the next.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outbox {
    entries: Vec<Entry>,
    /// Nothing is sent before this time: the server asked for a pause.
    pause_until: Option<u64>,
}

impl Outbox {
    /// How many survive a reload.
    pub(crate) fn len(&self) -> usize {
        self.entries.iter().filter(|entry| entry.persisted).count()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn has(&self, id: &str) -> bool {
        self.entries.iter().any(|entry| entry.pending.id == id)
    }

    /// Takes a message to be sent.
    pub(crate) fn add(&mut self, pending: PendingCommand) {
        self.entries.push(Entry::new(pending));
    }

    /// Takes a message for which there is no more room: it shows as failed, and a reload forgets it.
    pub(crate) fn overflow(&mut self, pending: PendingCommand) {
        if self.entries.iter().filter(|entry| entry.is_overflow()).count() >= MAX_OVERFLOW
            && let Some(oldest) = self.entries.iter().position(Entry::is_overflow)
        {
            self.entries.remove(oldest);
        }
        self.entries.push(Entry { pending, state: State::Failed(FailureReason::Crowded), persisted: false });
    }

    /// Sends the next message if none is on its way. True if the items look different.
    pub(crate) fn flush(&mut self, effects: &mut Effects) -> bool {
        if self.pause_until.is_some_and(|until| until > effects.now) {
            return false;
        }
        self.pause_until = None;
        let mut failed = false;
        while !self.entries.iter().any(Entry::is_in_flight)
            && let Some(entry) = self.entries.iter_mut().find(|entry| entry.state == State::Waiting)
        {
            let text = entry.pending.frame().encode();
            // The server closes the socket on a larger one: sent again and again it would keep us out.
            if text.len() > effects.frame_limit {
                entry.fail(FailureReason::TooLarge);
                effects.push(Effect::Keep(entry.pending.clone()));
                failed = true;
            } else {
                effects.transmit_text(text);
                entry.state = State::InFlight { until: effects.now.saturating_add(RESPONSE_TIMEOUT) };
            }
        }
        failed
    }

    /// The message is in the room's history. True if it is to be forgotten where it was persisted.
    pub(crate) fn confirm(&mut self, id: &str) -> bool {
        let Some(index) = self.entries.iter().position(|entry| entry.pending.id == id) else { return false };
        self.entries.remove(index).persisted
    }

    /// The message is in the history under that number, and its event is still to come. True as for [`Self::settle`].
    pub(crate) fn acknowledge(&mut self, id: &str, seq: u64, now: u64) -> bool {
        let Some(entry) = self.find(id) else { return false };
        entry.state =
            State::Acknowledged { seq, until: now.saturating_add(EVENT_TIMEOUT), overdue: false, searches: 0 };
        std::mem::replace(&mut entry.persisted, false)
    }

    /// All that has a number up to this one is in what is shown, or before it.
    pub(crate) fn drop_acknowledged_up_to(&mut self, end: u64) {
        self.entries.retain(|entry| !matches!(entry.state, State::Acknowledged { seq, .. } if seq <= end));
    }

    /// The room is left: what is in the history is found there at the next visit.
    pub(crate) fn drop_acknowledged(&mut self) {
        self.drop_acknowledged_up_to(u64::MAX);
    }

    /// What was shown is no longer so: it is as if its event were still to come.
    pub(crate) fn restore_acknowledged(&mut self, shown: Vec<(u64, PendingCommand)>) {
        let mut entries: Vec<Entry> =
            shown.into_iter().map(|(seq, pending)| Entry::acknowledged(seq, pending)).collect();
        entries.append(&mut self.entries);
        self.entries = entries;
    }

    /// The history lost its end: what it had accepted and is not in the new page is the person's to send again. Under
    /// the same id that says it once, should it be there after all. Returns what is to be persisted again.
    pub(crate) fn fail_acknowledged(&mut self) -> Vec<PendingCommand> {
        self.fail_after(0)
    }

    /// The same of what was looked for in vain too often.
    pub(crate) fn fail_missing(&mut self) -> Vec<PendingCommand> {
        self.fail_after(MAX_SEARCHES)
    }

    /// The message was not taken, and no other is before `until`.
    pub(crate) fn pause(&mut self, id: &str, until: u64) {
        self.pause_until = self.pause_until.max(Some(until));
        self.requeue(id);
    }

    /// The message was not taken. It waits for its room to be joined.
    pub(crate) fn requeue(&mut self, id: &str) {
        if let Some(entry) = self.find(id)
            && entry.is_in_flight()
        {
            entry.state = State::Waiting;
        }
    }

    /// The message was refused for good. Returns it, to be persisted, if it searches different.
    pub(crate) fn fail(&mut self, id: &str, reason: FailureReason) -> Option<PendingCommand> {
        let entry = self.find(id).filter(|entry| matches!(entry.state, State::InFlight { .. } | State::Waiting))?;
        entry.fail(reason);
        Some(entry.pending.clone())
    }

    /// Sends a failed message again. Returns it if it failed, to be persisted.
    pub(crate) fn retry(&mut self, id: &str, space: bool) -> Option<PendingCommand> {
        let entry = self.find(id)?;
        if !entry.is_failed() || !(space || entry.persisted) {
            return None;
        }
        entry.retry();
        Some(entry.pending.clone())
    }

    /// Throws a failed message away. True if there was one.
    pub(crate) fn discard(&mut self, id: &str) -> bool {
        let before = self.entries.len();
        self.entries.retain(|entry| entry.pending.id != id || !entry.is_failed());
        self.entries.len() != before
    }

    /// The room was joined: whatever has no answer is sent again.
    pub(crate) fn joined(&mut self) {
        for entry in self.entries.iter_mut().filter(|entry| entry.is_in_flight()) {
            entry.state = State::Waiting;
        }
    }

    /// The socket is gone, and with it what the server asked for on it.
    pub(crate) fn disconnected(&mut self) {
        self.joined();
        self.pause_until = None;
    }

    /// Takes back what has had no answer for too long.
    pub(crate) fn expire(&mut self, now: u64) {
        let late = |entry: &&mut Entry| matches!(entry.state, State::InFlight { until } if until <= now);
        for entry in self.entries.iter_mut().filter(late) {
            entry.state = State::Waiting;
        }
    }

    /// Whether an acknowledged message has not come for too long. It is given as long again.
    pub(crate) fn event_is_overdue(&mut self, now: u64) -> bool {
        let mut misses = false;
        for entry in &mut self.entries {
            if let State::Acknowledged { until, overdue, .. } = &mut entry.state
                && *until <= now
            {
                *until = now.saturating_add(EVENT_TIMEOUT);
                *overdue = true;
                misses = true;
            }
        }
        misses
    }

    /// A join was answered, and what was overdue did not come with it.
    pub(crate) fn join_answered(&mut self) {
        for entry in &mut self.entries {
            if let State::Acknowledged { overdue: overdue @ true, searches, .. } = &mut entry.state {
                *overdue = false;
                *searches += 1;
            }
        }
    }

    /// When something here is due, while the room is joined.
    pub(crate) fn deadline(&self) -> Option<u64> {
        let due = |entry: &Entry| match entry.state {
            State::Waiting => self.pause_until,
            State::InFlight { until } | State::Acknowledged { until, .. } => Some(until),
            State::Failed(_) => None,
        };
        self.entries.iter().filter_map(due).min()
    }

    /// How the messages are shown, and which edits failed of `elsewhere`, the changes to what is not: nothing that somebody
    /// wrote is to be lost without a word.
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

    /// The changes to messages.
    pub(crate) fn changes(&self) -> impl Iterator<Item = PendingCommand> {
        self.entries.iter().filter_map(Entry::change)
    }

    fn find(&mut self, id: &str) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| entry.pending.id == id)
    }

    fn fail_after(&mut self, after: u32) -> Vec<PendingCommand> {
        let lost =
            |entry: &&mut Entry| matches!(entry.state, State::Acknowledged { searches, .. } if searches >= after);
        let fail = |entry: &mut Entry| {
            entry.fail(FailureReason::Lost);
            entry.pending.clone()
        };
        self.entries.iter_mut().filter(lost).map(fail).collect()
    }
}
