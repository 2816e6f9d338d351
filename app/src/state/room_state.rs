use client::{FailureReason, HistoryState, Notice, Room, TimelineDiff};
use leptos::prelude::*;
use protocol::User;

use super::{message_row::set_if_changed, row_window::RowWindow};

/// The state of a room.
#[derive(Clone)]
pub struct RoomState {
    /// The room's name.
    pub name: String,
    /// The rendered messages.
    pub window: ArcRwSignal<RowWindow>,
    /// Triggers when the user moves the window, which screen readers must not announce.
    pub window_moved: ArcRwSignal<()>,
    /// Seq of the message to scroll to next.
    #[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only the browser reads it"))]
    pub scroll_target: ArcRwSignal<Option<u64>>,
    /// Whether the user is at the latest message.
    pub is_at_end: ArcRwSignal<bool>,
    /// Seq of the latest message.
    pub latest_seq: ArcRwSignal<u64>,
    /// How many messages of others arrived below the view.
    pub new_below: ArcRwSignal<u64>,
    /// The divider is shown after this seq: later messages were unread when the user returned.
    pub unread_divider: ArcRwSignal<Option<u64>>,
    /// The listed people in the room.
    pub people: ArcRwSignal<Vec<User>>,
    /// How many people are in the room.
    pub count: ArcRwSignal<u64>,
    /// The other people who are typing.
    pub typing: ArcRwSignal<Vec<User>>,
    /// How many messages are unread.
    pub unread: ArcRwSignal<u64>,
    /// Whether more messages may be unread than are counted.
    pub has_more_unread: ArcRwSignal<bool>,
    /// How many unread messages mention the user.
    pub mentions: ArcRwSignal<u64>,
    /// Whether the room is muted.
    pub muted: ArcRwSignal<bool>,
    /// What is known of the history. `has_older` includes loaded messages that are not rendered.
    pub history: ArcRwSignal<HistoryState>,
    /// Whether the user dismissed the notice about missing messages.
    pub is_notice_dismissed: ArcRwSignal<bool>,
    /// Why the room cannot be joined.
    pub refusal: ArcRwSignal<Option<FailureReason>>,
    /// The text of the live region: who joined or left, or a toast.
    pub announcement: ArcRwSignal<String>,
}

impl RoomState {
    pub fn new(room: &Room) -> Self {
        let state = Self {
            name: room.name().to_owned(),
            window: ArcRwSignal::default(),
            window_moved: ArcRwSignal::new(()),
            scroll_target: ArcRwSignal::new(None),
            is_at_end: ArcRwSignal::new(true),
            latest_seq: ArcRwSignal::new(0),
            new_below: ArcRwSignal::new(0),
            unread_divider: ArcRwSignal::new(None),
            people: ArcRwSignal::new(room.people().to_vec()),
            count: ArcRwSignal::new(room.count()),
            typing: ArcRwSignal::new(Vec::new()),
            unread: ArcRwSignal::new(0),
            has_more_unread: ArcRwSignal::new(false),
            mentions: ArcRwSignal::new(0),
            muted: ArcRwSignal::new(false),
            history: ArcRwSignal::new(HistoryState::default()),
            is_notice_dismissed: ArcRwSignal::new(false),
            refusal: ArcRwSignal::new(None),
            announcement: ArcRwSignal::new(String::new()),
        };
        state.update_timeline(room, &[TimelineDiff::Reset]);
        state
    }

    /// Applies the diffs of the room's timeline.
    pub fn update_timeline(&self, room: &Room, diffs: &[TimelineDiff]) {
        self.update_badge(room);
        let is_at_end = self.is_at_end.get_untracked();
        self.window.maybe_update(|window| window.apply(diffs, room.timeline(), is_at_end));
        self.update_history(room);
        self.update_latest(room);
    }

    pub(super) fn update_history(&self, room: &Room) {
        let history = room.history_state();
        if self.history.with_untracked(|shown| shown.replacements != history.replacements) {
            set_if_changed(&self.is_notice_dismissed, false);
        }
        let has_older = history.has_older || !self.window.with_untracked(RowWindow::is_at_start);
        set_if_changed(&self.history, HistoryState { has_older, ..history });
    }

    /// The notice about missing messages, unless dismissed.
    pub fn visible_notice(&self) -> Option<Notice> {
        if self.is_notice_dismissed.get() { None } else { self.history.with(|history| history.notice) }
    }

    /// The counts of the room's badge: unread messages, and mentions among them. A muted room counts mentions only.
    pub fn badge(&self) -> (u64, u64) {
        let mentions = self.mentions.get();
        (if self.muted.get() { mentions } else { self.unread.get() }, mentions)
    }

    /// Counts new messages that arrived out of view.
    fn update_latest(&self, room: &Room) {
        let latest = room.timeline().iter().rev().find_map(|item| item.seq).unwrap_or(0);
        let before = self.latest_seq.get_untracked();
        if latest == before {
            return;
        }
        self.latest_seq.set(latest);
        if !self.is_at_end.get_untracked() {
            set_if_changed(&self.new_below, self.new_below.get_untracked() + room.news_after(before));
        }
    }

    /// Updates the entry in the list of rooms.
    pub fn update_badge(&self, room: &Room) {
        set_if_changed(&self.unread, room.unread());
        set_if_changed(&self.has_more_unread, room.has_more_unread());
        set_if_changed(&self.mentions, room.mentions_unread());
        if self.refusal.with_untracked(|shown| shown.as_ref() != room.refusal()) {
            self.refusal.set(room.refusal().cloned());
        }
    }
}
