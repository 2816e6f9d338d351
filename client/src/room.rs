//! One room: what it shows, and what is said to the server about it.

mod entering;
mod reading;
mod sending;
mod unread;

use std::collections::VecDeque;

use protocol::{Event, User};

use crate::membership::Membership;
use crate::older::Older;
use crate::outbox::Outbox;
use crate::position::Position;
use crate::presence::People;
use crate::timeline::Timeline;
use crate::turn::Turn;
use crate::typing::Typing;
use crate::{Change, FailureReason, Notice, TimelineItem};

pub(crate) use entering::Joined;
pub(crate) use reading::OlderPage;
pub(crate) use sending::Refused;

/// A room that is open.
#[derive(Clone, Debug)]
pub struct Room {
    name: String,
    me: User,
    membership: Membership,
    refusal: Option<FailureReason>,
    timeline: Timeline,
    /// Events that came while a join was on its way and do not fit yet. Bounded: the oldest give way, and are missed
    /// when the others are tried.
    held: VecDeque<Event>,
    outbox: Outbox,
    older: Older,
    people: People,
    typing: Typing,
    position: Position,
    unread: u64,
}

impl Room {
    /// The name, as the server spells it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the list shows, oldest first: what was sent, then what is pending or failed in the order of sending.
    #[must_use]
    pub fn lines(&self) -> &[TimelineItem] {
        self.timeline.lines()
    }

    /// Who is here, as far as they are listed: by name regardless of case, then by id.
    #[must_use]
    pub fn people(&self) -> &[User] {
        self.people.list()
    }

    /// How many are here.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.people.count()
    }

    /// The others who write now, in the order in which they began.
    #[must_use]
    pub fn typing(&self, now: u64) -> Vec<User> {
        self.typing.writers(now)
    }

    /// Whether there may be older messages to load.
    #[must_use]
    pub fn has_older(&self) -> bool {
        self.timeline.has_older()
    }

    /// Whether older messages are on their way.
    #[must_use]
    pub fn is_loading_older(&self) -> bool {
        self.older != Older::Idle
    }

    /// Whether messages from before the first line existed and are no longer kept.
    #[must_use]
    pub fn is_trimmed(&self) -> bool {
        self.timeline.is_trimmed()
    }

    /// Whether the latest messages are here. False until a snapshot or the first answer of the server.
    #[must_use]
    pub fn is_loaded(&self) -> bool {
        self.timeline.cursor().is_some()
    }

    /// FailureReason the view was last replaced, if messages may be missing for it.
    #[must_use]
    pub fn notice(&self) -> Option<Notice> {
        self.timeline.notice()
    }

    /// FailureReason the room cannot be entered.
    #[must_use]
    pub fn refusal(&self) -> Option<&FailureReason> {
        self.refusal.as_ref()
    }

    /// The name of the event at that number, if it is here.
    pub(crate) fn uid_at(&self, seq: u64) -> Option<&String> {
        self.timeline.uid_at(seq)
    }

    pub(crate) fn new(name: &str, me: User, outbox: Outbox) -> Self {
        let mut room = Self {
            name: name.to_owned(),
            me,
            membership: Membership::default(),
            refusal: None,
            timeline: Timeline::default(),
            held: VecDeque::new(),
            outbox,
            older: Older::Idle,
            people: People::default(),
            typing: Typing::default(),
            position: Position::default(),
            unread: 0,
        };
        room.timeline.show_unsent(&room.outbox, &room.me);
        room
    }

    pub(crate) fn rename(&mut self, me: &User, turn: &mut Turn) {
        self.me = me.clone();
        self.redraw(turn);
    }

    /// The socket is gone: nothing that was asked on it is answered any more.
    pub(crate) fn disconnected(&mut self, turn: &mut Turn) {
        self.membership.disconnected();
        self.held.clear();
        self.outbox.disconnected();
        self.older.disconnected();
        self.expire_typing(turn);
    }

    /// Another socket has taken over: it has to be told of the room, and the last one still brings what it can.
    pub(crate) fn moved(&mut self) {
        self.membership.disconnected();
        self.older.disconnected();
    }

    /// Whether the present socket has all of the room that it will get.
    pub(crate) fn is_settled(&self) -> bool {
        self.membership.is_inside() || self.refusal.is_some()
    }

    pub(crate) fn into_outbox(mut self) -> Outbox {
        self.outbox.disconnected();
        self.outbox.forget_accepted();
        self.outbox
    }

    /// Does what is due; `live` says whether there is a socket to do it on.
    pub(crate) fn due(&mut self, live: bool, turn: &mut Turn) {
        self.expire_typing(turn);
        if !live {
            return;
        }
        if self.membership.is_due(turn.now) {
            self.join(turn);
        }
        if !self.membership.is_inside() {
            return;
        }
        self.outbox.expire(turn.now);
        self.flush(turn);
        self.ask_older(turn);
        self.tell_position(turn);
        if self.outbox.misses_event(turn.now) {
            self.doubt(turn);
        }
    }

    pub(crate) fn deadline(&self, live: bool) -> Option<u64> {
        let inside = live && self.membership.is_inside();
        let on_the_link = self.membership.deadline().filter(|_| live);
        let as_member = [self.outbox.deadline(), self.older.deadline(), self.position.deadline()];
        let as_member = as_member.into_iter().flatten().filter(|_| inside).min();
        [self.typing.deadline(), on_the_link, as_member].into_iter().flatten().min()
    }

    pub(crate) fn people_changed(&mut self, update: impl FnOnce(&mut People), turn: &mut Turn) {
        let before = self.people.clone();
        update(&mut self.people);
        if self.people != before {
            turn.changed(Change::People(self.name.clone()));
        }
    }

    pub(crate) fn wrote(&mut self, user: User, turn: &mut Turn) {
        if user.id != self.me.id && self.typing.note(user, turn.now) {
            self.typing_changed(turn);
        }
    }

    pub(crate) fn stopped_writing(&mut self, id: &str, turn: &mut Turn) {
        if self.typing.end(id) {
            self.typing_changed(turn);
        }
    }

    fn expire_typing(&mut self, turn: &mut Turn) {
        if self.typing.expire(turn.now) {
            self.typing_changed(turn);
        }
    }

    fn typing_changed(&self, turn: &mut Turn) {
        turn.changed(Change::Typing(self.name.clone()));
    }

    fn timeline_changed(&self, turn: &mut Turn) {
        turn.changed(Change::Timeline(self.name.clone()));
    }

    /// Brings what is shown of the outbox up to date.
    fn redraw(&mut self, turn: &mut Turn) {
        if self.timeline.show_unsent(&self.outbox, &self.me) {
            self.timeline_changed(turn);
        }
    }
}
