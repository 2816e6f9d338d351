//! Where the reader is in the messages.
//!
//! The scroller is laid out from its end (`flex-direction: column-reverse`), so a page is at its latest message before any
//! script runs, stays there while messages come, and does not move when older ones are put above. What is left to do is to
//! hold the view still for a reader further up, which not every browser does by itself.

#[cfg(feature = "hydrate")]
mod anchor;

use leptos::{html, prelude::*};

use crate::state::{Action, Chat, LineView, RoomView};

/// Distance in pixels from an edge that still counts as being there.
const NEAR_END: i32 = 40;
const NEAR_START: i32 = 600;

/// The place of the reader. A copy is the same place.
#[derive(Clone, Copy)]
pub struct Scroll {
    chat: Chat,
    scroller: NodeRef<html::Div>,
    sheet: NodeRef<html::Div>,
    /// Whether the latest message is in view.
    pub at_end: RwSignal<bool>,
    /// Whether messages came below the view.
    pub has_news: RwSignal<bool>,
}

impl Scroll {
    /// At the end.
    pub fn new(scroller: NodeRef<html::Div>, sheet: NodeRef<html::Div>) -> Self {
        Self { chat: Chat::here(), scroller, sheet, at_end: RwSignal::new(true), has_news: RwSignal::new(false) }
    }

    /// Goes to the latest message.
    pub fn to_end(self) {
        if let Some(scroller) = self.scroller.get_untracked() {
            scroller.set_scroll_top(0);
        }
    }

    /// Goes back there because the reader says so. The button for it goes away, and the messages get its focus.
    pub fn back_to_end(self) {
        self.to_end();
        if let Some(scroller) = self.scroller.get_untracked() {
            _ = scroller.focus();
        }
    }

    /// The reader scrolled.
    pub fn scrolled(self) {
        let Some(scroller) = self.scroller.get_untracked() else { return };
        // Counted from the end, so it is negative further up.
        let from_end = -scroller.scroll_top();
        let at_end = from_end < NEAR_END;
        if self.at_end.get_untracked() != at_end {
            self.at_end.set(at_end);
        }
        if at_end && self.has_news.get_untracked() {
            self.has_news.set(false);
        }
        if !at_end && scroller.scroll_height() - scroller.client_height() - from_end < NEAR_START {
            self.chat.act(Action::LookBack);
        }
        #[cfg(feature = "hydrate")]
        anchor::remember(&scroller);
    }

    /// Keeps the view right as messages come.
    pub fn follow(self, room: &RoomView) {
        let lines = room.lines.clone();
        Effect::new(move |before: Option<Latest>| {
            let latest = lines.with(|lines| Latest::of(lines, self.chat));
            if let Some(before) = before {
                self.came(before, latest);
            }
            latest
        });
        Effect::new(move |before: Option<()>| {
            self.chat.said.track();
            // Only who says something goes to the end, not whoever is the same person in another tab.
            if before.is_some() {
                self.to_end();
            }
        });
        #[cfg(feature = "hydrate")]
        anchor::hold(self.scroller, self.sheet);
        #[cfg(not(feature = "hydrate"))]
        let _ = self.sheet;
    }

    fn came(self, before: Latest, latest: Latest) {
        if latest.seq > before.seq && self.at_end.get_untracked() {
            self.to_end();
        } else if latest.of_others > before.seq {
            self.has_news.set(true);
        }
    }
}

/// The numbers of the last messages in a room: what has a larger one is new, and what is pending stands in nobody's way.
#[derive(Clone, Copy)]
struct Latest {
    /// Of anybody.
    seq: Option<u64>,
    /// Of somebody else.
    of_others: Option<u64>,
}

impl Latest {
    fn of(lines: &[LineView], chat: Chat) -> Self {
        let numbered = || lines.iter().rev().filter(|line| line.is_sent());
        Self {
            seq: numbered().next().and_then(|line| line.seq.get_untracked()),
            of_others: numbered().find(|line| !chat.is_me(&line.author.id)).and_then(|line| line.seq.get_untracked()),
        }
    }
}
