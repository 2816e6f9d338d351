use client::{Notice, Room};
use leptos::prelude::*;
use protocol::User;

use super::line::{LineView, set_if_changed};

/// A room as it is drawn.
#[derive(Clone)]
pub struct RoomView {
    /// Its name.
    pub name: String,
    /// Its messages, oldest first.
    pub lines: ArcRwSignal<Vec<LineView>>,
    /// Who is here, as far as they are listed.
    pub people: ArcRwSignal<Vec<User>>,
    /// How many are here.
    pub count: ArcRwSignal<u64>,
    /// Who else is writing.
    pub typing: ArcRwSignal<Vec<User>>,
    /// Messages that came since the reader looked.
    pub unread: ArcRwSignal<u64>,
    /// How many of them mention the reader.
    pub mentions: ArcRwSignal<u64>,
    /// Whether only mentions are to be told of.
    pub muted: ArcRwSignal<bool>,
    /// What stands above the messages.
    pub top: ArcRwSignal<Top>,
    /// Whether the reader has seen that something may be missing.
    pub has_read_notice: ArcRwSignal<bool>,
    /// Why the room cannot be entered.
    pub refusal: ArcRwSignal<Option<String>>,
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
            people: ArcRwSignal::new(room.people().to_vec()),
            count: ArcRwSignal::new(room.count()),
            typing: ArcRwSignal::new(Vec::new()),
            unread: ArcRwSignal::new(0),
            mentions: ArcRwSignal::new(0),
            muted: ArcRwSignal::new(false),
            top: ArcRwSignal::new(Top::of(room)),
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
        set_if_changed(&self.top, Top::of(room));
        self.show_lines(room);
    }

    /// Why something may be missing, until the reader has seen it.
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
            let last = shown.iter().rev().find(|line| line.is_sent());
            last.is_some_and(|last| room.lines().iter().rev().all(|line| line.key != last.key))
        })
    }

    /// What the list of rooms says about it.
    pub fn show_marks(&self, room: &Room) {
        set_if_changed(&self.unread, room.unread());
        set_if_changed(&self.mentions, room.mentions_unread());
        if self.refusal.with_untracked(|shown| shown.as_deref() != room.refusal()) {
            self.refusal.set(room.refusal().map(str::to_owned));
        }
    }

    fn show_lines(&self, room: &Room) {
        let lines = room.lines();
        let shown = self.lines.get_untracked();
        let mut views = Vec::with_capacity(lines.len());
        let (mut next, mut above) = (0, None);
        for line in lines {
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
    fn of(room: &Room) -> Self {
        Self {
            is_loaded: room.is_loaded(),
            has_older: room.has_older(),
            is_trimmed: room.is_trimmed(),
            is_loading_older: room.is_loading_older(),
            notice: room.notice(),
        }
    }
}
