use client::{FailureReason, Notice, Room};
use leptos::prelude::*;
use protocol::User;

use super::{
    message_row::{MessageRow, set_if_changed},
    row_window::{RowWindow, index_of_seq},
};

/// A room as it is drawn.
#[derive(Clone)]
pub struct RoomState {
    /// Its name.
    pub name: String,
    /// Its messages as far as they are drawn, oldest first.
    pub rows: ArcRwSignal<Vec<MessageRow>>,
    /// Which those are.
    pub window: ArcRwSignal<RowWindow>,
    /// Wakes when the reader looks elsewhere in the room, which is no news.
    pub window_moved: ArcRwSignal<()>,
    /// Whether the reader is at the latest message.
    pub is_at_end: ArcRwSignal<bool>,
    /// The number of the latest message.
    pub latest_seq: ArcRwSignal<u64>,
    /// How many messages of others came below the view.
    pub new_below: ArcRwSignal<u64>,
    /// After this number all was new when the reader began to look.
    pub unread_divider: ArcRwSignal<Option<u64>>,
    /// Who is here, as far as they are listed.
    pub people: ArcRwSignal<Vec<User>>,
    /// How many are here.
    pub count: ArcRwSignal<u64>,
    /// Who else is writing.
    pub typing: ArcRwSignal<Vec<User>>,
    /// Messages that came since the reader window_moved.
    pub unread: ArcRwSignal<u64>,
    /// Whether there may be more of them.
    pub has_more_unread: ArcRwSignal<bool>,
    /// How many of them mention the reader.
    pub mentions: ArcRwSignal<u64>,
    /// Whether only mentions are to be told of.
    pub muted: ArcRwSignal<bool>,
    /// What stands above the messages.
    pub history: ArcRwSignal<HistoryState>,
    /// Whether the reader has seen that something may be missing.
    pub is_notice_dismissed: ArcRwSignal<bool>,
    /// FailureReason the room cannot be entered.
    pub refusal: ArcRwSignal<Option<FailureReason>>,
    /// Who came or went last, in words.
    pub announcement: ArcRwSignal<String>,
}

/// What stands above the messages of a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryState {
    /// Whether the first page is here.
    pub is_loaded: bool,
    /// Whether there are older messages.
    pub has_older: bool,
    /// Whether there were, and they are no longer kept.
    pub is_trimmed: bool,
    /// Whether they are on their way.
    pub is_loading_older: bool,
    /// A gap in what was shown.
    pub notice: Option<Notice>,
}

impl RoomState {
    pub fn new(room: &Room) -> Self {
        let state = Self {
            name: room.name().to_owned(),
            rows: ArcRwSignal::new(Vec::new()),
            window: ArcRwSignal::new(RowWindow::ALL),
            window_moved: ArcRwSignal::new(()),
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
        let window = self.window.get_untracked().resized(room.lines(), self.is_at_end.get_untracked());
        self.update_rows(room, window);
        self.update_latest(room);
    }

    /// FailureReason something may be missing, until the reader has seen it.
    pub fn visible_notice(&self) -> Option<Notice> {
        if self.is_notice_dismissed.get() { None } else { self.history.with(|history| history.notice) }
    }

    /// How many messages there are to tell of, and how many of them mention the reader.
    pub fn badge(&self) -> (u64, u64) {
        let mentions = self.mentions.get();
        (if self.muted.get() { mentions } else { self.unread.get() }, mentions)
    }

    /// Whether the last message that was shown is gone: the view was replaced once more, for the same reason.
    fn lost_latest(&self, room: &Room) -> bool {
        self.rows.with_untracked(|shown| {
            let last = shown.iter().rev().find_map(|item| item.seq.get_untracked().map(|seq| (seq, &item.key)));
            last.is_some_and(|(seq, key)| {
                room.lines().get(index_of_seq(room.lines(), seq)).is_none_or(|item| item.key != *key)
            })
        })
    }

    /// Counts what has come where the reader does not see it.
    fn update_latest(&self, room: &Room) {
        let latest = room.lines().iter().rev().find_map(|item| item.seq).unwrap_or(0);
        let before = self.latest_seq.get_untracked();
        if latest == before {
            return;
        }
        self.latest_seq.set(latest);
        if !self.is_at_end.get_untracked() {
            set_if_changed(&self.new_below, self.new_below.get_untracked() + room.news_after(before));
        }
    }

    /// What the list of rooms says about it.
    pub fn update_badge(&self, room: &Room) {
        set_if_changed(&self.unread, room.unread());
        set_if_changed(&self.has_more_unread, room.has_more_unread());
        set_if_changed(&self.mentions, room.mentions_unread());
        if self.refusal.with_untracked(|shown| shown.as_ref() != room.refusal()) {
            self.refusal.set(room.refusal().cloned());
        }
    }

    pub(super) fn update_rows(&self, room: &Room, window: RowWindow) {
        let items = room.lines();
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

/// Where a line is among those that are shown. The order hardly ever changes, so it is nearly always at `next`.
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
