//! Sends commands and typing notifications.

use protocol::{ClientFrame, Command, RefusalCode};

use super::Room;
use crate::effects::Effects;
use crate::outbox::Outbox;
use crate::{FailureReason, PendingCommand};

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
        self.outbox.push(pending, space, effects);
        self.flush(effects);
    }

    pub(crate) fn retry(&mut self, id: &str, space: bool, effects: &mut Effects) {
        self.outbox.retry(id, space, effects);
        self.flush(effects);
    }

    pub(crate) fn discard(&mut self, id: &str, effects: &mut Effects) {
        self.outbox.discard(id, effects);
    }

    /// Handles the acknowledgement of a command. The item stays pending until the event arrives, because only the event
    /// has a position in the timeline.
    pub(crate) fn sent(&mut self, id: &str, seq: u64, effects: &mut Effects) {
        if self.timeline.cursor().is_some_and(|cursor| seq <= cursor.seq) {
            // The event is shown already, or is older than all that are loaded.
            self.outbox.confirm(id, effects);
        } else {
            self.outbox.acknowledge(id, seq, effects);
        }
        self.flush(effects);
    }

    pub(crate) fn send_refused(&mut self, id: &str, refused: Refused, effects: &mut Effects) {
        if refused.needs_join() {
            self.outbox.requeue(id);
            self.not_joined(effects);
        } else if refused.code.is_temporary() {
            self.outbox.pause(id, refused.retry_at(effects));
        } else {
            // A deletion or a reaction is shown only at its message and contains no text that could be lost.
            let worth_showing = |failed: &PendingCommand| {
                matches!(failed.command, Command::Send { .. } | Command::Edit { .. })
                    || self.timeline.holds_target(failed)
            };
            let reason = FailureReason::of(refused.code, refused.message);
            self.outbox.fail(id, reason, worth_showing, effects);
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
}
