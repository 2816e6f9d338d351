//! Where the reader is in the messages.
//!
//! The scroller is laid out from its end (`flex-direction: column-reverse`), so a page is at its latest message before any
//! script runs, stays there while messages come, and does not move when older ones are put above. What is left to do is to
//! hold the view still for a reader further up, which not every browser does by itself, and to draw what they come near to.

#[cfg(feature = "hydrate")]
mod anchor;
#[cfg(feature = "hydrate")]
mod scroll_to_message;

use leptos::{html, prelude::*};

#[cfg(feature = "hydrate")]
pub use self::scroll_to_message::scroll_to_message;
use crate::state::{Action, Chat, RoomState, RowWindow};

/// Distance in pixels from the latest message that still counts as being there.
const END_MARGIN: i32 = 40;
/// Distance in pixels from an edge of what is drawn at which more is.
const EDGE_MARGIN: i32 = 600;

/// The place of the reader. A copy is the same place.
#[derive(Clone, Copy)]
pub struct Scroll {
    chat: Chat,
    scroller: NodeRef<html::Div>,
    sheet: NodeRef<html::Div>,
    window: RwSignal<RowWindow>,
    latest_seq: RwSignal<u64>,
    /// Whether the latest message is in view.
    pub at_end: RwSignal<bool>,
    /// How many messages came below the view.
    pub new_below: RwSignal<u64>,
}

impl Scroll {
    /// Of that room, and at its end.
    pub fn new(room: &RoomState, scroller: NodeRef<html::Div>, sheet: NodeRef<html::Div>) -> Self {
        Self {
            chat: Chat::from_context(),
            scroller,
            sheet,
            window: room.window.clone().into(),
            latest_seq: room.latest_seq.clone().into(),
            at_end: room.is_at_end.clone().into(),
            new_below: room.new_below.clone().into(),
        }
    }

    /// Goes to the latest message.
    fn to_end(self) {
        self.chat.dispatch(Action::ShowLatest);
        if let Some(scroller) = self.scroller.get_untracked() {
            scroller.set_scroll_top(0);
        }
    }

    /// Goes back there because the reader says so. The button for it goes away, and the messages get its focus.
    pub fn return_to_end(self) {
        self.to_end();
        if let Some(scroller) = self.scroller.get_untracked() {
            _ = scroller.focus();
        }
    }

    /// The reader scrolled.
    pub fn handle_scroll(self) {
        let Some(scroller) = self.scroller.get_untracked() else { return };
        // Counted from the end, so it is negative further up.
        let from_end = -scroller.scroll_top();
        let is_drawn_to_end = self.window.get_untracked().is_at_end();
        let at_end = is_drawn_to_end && from_end < END_MARGIN;
        if self.at_end.get_untracked() != at_end {
            self.at_end.set(at_end);
            if at_end {
                self.chat.dispatch(Action::ShowLatest);
            }
        }
        #[cfg(feature = "hydrate")]
        anchor::update(&scroller, at_end, false);
        // That may have moved it.
        let from_end = -scroller.scroll_top();
        if !at_end && scroller.scroll_height() - scroller.client_height() - from_end < EDGE_MARGIN {
            self.chat.dispatch(Action::ShowOlder);
        } else if !is_drawn_to_end && from_end < EDGE_MARGIN {
            self.chat.dispatch(Action::ShowNewer);
        }
    }

    /// Keeps the view right as messages come.
    pub fn keep_position(self, room: &RoomState) {
        Effect::new(move |before: Option<()>| {
            self.latest_seq.track();
            if before.is_some() && self.at_end.get_untracked() {
                self.to_end();
            }
        });
        Effect::new(move |before: Option<()>| {
            self.chat.scroll_to_end.track();
            // Only who says something goes to the end, not whoever is the same person in another tab.
            if before.is_some() {
                self.to_end();
            }
        });
        #[cfg(feature = "hydrate")]
        anchor::watch(room, self.scroller, self.sheet, self.at_end);
        #[cfg(not(feature = "hydrate"))]
        let _ = (room, self.sheet);
    }
}
