//! Joins a room and applies its events in order and without gaps.

use protocol::{ClientFrame, Event, Kind, Reason, RefusalCode, RoomName, User};

use super::{Refused, Room};
use crate::chain::ChainRelation;
use crate::connection::MAX_RETRY_AFTER;
use crate::effects::Effects;
use crate::presence::People;
use crate::request_state::RequestState;
use crate::timeline::{TimelinePage, is_message_of_other, unread_after};
use crate::{FailureReason, Snapshot, StateChange};

/// How many events are buffered during a join.
const MAX_BUFFERED: usize = 256;

/// The answer to a join.
pub(crate) struct Joined {
    pub(crate) page: TimelinePage,
    pub(crate) recovered: bool,
    pub(crate) reason: Option<Reason>,
    pub(crate) people: Vec<User>,
    pub(crate) count: u64,
    pub(crate) read: Option<u64>,
}

impl Room {
    /// Shows the page that the server rendered, unless a page is loaded already.
    pub(crate) fn load_snapshot(&mut self, snapshot: Snapshot, effects: &mut Effects) {
        if self.timeline.cursor().is_some() {
            return;
        }
        let Snapshot { epoch, events, head, people, count, read } = snapshot;
        self.update_people(|here| *here = People::new(people, count), effects);
        self.replace(TimelinePage { epoch, events, head }, Reason::New, read, effects);
    }

    /// Sends a join with the cursor.
    pub(crate) fn join(&mut self, effects: &mut Effects) {
        self.membership.join_sent(effects.now);
        effects.transmit(&ClientFrame::Join { room: self.name.clone(), after: self.timeline.cursor().cloned() });
    }

    /// Joins if the connection is live and the room is neither joined nor being joined.
    pub(crate) fn join_if_needed(&mut self, live: bool, effects: &mut Effects) {
        match RoomName::new(&self.name) {
            Err(problem) => self.set_join_refused(problem.into(), effects),
            Ok(_) if live && !self.membership.is_joined() && !self.membership.is_joining() => self.join(effects),
            Ok(_) => {}
        }
    }

    /// Joins again, because the timeline has a gap or differs from the room's history. The answer resolves this.
    pub(super) fn rejoin(&mut self, effects: &mut Effects) {
        if self.membership.schedule_rejoin(effects) {
            self.join(effects);
        }
    }

    pub(crate) fn joined(&mut self, answer: Joined, effects: &mut Effects) {
        let Joined { page, recovered, reason, people, count, read } = answer;
        if recovered && self.timeline.cursor().is_none() {
            // The answer belongs to an earlier visit: this room has no cursor to recover from.
            return;
        }
        self.membership.joined();
        self.read_marker.joined();
        self.set_refusal(None, effects);
        self.update_people(|here| *here = People::new(people, count), effects);
        let head = page.head.clone();
        let mut whole = true;
        if !recovered {
            self.replace(page, reason.unwrap_or(Reason::New), read, effects);
        } else if self.timeline.cursor().is_some_and(|cursor| cursor.epoch == page.epoch) {
            whole = self.apply_all(page.events, effects);
        } else {
            whole = false;
        }
        let buffered = std::mem::take(&mut self.buffered);
        whole &= self.apply_all(buffered, effects);
        if !whole || !self.timeline.reaches(&head) {
            self.rejoin(effects);
        }
        if let Some(read) = read {
            self.read_elsewhere(read, effects);
        }
        self.send_read_marker(effects);
        self.outbox.join_answered(effects);
        self.flush(effects);
        self.request_history(effects);
    }

    /// Records that the room cannot be joined.
    pub(crate) fn set_join_refused(&mut self, why: FailureReason, effects: &mut Effects) {
        self.membership.reset();
        self.set_refusal(Some(why), effects);
    }

    /// Joins again, because the server reports that this socket has not joined the room.
    pub(crate) fn not_joined(&mut self, effects: &mut Effects) {
        self.membership.not_joined();
        self.rejoin(effects);
    }

    pub(crate) fn join_refused(&mut self, refused: Refused, effects: &mut Effects) {
        if refused.code.is_temporary() {
            self.membership.join_at(refused.retry_at(effects));
        } else {
            self.set_join_refused(FailureReason::of(refused.code, refused.message), effects);
        }
    }

    pub(crate) fn reset(&mut self, page: TimelinePage, reason: Reason, effects: &mut Effects) {
        if !self.membership.is_joined() {
            return;
        }
        let head = page.head.clone();
        self.replace(page, reason, None, effects);
        if !self.timeline.reaches(&head) {
            self.rejoin(effects);
        }
    }

    /// Handles an event that the server published.
    pub(crate) fn handle_event(&mut self, event: Event, effects: &mut Effects) {
        if !self.membership.is_joined() && !self.membership.is_joining() {
            return;
        }
        match self.timeline.relation(&event) {
            ChainRelation::Seen => {}
            ChainRelation::Next => {
                self.apply(event, effects);
                // If the event acknowledges a command, the next command can be sent.
                self.flush(effects);
            }
            // The server publishes an old event only if the room has a new epoch.
            ChainRelation::Older => self.rejoin(effects),
            ChainRelation::Gap => {
                if self.buffered.len() == MAX_BUFFERED {
                    self.buffered.pop_front();
                }
                self.buffered.push_back(event);
                self.rejoin(effects);
            }
        }
    }

    /// Applies consecutive events. Returns false if there is a gap. Events from before a page that has just arrived are
    /// skipped, because the page replaced them.
    fn apply_all(&mut self, events: impl IntoIterator<Item = Event>, effects: &mut Effects) -> bool {
        let mut whole = true;
        for event in events {
            match self.timeline.relation(&event) {
                ChainRelation::Seen | ChainRelation::Older => {}
                ChainRelation::Next => self.apply(event, effects),
                ChainRelation::Gap => whole = false,
            }
        }
        whole
    }

    /// Applies the next event.
    fn apply(&mut self, event: Event, effects: &mut Effects) {
        self.membership.made_progress();
        if matches!(event.kind, Kind::Message { .. }) {
            self.peer_stopped_typing(&event.author.id, effects);
        }
        if is_message_of_other(&event, &self.me) && event.seq > self.read_to() {
            self.set_unread(self.unread + 1, effects);
            self.notify_mention(&event, effects);
        }
        self.confirm_own(&event, effects);
        let seq = event.seq;
        let first = self.timeline.first_seq();
        self.timeline.push(event);
        if self.timeline.first_seq() != first {
            self.history_request = RequestState::Idle;
        }
        self.outbox.drop_acknowledged_up_to(seq);
    }

    /// Replaces all sent messages by a page. Pending commands stay, unless the page contains them. `read` is the
    /// person's read marker as the server knows it.
    fn replace(&mut self, page: TimelinePage, reason: Reason, read: Option<u64>, effects: &mut Effects) {
        let reason = self.timeline.reason_of(&page, reason);
        for event in &page.events {
            self.confirm_own(event, effects);
        }
        if reason == Reason::Fork {
            self.outbox.restore_acknowledged(self.timeline.lost_on_fork(&self.name, &page, &self.me));
        }
        if matches!(reason, Reason::Epoch | Reason::Fork | Reason::Unknown) {
            self.outbox.fail_acknowledged(effects);
        }
        if self.timeline.has_page(&page, reason) {
            return;
        }
        let unread = self.unread_in(&page, reason, read);
        self.set_unread(unread, effects);
        self.history_request = RequestState::Idle;
        self.timeline.replace(page, reason);
        if let Some(cursor) = self.timeline.cursor() {
            self.outbox.drop_acknowledged_up_to(cursor.seq);
        }
    }

    /// Counts the unread messages after a page replaces the view. Resets the read marker if it belongs to another
    /// history.
    fn unread_in(&mut self, page: &TimelinePage, reason: Reason, read: Option<u64>) -> u64 {
        let end = page.head.seq;
        match (self.timeline.cursor(), reason) {
            (Some(cursor), Reason::New | Reason::Trimmed) => {
                let seen = cursor.seq.max(self.read_to());
                self.unread + unread_after(&page.events, seen, &self.me)
            }
            // A `seq` of a lost history does not tell which messages are new. The count is only limited to the number
            // of events.
            (Some(_), Reason::Epoch | Reason::Fork | Reason::Unknown) => {
                let unread = self.unread.min(end);
                self.read_marker.reset(end - unread);
                unread
            }
            (None, _) => {
                self.read_marker.reset(read.unwrap_or(end));
                unread_after(&page.events, self.read_to(), &self.me)
            }
        }
    }

    pub(super) fn confirm_own(&mut self, event: &Event, effects: &mut Effects) {
        if let Some(id) = event.kind.id()
            && event.author.id == self.me.id
        {
            self.outbox.confirm(id, effects);
        }
    }

    fn set_refusal(&mut self, refusal: Option<FailureReason>, effects: &mut Effects) {
        if self.refusal != refusal {
            self.refusal = refusal;
            effects.changed(StateChange::Rooms);
        }
    }
}

impl Refused {
    /// When to send the request again: after the delay that the server asked for, plus up to the same delay at random.
    pub(super) fn retry_at(&self, effects: &Effects) -> u64 {
        let Some(wait) = self.retry_after_ms else { return effects.retry_time() };
        let wait = wait.min(MAX_RETRY_AFTER);
        // During an outage, the server sends the same delay to all clients.
        effects.now.saturating_add(wait).saturating_add((effects.random * wait as f64) as u64)
    }

    pub(super) fn needs_join(&self) -> bool {
        self.code == RefusalCode::NotJoined
    }
}
