//! Joining, and taking the room's events in their order, none left out.

use protocol::{ClientFrame, Event, Kind, Reason, RefusalCode, RoomName, User};

use super::{Refused, Room};
use crate::chain::Place;
use crate::connection::LONGEST_RETRY;
use crate::older::Older;
use crate::presence::People;
use crate::timeline::{Page, is_news, unread_after};
use crate::turn::Turn;
use crate::{Change, Effect, FailureReason, Snapshot};

/// The most events that wait for a join.
const HELD: usize = 256;

/// The answer to a join.
pub(crate) struct Joined {
    pub(crate) page: Page,
    pub(crate) recovered: bool,
    pub(crate) reason: Option<Reason>,
    pub(crate) people: Vec<User>,
    pub(crate) count: u64,
    pub(crate) read: Option<u64>,
}

impl Room {
    /// Shows what the server rendered, unless there is something newer already.
    pub(crate) fn show(&mut self, snapshot: Snapshot, turn: &mut Turn) {
        if self.is_loaded() {
            return;
        }
        let Snapshot { epoch, events, head, people, count, read } = snapshot;
        self.people_changed(|here| *here = People::new(people, count), turn);
        self.replace(Page { epoch, events, head }, Reason::New, read, turn);
    }

    /// Asks to be a member, from the cursor on.
    pub(crate) fn join(&mut self, turn: &mut Turn) {
        self.membership.asked(turn.now);
        turn.transmit(&ClientFrame::Join { room: self.name.clone(), after: self.timeline.cursor().cloned() });
    }

    /// Joins, on a live link, unless that is done or under way.
    pub(crate) fn enter(&mut self, live: bool, turn: &mut Turn) {
        match RoomName::new(&self.name) {
            Err(problem) => self.refuse(problem.into(), turn),
            Ok(_) if live && !self.membership.is_inside() && !self.membership.is_joining() => self.join(turn),
            Ok(_) => {}
        }
    }

    /// What is shown cannot be all, or is not what the room is: the answer to a join tells.
    pub(super) fn doubt(&mut self, turn: &mut Turn) {
        if self.membership.doubt(turn) {
            self.join(turn);
        }
    }

    pub(crate) fn joined(&mut self, answer: Joined, turn: &mut Turn) {
        let Joined { page, recovered, reason, people, count, read } = answer;
        if recovered && !self.is_loaded() {
            // It belongs to an earlier visit: this one has no cursor to recover from.
            return;
        }
        self.membership.joined();
        self.position.joined();
        self.set_refusal(None, turn);
        self.people_changed(|here| *here = People::new(people, count), turn);
        let head = page.head.clone();
        let mut whole = true;
        if !recovered {
            self.replace(page, reason.unwrap_or(Reason::New), read, turn);
        } else if self.timeline.cursor().is_some_and(|cursor| cursor.epoch == page.epoch) {
            whole = self.take_all(page.events, turn);
        } else {
            whole = false;
        }
        let held = std::mem::take(&mut self.held);
        whole &= self.take_all(held, turn);
        if !whole || !self.timeline.reaches(&head) {
            self.doubt(turn);
        }
        if let Some(read) = read {
            self.read_elsewhere(read, turn);
        }
        self.tell_position(turn);
        self.outbox.looked();
        let lost = self.outbox.lose_missing();
        self.keep_again(lost, turn);
        self.outbox.joined();
        self.flush(turn);
        self.ask_older(turn);
    }

    /// The room cannot be entered.
    pub(crate) fn refuse(&mut self, why: FailureReason, turn: &mut Turn) {
        self.membership.refused();
        self.set_refusal(Some(why), turn);
    }

    /// The server says that this socket is no member.
    pub(crate) fn expelled(&mut self, turn: &mut Turn) {
        self.membership.expelled();
        self.doubt(turn);
    }

    pub(crate) fn join_refused(&mut self, refused: Refused, turn: &mut Turn) {
        if refused.code.is_temporary() {
            self.membership.wait_until(refused.again_at(turn));
        } else {
            self.refuse(FailureReason::of(refused.code, refused.message), turn);
        }
    }

    pub(crate) fn reset(&mut self, page: Page, reason: Reason, turn: &mut Turn) {
        if !self.membership.is_inside() {
            return;
        }
        let head = page.head.clone();
        self.replace(page, reason, None, turn);
        if !self.timeline.reaches(&head) {
            self.doubt(turn);
        }
    }

    /// Takes an event that came by itself.
    pub(crate) fn receive(&mut self, event: Event, turn: &mut Turn) {
        if !self.membership.is_inside() && !self.membership.is_joining() {
            return;
        }
        match self.timeline.place(&event) {
            Place::Seen => {}
            Place::Next => {
                self.take(event, turn);
                // If it was ours, there is space for one more on the way.
                self.flush(turn);
            }
            // Nobody sends old events by themselves, except in a new life of the room.
            Place::Older => self.doubt(turn),
            Place::Broken => {
                if self.held.len() == HELD {
                    self.held.pop_front();
                }
                self.held.push_back(event);
                self.doubt(turn);
            }
        }
    }

    /// Takes events that claim to follow each other. False if some do not fit. Those from before a page that has just
    /// come are in what it replaced.
    fn take_all(&mut self, events: impl IntoIterator<Item = Event>, turn: &mut Turn) -> bool {
        let mut whole = true;
        for event in events {
            match self.timeline.place(&event) {
                Place::Seen | Place::Older => {}
                Place::Next => self.take(event, turn),
                Place::Broken => whole = false,
            }
        }
        whole
    }

    /// Shows the next event.
    fn take(&mut self, event: Event, turn: &mut Turn) {
        self.membership.progressed();
        if matches!(event.kind, Kind::Message { .. }) {
            self.stopped_writing(&event.author.id, turn);
        }
        if is_news(&event, &self.me) && event.seq > self.read_to() {
            self.set_unread(self.unread + 1, turn);
            self.note_mention(&event, turn);
        }
        self.settle_own(&event, turn);
        let seq = event.seq;
        let first = self.timeline.first();
        let different = self.timeline.push(event);
        if self.timeline.first() != first {
            self.older = Older::Idle;
            self.timeline_changed(turn);
        }
        if different {
            self.timeline_changed(turn);
        }
        self.outbox.reached(seq);
        self.redraw(turn);
    }

    /// Shows a page in the place of all that was sent; what is unsent stays, unless it is in the page. `read` is up to where the
    /// person has read, as the server knows.
    fn replace(&mut self, page: Page, reason: Reason, read: Option<u64>, turn: &mut Turn) {
        let reason = self.timeline.reason_of(&page, reason);
        for event in &page.events {
            self.settle_own(event, turn);
        }
        if reason == Reason::Fork {
            self.outbox.take_back(self.timeline.taken_back(&self.name, &page, &self.me));
        }
        if matches!(reason, Reason::Epoch | Reason::Fork | Reason::Unknown) {
            let lost = self.outbox.lose_accepted();
            self.keep_again(lost, turn);
        }
        if self.timeline.has_page(&page, reason) {
            self.redraw(turn);
            return;
        }
        let unread = self.unread_in(&page, reason, read);
        self.set_unread(unread, turn);
        self.older = Older::Idle;
        self.timeline.replace(page, reason);
        if let Some(cursor) = self.timeline.cursor() {
            self.outbox.reached(cursor.seq);
        }
        self.timeline_changed(turn);
        self.redraw(turn);
    }

    /// How much is unread with a page in the place of what is shown. The position begins anew where it means nothing any more.
    fn unread_in(&mut self, page: &Page, reason: Reason, read: Option<u64>) -> u64 {
        let end = page.head.seq;
        match (self.timeline.cursor(), reason) {
            (Some(cursor), Reason::New | Reason::Trimmed) => {
                let seen = cursor.seq.max(self.read_to());
                self.unread + unread_after(&page.events, seen, &self.me)
            }
            // Numbers of a lost history say nothing about what is new, except that it cannot be more than there is.
            (Some(_), Reason::Epoch | Reason::Fork | Reason::Unknown) => {
                let unread = self.unread.min(end);
                self.position.begin(end - unread);
                unread
            }
            (None, _) => {
                self.position.begin(read.unwrap_or(end));
                unread_after(&page.events, self.read_to(), &self.me)
            }
        }
    }

    pub(super) fn settle_own(&mut self, event: &Event, turn: &mut Turn) {
        if let Some(id) = event.kind.id()
            && event.author.id == self.me.id
            && self.outbox.settle(id)
        {
            turn.effect(Effect::Forget { room: self.name.clone(), id: id.to_owned() });
        }
    }

    fn set_refusal(&mut self, refusal: Option<FailureReason>, turn: &mut Turn) {
        if self.refusal != refusal {
            self.refusal = refusal;
            turn.changed(Change::Rooms);
            self.timeline_changed(turn);
        }
    }
}

impl Refused {
    /// When to ask again: after as long as the server said, and up to as long again.
    pub(super) fn again_at(&self, turn: &Turn) -> u64 {
        let Some(wait) = self.retry_after_ms else { return turn.soon() };
        let wait = wait.min(LONGEST_RETRY);
        // The server says the same to all whom an outage has refused.
        turn.now.saturating_add(wait).saturating_add((turn.random * wait as f64) as u64)
    }

    pub(super) fn needs_join(&self) -> bool {
        self.code == RefusalCode::NotJoined
    }
}
