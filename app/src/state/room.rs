use client::{FailureReason, Notice, Room};
use leptos::prelude::*;
use protocol::User;

use super::{
    line::{LineView, set_if_changed},
    window::{Window, place_of},
};

/// A room as it is drawn.
#[derive(Clone)]
pub struct RoomView {
    /// Its name.
    pub name: String,
    /// Its messages as far as they are drawn, oldest first.
    pub lines: ArcRwSignal<Vec<LineView>>,
    /// Which those are.
    pub window: ArcRwSignal<Window>,
    /// Wakes when the reader looks elsewhere in the room, which is no news.
    pub looked: ArcRwSignal<()>,
    /// Whether the reader is at the latest message.
    pub is_at_end: ArcRwSignal<bool>,
    /// The number of the latest message.
    pub latest: ArcRwSignal<u64>,
    /// How many messages of others came below the view.
    pub below: ArcRwSignal<u64>,
    /// After this number all was new when the reader began to look.
    pub stopped_at: ArcRwSignal<Option<u64>>,
    /// Who is here, as far as they are listed.
    pub people: ArcRwSignal<Vec<User>>,
    /// How many are here.
    pub count: ArcRwSignal<u64>,
    /// Who else is writing.
    pub typing: ArcRwSignal<Vec<User>>,
    /// Messages that came since the reader looked.
    pub unread: ArcRwSignal<u64>,
    /// Whether there may be more of them.
    pub has_more: ArcRwSignal<bool>,
    /// How many of them mention the reader.
    pub mentions: ArcRwSignal<u64>,
    /// Whether only mentions are to be told of.
    pub muted: ArcRwSignal<bool>,
    /// What stands above the messages.
    pub top: ArcRwSignal<Top>,
    /// Whether the reader has seen that something may be missing.
    pub has_read_notice: ArcRwSignal<bool>,
    /// FailureReason the room cannot be entered.
    pub refusal: ArcRwSignal<Option<FailureReason>>,
    /// Who came or went last, in words.
    pub news: ArcRwSignal<String>,
}

/// What stands above the messages of a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Top {
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

impl RoomView {
    pub fn new(room: &Room) -> Self {
        let view = Self {
            name: room.name().to_owned(),
            lines: ArcRwSignal::new(Vec::new()),
            window: ArcRwSignal::new(Window::ALL),
            looked: ArcRwSignal::new(()),
            is_at_end: ArcRwSignal::new(true),
            latest: ArcRwSignal::new(0),
            below: ArcRwSignal::new(0),
            stopped_at: ArcRwSignal::new(None),
            people: ArcRwSignal::new(room.people().to_vec()),
            count: ArcRwSignal::new(room.count()),
            typing: ArcRwSignal::new(Vec::new()),
            unread: ArcRwSignal::new(0),
            has_more: ArcRwSignal::new(false),
            mentions: ArcRwSignal::new(0),
            muted: ArcRwSignal::new(false),
            top: ArcRwSignal::new(Top::of(room, true)),
            has_read_notice: ArcRwSignal::new(false),
            refusal: ArcRwSignal::new(None),
            news: ArcRwSignal::new(String::new()),
        };
        view.show_timeline(room);
        view
    }

    pub fn show_timeline(&self, room: &Room) {
        self.show_marks(room);
        if self.top.with_untracked(|top| top.notice != room.notice()) || self.loses_its_end(room) {
            set_if_changed(&self.has_read_notice, false);
        }
        let window = self.window.get_untracked().fitted(room.lines(), self.is_at_end.get_untracked());
        self.show_lines(room, window);
        self.count_news(room);
    }

    /// FailureReason something may be missing, until the reader has seen it.
    pub fn gap(&self) -> Option<Notice> {
        if self.has_read_notice.get() { None } else { self.top.with(|top| top.notice) }
    }

    /// How many messages there are to tell of, and how many of them mention the reader.
    pub fn calls(&self) -> (u64, u64) {
        let mentions = self.mentions.get();
        (if self.muted.get() { mentions } else { self.unread.get() }, mentions)
    }

    /// Whether the last message that was shown is gone: the view was replaced once more, for the same reason.
    fn loses_its_end(&self, room: &Room) -> bool {
        self.lines.with_untracked(|shown| {
            let last = shown.iter().rev().find_map(|line| line.seq.get_untracked().map(|seq| (seq, &line.key)));
            last.is_some_and(|(seq, key)| {
                room.lines().get(place_of(room.lines(), seq)).is_none_or(|line| line.key != *key)
            })
        })
    }

    /// Counts what has come where the reader does not see it.
    fn count_news(&self, room: &Room) {
        let latest = room.lines().iter().rev().find_map(|line| line.seq).unwrap_or(0);
        let before = self.latest.get_untracked();
        if latest == before {
            return;
        }
        self.latest.set(latest);
        if !self.is_at_end.get_untracked() {
            set_if_changed(&self.below, self.below.get_untracked() + room.news_after(before));
        }
    }

    /// What the list of rooms says about it.
    pub fn show_marks(&self, room: &Room) {
        set_if_changed(&self.unread, room.unread());
        set_if_changed(&self.has_more, room.has_more_unread());
        set_if_changed(&self.mentions, room.mentions_unread());
        if self.refusal.with_untracked(|shown| shown.as_ref() != room.refusal()) {
            self.refusal.set(room.refusal().cloned());
        }
    }

    pub(super) fn show_lines(&self, room: &Room, window: Window) {
        let lines = room.lines();
        let range = window.range(lines);
        set_if_changed(&self.window, window);
        set_if_changed(&self.top, Top::of(room, range.start == 0));
        let shown = self.lines.get_untracked();
        let mut views = Vec::with_capacity(range.len());
        let mut above = range.start.checked_sub(1).map(|index| &lines[index]);
        let mut next = 0;
        for line in &lines[range] {
            views.push(match find(&shown, &line.key, next) {
                Some(known) => {
                    next = known + 1;
                    shown[known].show(line, above);
                    shown[known].clone()
                }
                None => LineView::new(line, above),
            });
            above = Some(line);
        }
        if views.iter().map(|line| &line.key).ne(shown.iter().map(|line| &line.key)) {
            self.lines.set(views);
        }
    }
}

/// Where a line is among those that are shown. The order hardly ever changes, so it is nearly always at `next`.
fn find(shown: &[LineView], key: &str, next: usize) -> Option<usize> {
    let is_it = |index: &usize| shown[*index].key == key;
    (next..shown.len()).chain(0..next.min(shown.len())).find(is_it)
}

impl Top {
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
