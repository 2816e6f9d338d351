//! Sends commands and typing notifications.

use protocol::{ClientFrame, Command, RefusalCode};

use super::Room;
use crate::effects::Effects;
use crate::outbox::Outbox;
use crate::{Effect, FailureReason, PendingCommand};

/// A request that the server refused.
pub(crate) struct Refused {
    pub(crate) code: RefusalCode,
    pub(crate) message: String,
    pub(crate) retry_after_ms: Option<u64>,
}

impl Room {
    pub(crate) fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// Shows a command and sends it as soon as possible. `space` is whether the outbox has space for it.
    pub(crate) fn send(&mut self, pending: PendingCommand, space: bool, effects: &mut Effects) {
        if self.outbox.has(&pending.id) || self.timeline.has(&self.me, &pending.id) {
            // A command with the same id is the same command.
            return;
        }
        if pending.command.target().is_none() {
            self.typing.reset_sent();
        }
        if space {
            effects.push(Effect::StoreCommand(pending.clone()));
            self.outbox.add(pending);
        } else {
            self.outbox.overflow(pending);
        }
        self.flush(effects);
    }

    pub(crate) fn retry(&mut self, id: &str, space: bool, effects: &mut Effects) {
        if let Some(pending) = self.outbox.retry(id, space) {
            effects.push(Effect::StoreCommand(pending));
            self.flush(effects);
        }
    }

    pub(crate) fn discard(&mut self, id: &str, effects: &mut Effects) {
        if self.outbox.discard(id) {
            self.forget_pending(id, effects);
        }
    }

    /// Handles the acknowledgement of a command. The item stays pending until the event arrives, because only the event
    /// has a position in the timeline.
    pub(crate) fn sent(&mut self, id: &str, seq: u64, effects: &mut Effects) {
        if !self.outbox.has(id) {
            return;
        }
        let forget = if self.timeline.cursor().is_some_and(|cursor| seq <= cursor.seq) {
            // The event is shown already, or is older than all that are loaded.
            self.outbox.confirm(id)
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
                effects.push(Effect::StoreCommand(failed));
            } else {
                self.outbox.discard(id);
                self.forget_pending(id, effects);
            }
            self.flush(effects);
        }
    }

    /// Sends a typing notification if the last one was sent long enough ago.
    pub(crate) fn send_typing(&mut self, effects: &mut Effects) {
        if self.membership.is_joined() && self.typing.should_send(effects.now) {
            effects.transmit(&ClientFrame::Typing { room: self.name.clone() });
        }
    }

    /// Sends the next command if the room is joined.
    pub(super) fn flush(&mut self, effects: &mut Effects) {
        if self.membership.is_joined() {
            self.outbox.flush(effects);
        }
    }

    /// Whether a failed command can be shown, so that the person can decide what to do with it. A deletion or a
    /// reaction is shown only at its message and contains no text that could be lost.
    fn is_worth_showing(&self, failed: &PendingCommand) -> bool {
        matches!(failed.command, Command::Send { .. } | Command::Edit { .. }) || self.timeline.holds_target(failed)
    }

    fn forget_pending(&self, id: &str, effects: &mut Effects) {
        effects.push(Effect::RemoveCommand { room: self.name.clone(), id: id.to_owned() });
    }
}
