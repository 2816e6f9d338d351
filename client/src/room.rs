//! One room: its state, and its requests to the server.

mod history;
mod join;
mod send;
mod unread;

use std::collections::VecDeque;

use protocol::{Event, User};

use crate::effects::Effects;
use crate::membership::Membership;
use crate::outbox::Outbox;
use crate::presence::People;
use crate::read_marker::ReadMarker;
use crate::request_state::RequestState;
use crate::timeline::{HistoryState, Timeline};
use crate::typing::Typing;
use crate::{Effect, FailureReason, StateChange, TimelineItem};

pub(crate) use history::HistoryPage;
pub(crate) use join::Joined;
pub(crate) use send::Refused;

/// An open room.
#[derive(Clone, Debug)]
pub struct Room {
    name: String,
    me: User,
    membership: Membership,
    refusal: Option<FailureReason>,
    timeline: Timeline,
    /// Events that arrived during a join and do not follow the cursor yet. Bounded: when full, the oldest event is
    /// dropped, and the gap shows when the rest is applied.
    buffered: VecDeque<Event>,
    outbox: Outbox,
    history_request: RequestState,
    /// What was last reported of the history.
    reported_history: HistoryState,
    people: People,
    typing: Typing,
    read_marker: ReadMarker,
    unread: u64,
}

impl Room {
    /// The name of the room.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The items of the timeline, oldest first: sent messages, then pending and failed ones in the order of sending.
    #[must_use]
    pub fn timeline(&self) -> &[TimelineItem] {
        self.timeline.items()
    }

    /// The people who are present, as far as they are listed: ordered by name regardless of case, then by id.
    #[must_use]
    pub fn people(&self) -> &[User] {
        self.people.list()
    }

    /// How many people are present.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.people.count()
    }

    /// The other people who are typing, in the order in which they started.
    #[must_use]
    pub fn typing(&self, now: u64) -> Vec<User> {
        self.typing.typists(now)
    }

    /// What is known of the room's history.
    #[must_use]
    pub fn history_state(&self) -> HistoryState {
        let is_loading_older = self.history_request != RequestState::Idle;
        HistoryState { is_loading_older, ..self.timeline.history_state() }
    }

    /// Why the room cannot be joined.
    #[must_use]
    pub fn refusal(&self) -> Option<&FailureReason> {
        self.refusal.as_ref()
    }

    /// The `uid` of the event with this `seq`, if it is loaded.
    pub(crate) fn uid_at(&self, seq: u64) -> Option<&String> {
        self.timeline.uid_at(seq)
    }

    pub(crate) fn new(name: &str, me: User, outbox: Outbox) -> Self {
        Self {
            name: name.to_owned(),
            me,
            membership: Membership::default(),
            refusal: None,
            timeline: Timeline::default(),
            buffered: VecDeque::new(),
            outbox,
            history_request: RequestState::Idle,
            reported_history: HistoryState::default(),
            people: People::default(),
            typing: Typing::default(),
            read_marker: ReadMarker::default(),
            unread: 0,
        }
    }

    pub(crate) fn rename(&mut self, me: &User) {
        self.me = me.clone();
    }

    /// Resets what depends on the socket. Requests that were sent on it will not be answered.
    pub(crate) fn disconnected(&mut self, effects: &mut Effects) {
        self.membership.disconnected();
        self.buffered.clear();
        self.outbox.disconnected();
        self.history_request.disconnected();
        self.expire_typing(effects);
    }

    /// Handles a rotation: the room must be joined again on the new socket. The previous socket still delivers events.
    pub(crate) fn rotated(&mut self) {
        self.membership.disconnected();
        self.history_request.disconnected();
    }

    /// Whether the join on the current socket is done: it succeeded or was refused for good.
    pub(crate) fn is_settled(&self) -> bool {
        self.membership.is_joined() || self.refusal.is_some()
    }

    pub(crate) fn into_outbox(mut self) -> Outbox {
        self.outbox.disconnected();
        // The next visit loads them from the history.
        self.outbox.drop_acknowledged_up_to(u64::MAX);
        self.outbox
    }

    /// Handles everything that is due. `live` is whether the connection is live.
    pub(crate) fn handle_timeout(&mut self, live: bool, effects: &mut Effects) {
        self.expire_typing(effects);
        if !live {
            return;
        }
        if self.membership.is_due(effects.now) {
            self.join(effects);
        }
        if !self.membership.is_joined() {
            return;
        }
        self.outbox.expire(effects.now);
        self.flush(effects);
        self.request_history(effects);
        self.send_read_marker(effects);
        if self.outbox.event_is_overdue(effects.now) {
            self.rejoin(effects);
        }
    }

    pub(crate) fn deadline(&self, live: bool) -> Option<u64> {
        let inside = live && self.membership.is_joined();
        let on_the_link = self.membership.deadline().filter(|_| live);
        let as_member = [self.outbox.deadline(), self.history_request.deadline(), self.read_marker.deadline()];
        let as_member = as_member.into_iter().flatten().filter(|_| inside).min();
        [self.typing.deadline(), on_the_link, as_member].into_iter().flatten().min()
    }

    pub(crate) fn update_people(&mut self, update: impl FnOnce(&mut People), effects: &mut Effects) {
        let before = self.people.clone();
        update(&mut self.people);
        if self.people != before {
            effects.changed(StateChange::People(self.name.clone()));
        }
    }

    pub(crate) fn peer_typing(&mut self, user: User, effects: &mut Effects) {
        if user.id != self.me.id && self.typing.started(user, effects.now) {
            self.typing_changed(effects);
        }
    }

    pub(crate) fn peer_stopped_typing(&mut self, id: &str, effects: &mut Effects) {
        if self.typing.stopped(id) {
            self.typing_changed(effects);
        }
    }

    fn expire_typing(&mut self, effects: &mut Effects) {
        if self.typing.expire(effects.now) {
            self.typing_changed(effects);
        }
    }

    fn typing_changed(&self, effects: &mut Effects) {
        effects.changed(StateChange::Typing(self.name.clone()));
    }

    /// Reports how the timeline has changed since the last report.
    pub(crate) fn report_timeline(&mut self, effects: &mut Effects) {
        self.timeline.show_pending(&self.outbox, &self.me);
        let diffs = self.timeline.take_diffs();
        let history = self.history_state();
        if !diffs.is_empty() || self.reported_history != history {
            self.reported_history = history;
            effects.push(Effect::TimelineChanged { room: self.name.clone(), diffs });
        }
    }
}
