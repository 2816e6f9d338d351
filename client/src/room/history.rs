//! Loading older messages, one page at a time.

use protocol::{ClientFrame, Event, limits};

use super::{Refused, Room};
use crate::effects::Effects;
use crate::request_state::RequestState;

/// The answer to a history request.
pub(crate) struct HistoryPage {
    pub(crate) before: Option<u64>,
    pub(crate) events: Vec<Event>,
    pub(crate) start: bool,
    pub(crate) trimmed: bool,
}

impl Room {
    pub(crate) fn load_older(&mut self, effects: &mut Effects) {
        if self.history_state().has_older && self.history_request == RequestState::Idle {
            self.history_request = RequestState::Scheduled { at: effects.now };
            self.request_history(effects);
        }
    }

    /// Sends the history request if one is queued and due.
    pub(super) fn request_history(&mut self, effects: &mut Effects) {
        let Some(before) = self.timeline.first_seq().filter(|_| self.history_request.is_due(effects.now)) else {
            return;
        };
        if self.membership.is_joined() {
            self.history_request = RequestState::sent(effects.now);
            let limit = Some(limits::HISTORY_PAGE as u32);
            effects.transmit(&ClientFrame::History { room: self.name.clone(), before: Some(before), limit });
        }
    }

    /// Handles a page of history. A page that does not answer the current request is dropped: it belongs to a view that
    /// was replaced.
    pub(crate) fn history_received(&mut self, page: HistoryPage, effects: &mut Effects) {
        let HistoryPage { before, events, start, trimmed } = page;
        if !self.history_request.is_in_flight() || before != self.timeline.first_seq() {
            return;
        }
        self.history_request = RequestState::Idle;
        let all = start || (trimmed && events.len() < limits::HISTORY_PAGE);
        for event in &events {
            self.confirm_own(event, effects);
        }
        // A pending item that moves is removed before it is inserted.
        self.timeline.show_pending(&self.outbox, &self.me);
        let items = self.timeline().len();
        if !self.timeline.prepend(events, all, trimmed) {
            self.rejoin(effects);
        } else if self.timeline().len() == items {
            // A page without messages shows the person nothing new, so the next one is loaded.
            self.load_older(effects);
        }
    }

    pub(crate) fn history_refused(&mut self, refused: &Refused, effects: &mut Effects) {
        if !self.history_request.is_in_flight() {
            return;
        }
        if refused.code.is_temporary() {
            self.history_request = RequestState::Scheduled { at: refused.retry_at(effects) };
            if refused.needs_join() {
                self.not_joined(effects);
            }
        } else {
            self.history_request = RequestState::Idle;
        }
    }
}
