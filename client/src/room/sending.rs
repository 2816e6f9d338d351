//! Saying something, and that one is about to.

use protocol::{ClientFrame, Command, RefusalCode};

use super::Room;
use crate::outbox::Outbox;
use crate::turn::Turn;
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
    pub(crate) fn send(&mut self, unsent: PendingCommand, space: bool, turn: &mut Turn) {
        if self.outbox.has(&unsent.id) || self.timeline.has(&self.me, &unsent.id) {
            // The same id means the same message, or change.
            return;
        }
        if unsent.command.target().is_none() {
            self.typing.sent();
        }
        if space {
            turn.effect(Effect::Keep(unsent.clone()));
            self.outbox.add(unsent);
        } else {
            self.outbox.spill(unsent);
        }
        self.redraw(turn);
        self.flush(turn);
    }

    pub(crate) fn retry(&mut self, id: &str, space: bool, turn: &mut Turn) {
        if let Some(unsent) = self.outbox.retry(id, space) {
            turn.effect(Effect::Keep(unsent));
            self.redraw(turn);
            self.flush(turn);
        }
    }

    pub(crate) fn discard(&mut self, id: &str, turn: &mut Turn) {
        if self.outbox.discard(id) {
            self.forget(id, turn);
            self.redraw(turn);
        }
    }

    /// The acknowledgement. The line waits for the event, which has its place in the order.
    pub(crate) fn sent(&mut self, id: &str, seq: u64, turn: &mut Turn) {
        if !self.outbox.has(id) {
            return;
        }
        let forget = if self.timeline.cursor().is_some_and(|cursor| seq <= cursor.seq) {
            // It is shown already, or older than all that is.
            let forget = self.outbox.settle(id);
            self.redraw(turn);
            forget
        } else {
            self.outbox.accept(id, seq, turn.now)
        };
        if forget {
            self.forget(id, turn);
        }
        self.flush(turn);
    }

    pub(crate) fn send_refused(&mut self, id: &str, refused: Refused, turn: &mut Turn) {
        if refused.needs_join() {
            self.outbox.unask(id);
            self.expelled(turn);
        } else if refused.code.is_temporary() {
            self.outbox.pause(id, refused.again_at(turn));
        } else if let Some(failed) = self.outbox.fail(id, FailureReason::of(refused.code, refused.message)) {
            if self.is_worth_keeping(&failed) {
                turn.effect(Effect::Keep(failed));
            } else {
                self.outbox.discard(id);
                self.forget(id, turn);
            }
            self.redraw(turn);
            self.flush(turn);
        }
    }

    /// Says that the person is writing, not too often.
    pub(crate) fn writing(&mut self, turn: &mut Turn) {
        if self.membership.is_inside() && self.typing.may_say(turn.now) {
            turn.transmit(&ClientFrame::Typing { room: self.name.clone() });
        }
    }

    /// Sends what may be sent now.
    pub(super) fn flush(&mut self, turn: &mut Turn) {
        if self.membership.is_inside() && self.outbox.flush(turn) {
            self.redraw(turn);
        }
    }

    /// What was taken for sent is not.
    pub(super) fn keep_again(&mut self, lost: Vec<PendingCommand>, turn: &mut Turn) {
        self.redraw(turn);
        for unsent in lost {
            turn.effect(Effect::Keep(unsent));
        }
    }

    /// Whether what failed can be shown, so that somebody decides what becomes of it. A deletion or a reaction has no place
    /// but at its message, and holds nothing that was written.
    fn is_worth_keeping(&self, failed: &PendingCommand) -> bool {
        matches!(failed.command, Command::Send { .. } | Command::Edit { .. }) || self.timeline.holds_target(failed)
    }

    fn forget(&self, id: &str, turn: &mut Turn) {
        turn.effect(Effect::Forget { room: self.name.clone(), id: id.to_owned() });
    }
}
