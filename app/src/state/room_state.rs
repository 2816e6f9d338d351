use client::{FailureReason, Notice, Room};
use leptos::prelude::*;
use protocol::User;

use super::{
    message_row::{MessageRow, set_if_changed},
    row_window::{RowWindow, index_of_seq},
};

/// The state of a room.
#[derive(Clone)]
pub struct RoomState {
    /// The room's name.
    pub name: String,
    /// The rendered messages, oldest first.
    pub rows: ArcRwSignal<Vec<MessageRow>>,
    /// Which messages are rendered.
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
    /// What is known of older messages.
    pub history: ArcRwSignal<HistoryState>,
    /// Whether the user dismissed the notice about missing messages.
    pub is_notice_dismissed: ArcRwSignal<bool>,
    /// Why the room cannot be joined.
    pub refusal: ArcRwSignal<Option<FailureReason>>,
    /// The text of the live region: who joined or left, or a toast.
    pub announcement: ArcRwSignal<String>,
}

/// What is known of the history before the rendered messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryState {
    /// Whether the first page is loaded.
    pub is_loaded: bool,
    /// Whether there are older messages.
    pub has_older: bool,
    /// Whether there were older messages that are no longer stored.
    pub is_trimmed: bool,
    /// Whether older messages are being loaded.
    pub is_loading_older: bool,
    /// Why messages may be missing.
    pub notice: Option<Notice>,
}

impl RoomState {
    pub fn new(room: &Room) -> Self {
        let state = Self {
            name: room.name().to_owned(),
            rows: ArcRwSignal::new(Vec::new()),
            window: ArcRwSignal::new(RowWindow::ALL),
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
            history: ArcRwSignal::new(HistoryState::of(room, true)),
            is_notice_dismissed: ArcRwSignal::new(false),
            refusal: ArcRwSignal::new(None),
            announcement: ArcRwSignal::new(String::new()),
        };
        state.update_timeline(room);
        state
    }

    pub fn update_timeline(&self, room: &Room) {
        self.update_badge(room);
        if self.history.with_untracked(|history| history.notice != room.notice()) || self.lost_latest(room) {
            set_if_changed(&self.is_notice_dismissed, false);
        }
        let window = self.window.get_untracked().resized(room.timeline(), self.is_at_end.get_untracked());
        self.update_rows(room, window);
        self.update_latest(room);
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

    /// Whether the latest rendered message is gone: the history was reset again.
    fn lost_latest(&self, room: &Room) -> bool {
        self.rows.with_untracked(|shown| {
            let last = shown.iter().rev().find_map(|item| item.seq.get_untracked().map(|seq| (seq, &item.key)));
            last.is_some_and(|(seq, key)| {
                room.timeline().get(index_of_seq(room.timeline(), seq)).is_none_or(|item| item.key != *key)
            })
        })
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

    pub(super) fn update_rows(&self, room: &Room, window: RowWindow) {
        let items = room.timeline();
        let range = window.range(items);
        set_if_changed(&self.window, window);
        set_if_changed(&self.history, HistoryState::of(room, range.start == 0));
        let shown = self.rows.get_untracked();
        let mut rows = Vec::with_capacity(range.len());
        let mut above = range.start.checked_sub(1).map(|index| &items[index]);
        let mut next = 0;
        for item in &items[range] {
            rows.push(match find(&shown, &item.key, next) {
                Some(known) => {
                    next = known + 1;
                    shown[known].update(item, above);
                    shown[known].clone()
                }
                None => MessageRow::new(item, above),
            });
            above = Some(item);
        }
        if rows.iter().map(|item| &item.key).ne(shown.iter().map(|item| &item.key)) {
            self.rows.set(rows);
        }
    }
}

/// Finds the row with a key. The order of rows hardly ever changes, so it is nearly always at `next`.
fn find(shown: &[MessageRow], key: &str, next: usize) -> Option<usize> {
    let is_it = |index: &usize| shown[*index].key == key;
    (next..shown.len()).chain(0..next.min(shown.len())).find(is_it)
}

impl HistoryState {
    fn of(room: &Room, shows_first: bool) -> Self {
        Self {
            is_loaded: room.is_loaded(),
            has_older: !shows_first || room.has_older(),
            is_trimmed: room.is_trimmed(),
            is_loading_older: room.is_loading_older(),
            notice: room.notice(),
        }
    }
}
