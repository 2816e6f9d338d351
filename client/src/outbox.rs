mod entry;

use protocol::{Command, User};

use crate::turn::Turn;
use crate::{Effect, FailureReason, PendingCommand, TimelineItem};
use entry::{Entry, State};

/// Messages that wait in all rooms together. A person never gets there; beyond it a message fails at once.
pub(crate) const BOUND: usize = 1_000;
/// Messages of a room that failed beyond [`BOUND`] and are still shown; the oldest gives way to the next.
const SPILLED: usize = 100;
/// How long an answer may take before a message is sent again, in milliseconds.
const ANSWER: u64 = 15_000;
/// How long the event of an acknowledged message may take before the room is joined again, in milliseconds.
const EVENT: u64 = 5_000;
/// How often it is looked for in vain before it counts as lost.
const LOOKS: u32 = 4;

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
        self.entries.iter().filter(|entry| entry.kept).count()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn has(&self, id: &str) -> bool {
        self.entries.iter().any(|entry| entry.unsent.id == id)
    }

    /// Takes a message to be sent.
    pub(crate) fn add(&mut self, unsent: PendingCommand) {
        self.entries.push(Entry::new(unsent));
    }

    /// Takes a message for which there is no more room: it shows as failed, and a reload forgets it.
    pub(crate) fn spill(&mut self, unsent: PendingCommand) {
        if self.entries.iter().filter(|entry| entry.is_spilled()).count() >= SPILLED
            && let Some(oldest) = self.entries.iter().position(Entry::is_spilled)
        {
            self.entries.remove(oldest);
        }
        self.entries.push(Entry { unsent, state: State::Failed(FailureReason::Crowded), kept: false });
    }

    /// Sends the next message if none is on its way. True if the lines look different.
    pub(crate) fn flush(&mut self, turn: &mut Turn) -> bool {
        if self.pause_until.is_some_and(|until| until > turn.now) {
            return false;
        }
        self.pause_until = None;
        let mut failed = false;
        while !self.entries.iter().any(Entry::is_asked)
            && let Some(entry) = self.entries.iter_mut().find(|entry| entry.state == State::Waiting)
        {
            let text = entry.unsent.frame().encode();
            // The server closes the socket on a larger one: sent again and again it would keep us out.
            if text.len() > turn.frame_limit {
                entry.fail(FailureReason::TooLarge);
                turn.effect(Effect::Keep(entry.unsent.clone()));
                failed = true;
            } else {
                turn.transmit_text(text);
                entry.state = State::Asked { until: turn.now.saturating_add(ANSWER) };
            }
        }
        failed
    }

    /// The message is in the room's history. True if it is to be forgotten where it was persisted.
    pub(crate) fn settle(&mut self, id: &str) -> bool {
        let Some(index) = self.entries.iter().position(|entry| entry.unsent.id == id) else { return false };
        self.entries.remove(index).kept
    }

    /// The message is in the history under that number, and its event is still to come. True as for [`Self::settle`].
    pub(crate) fn accept(&mut self, id: &str, seq: u64, now: u64) -> bool {
        let Some(entry) = self.find(id) else { return false };
        entry.state = State::Accepted { seq, until: now.saturating_add(EVENT), overdue: false, looks: 0 };
        std::mem::replace(&mut entry.kept, false)
    }

    /// All that has a number up to this one is in what is shown, or before it.
    pub(crate) fn reached(&mut self, reached: u64) {
        self.entries.retain(|entry| !matches!(entry.state, State::Accepted { seq, .. } if seq <= reached));
    }

    /// The room is left: what is in the history is found there at the next visit.
    pub(crate) fn forget_accepted(&mut self) {
        self.reached(u64::MAX);
    }

    /// What was shown is no longer so: it is as if its event were still to come.
    pub(crate) fn take_back(&mut self, shown: Vec<(u64, PendingCommand)>) {
        let mut entries: Vec<Entry> = shown.into_iter().map(|(seq, unsent)| Entry::accepted(seq, unsent)).collect();
        entries.append(&mut self.entries);
        self.entries = entries;
    }

    /// The history lost its end: what it had accepted and is not in the new page is the person's to send again. Under
    /// the same id that says it once, should it be there after all. Returns what is to be persisted again.
    pub(crate) fn lose_accepted(&mut self) -> Vec<PendingCommand> {
        self.lose(0)
    }

    /// The same of what was looked for in vain too often.
    pub(crate) fn lose_missing(&mut self) -> Vec<PendingCommand> {
        self.lose(LOOKS)
    }

    /// The message was not taken, and no other is before `until`.
    pub(crate) fn pause(&mut self, id: &str, until: u64) {
        self.pause_until = self.pause_until.max(Some(until));
        self.unask(id);
    }

    /// The message was not taken. It waits for its room to be joined.
    pub(crate) fn unask(&mut self, id: &str) {
        if let Some(entry) = self.find(id)
            && entry.is_asked()
        {
            entry.state = State::Waiting;
        }
    }

    /// The message was refused for good. Returns it, to be persisted, if it looks different.
    pub(crate) fn fail(&mut self, id: &str, why: FailureReason) -> Option<PendingCommand> {
        let entry = self.find(id).filter(|entry| matches!(entry.state, State::Asked { .. } | State::Waiting))?;
        entry.fail(why);
        Some(entry.unsent.clone())
    }

    /// Sends a failed message again. Returns it if it failed, to be persisted.
    pub(crate) fn retry(&mut self, id: &str, space: bool) -> Option<PendingCommand> {
        let entry = self.find(id)?;
        if !entry.is_failed() || !(space || entry.kept) {
            return None;
        }
        entry.retry();
        Some(entry.unsent.clone())
    }

    /// Throws a failed message away. True if there was one.
    pub(crate) fn discard(&mut self, id: &str) -> bool {
        let before = self.entries.len();
        self.entries.retain(|entry| entry.unsent.id != id || !entry.is_failed());
        self.entries.len() != before
    }

    /// The room was joined: whatever has no answer is sent again.
    pub(crate) fn joined(&mut self) {
        for entry in self.entries.iter_mut().filter(|entry| entry.is_asked()) {
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
        let late = |entry: &&mut Entry| matches!(entry.state, State::Asked { until } if until <= now);
        for entry in self.entries.iter_mut().filter(late) {
            entry.state = State::Waiting;
        }
    }

    /// Whether an acknowledged message has not come for too long. It is given as long again.
    pub(crate) fn misses_event(&mut self, now: u64) -> bool {
        let mut misses = false;
        for entry in &mut self.entries {
            if let State::Accepted { until, overdue, .. } = &mut entry.state
                && *until <= now
            {
                *until = now.saturating_add(EVENT);
                *overdue = true;
                misses = true;
            }
        }
        misses
    }

    /// A join was answered, and what was overdue did not come with it.
    pub(crate) fn looked(&mut self) {
        for entry in &mut self.entries {
            if let State::Accepted { overdue: overdue @ true, looks, .. } = &mut entry.state {
                *overdue = false;
                *looks += 1;
            }
        }
    }

    /// When something here is due, while the room is joined.
    pub(crate) fn deadline(&self) -> Option<u64> {
        let due = |entry: &Entry| match entry.state {
            State::Waiting => self.pause_until,
            State::Asked { until } | State::Accepted { until, .. } => Some(until),
            State::Failed(_) => None,
        };
        self.entries.iter().filter_map(due).min()
    }

    /// How the messages are shown, and which edits failed of `elsewhere`, the changes to what is not: nothing that somebody
    /// wrote is to be lost without a word.
    pub(crate) fn lines(&self, me: &User, elsewhere: &[PendingCommand]) -> impl Iterator<Item = TimelineItem> {
        let lost = |id: &str| elsewhere.iter().any(|change| change.id == id && change.failed.is_some());
        self.entries.iter().filter_map(move |entry| match &entry.unsent.command {
            Command::Send { text, reply_to } => {
                Some(entry.line(me, text, reply_to.as_ref().map(|reply_to| reply_to.seq)))
            }
            Command::Edit { text, .. } => lost(&entry.unsent.id).then(|| entry.line(me, text, None)),
            Command::Delete { .. } | Command::React { .. } => None,
        })
    }

    /// The changes to messages.
    pub(crate) fn changes(&self) -> impl Iterator<Item = PendingCommand> {
        self.entries.iter().filter_map(Entry::change)
    }

    fn find(&mut self, id: &str) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| entry.unsent.id == id)
    }

    fn lose(&mut self, after: u32) -> Vec<PendingCommand> {
        let lost = |entry: &&mut Entry| matches!(entry.state, State::Accepted { looks, .. } if looks >= after);
        let lose = |entry: &mut Entry| {
            entry.fail(FailureReason::Lost);
            entry.unsent.clone()
        };
        self.entries.iter_mut().filter(lost).map(lose).collect()
    }
}
