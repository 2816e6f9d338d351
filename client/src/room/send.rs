//! Saying something, and that one is about to.

use protocol::{ClientFrame, Command, RefusalCode};

use super::Room;
use crate::effects::Effects;
use crate::outbox::Outbox;
use crate::{Effect, FailureReason, PendingCommand};

/// A request that was not granted.
pub(crate) struct Refused {
    pub(crate) code: RefusalCode,
    pub(crate) message: String,
    pub(crate) retry_after_ms: Option<u64>,
}

impl Room {
    pub(crate) fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// Shows a message or a change and sends it as soon as that can be; `space` says whether the outbox has room for it.
    pub(crate) fn send(&mut self, pending: PendingCommand, space: bool, effects: &mut Effects) {
        if self.outbox.has(&pending.id) || self.timeline.has(&self.me, &pending.id) {
            // The same id means the same message, or change.
            return;
        }
        if pending.command.target().is_none() {
            self.typing.reset_sent();
        }
        if space {
            effects.push(Effect::Keep(pending.clone()));
            self.outbox.add(pending);
        } else {
            self.outbox.overflow(pending);
        }
        self.update_pending_items(effects);
        self.flush(effects);
    }

    pub(crate) fn retry(&mut self, id: &str, space: bool, effects: &mut Effects) {
        if let Some(pending) = self.outbox.retry(id, space) {
            effects.push(Effect::Keep(pending));
            self.update_pending_items(effects);
            self.flush(effects);
        }
    }

    pub(crate) fn discard(&mut self, id: &str, effects: &mut Effects) {
        if self.outbox.discard(id) {
            self.forget_pending(id, effects);
            self.update_pending_items(effects);
        }
    }

    /// The acknowledgement. The item waits for the event, which has its place in the order.
    pub(crate) fn sent(&mut self, id: &str, seq: u64, effects: &mut Effects) {
        if !self.outbox.has(id) {
            return;
        }
        let forget = if self.timeline.cursor().is_some_and(|cursor| seq <= cursor.seq) {
            // It is shown already, or older than all that is.
            let forget = self.outbox.confirm(id);
            self.update_pending_items(effects);
            forget
        } else {
            self.outbox.acknowledge(id, seq, effects.now)
        };
        if forget {
            self.forget_pending(id, effects);
        }
        self.flush(effects);
    }

    pub(crate) fn send_refused(&mut self, id: &str, refused: Refused, effects: &mut Effects) {
        if refused.needs_join() {
            self.outbox.requeue(id);
            self.not_joined(effects);
        } else if refused.code.is_temporary() {
            self.outbox.pause(id, refused.retry_at(effects));
        } else if let Some(failed) = self.outbox.fail(id, FailureReason::of(refused.code, refused.message)) {
            if self.is_worth_showing(&failed) {
                effects.push(Effect::Keep(failed));
            } else {
                self.outbox.discard(id);
                self.forget_pending(id, effects);
            }
            self.update_pending_items(effects);
            self.flush(effects);
        }
    }

    /// Says that the person is writing, not too often.
    pub(crate) fn send_typing(&mut self, effects: &mut Effects) {
        if self.membership.is_joined() && self.typing.should_send(effects.now) {
            effects.transmit(&ClientFrame::Typing { room: self.name.clone() });
        }
    }

    /// Sends what may be sent now.
    pub(super) fn flush(&mut self, effects: &mut Effects) {
        if self.membership.is_joined() && self.outbox.flush(effects) {
            self.update_pending_items(effects);
        }
    }

    /// What was taken for sent is not.
    pub(super) fn persist_failed(&mut self, lost: Vec<PendingCommand>, effects: &mut Effects) {
        self.update_pending_items(effects);
        for pending in lost {
            effects.push(Effect::Keep(pending));
        }
    }

    /// Whether what failed can be shown, so that somebody decides what becomes of it. A deletion or a reaction has no place
    /// but at its message, and holds nothing that was written.
    fn is_worth_showing(&self, failed: &PendingCommand) -> bool {
        matches!(failed.command, Command::Send { .. } | Command::Edit { .. }) || self.timeline.holds_target(failed)
    }

    fn forget_pending(&self, id: &str, effects: &mut Effects) {
        effects.push(Effect::Forget { room: self.name.clone(), id: id.to_owned() });
    }
}
