//! Loading older messages, one page at a time.

use protocol::{ClientFrame, Event, limits};

use super::{Refused, Room};
use crate::older::Older;
use crate::turn::Turn;

/// The answer to a request for older messages.
pub(crate) struct OlderPage {
    pub(crate) before: Option<u64>,
    pub(crate) events: Vec<Event>,
    pub(crate) start: bool,
    pub(crate) trimmed: bool,
}

impl Room {
    pub(crate) fn want_older(&mut self, turn: &mut Turn) {
        if self.has_older() && self.older.want(turn.now) {
            self.timeline_changed(turn);
            self.ask_older(turn);
        }
    }

    /// Asks for older messages if the person wants them and it is time.
    pub(super) fn ask_older(&mut self, turn: &mut Turn) {
        let Some(before) = self.timeline.first().filter(|_| self.older.is_due(turn.now)) else { return };
        if self.membership.is_inside() {
            self.older = Older::asked(before, turn.now);
            let limit = Some(limits::HISTORY_PAGE as u32);
            turn.transmit(&ClientFrame::History { room: self.name.clone(), before: Some(before), limit });
        }
    }

    /// Takes the answer to the present request. Any other belongs to a view that was replaced meanwhile.
    pub(crate) fn older_came(&mut self, page: OlderPage, turn: &mut Turn) {
        let OlderPage { before, events, start, trimmed } = page;
        let Older::Asked { before: asked, .. } = self.older else { return };
        if before != Some(asked) {
            return;
        }
        self.older = Older::Idle;
        let all = start || (trimmed && events.len() < limits::HISTORY_PAGE);
        for event in &events {
            self.settle_own(event, turn);
        }
        let lines = self.lines().len();
        if !self.timeline.prepend(events, all, trimmed) {
            self.doubt(turn);
        } else if self.lines().len() == lines {
            // A page of changes only shows the person nothing of what they wanted to see.
            self.want_older(turn);
        }
        self.timeline_changed(turn);
        self.redraw(turn);
    }

    pub(crate) fn older_refused(&mut self, refused: &Refused, turn: &mut Turn) {
        if !matches!(self.older, Older::Asked { .. }) {
            return;
        }
        if refused.code.is_temporary() {
            self.older = Older::Wanted { from: refused.again_at(turn) };
            if refused.needs_join() {
                self.expelled(turn);
            }
        } else {
            self.older = Older::Idle;
            self.timeline_changed(turn);
        }
    }
}
