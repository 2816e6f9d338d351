//! The scroll position in the messages.
//!
//! The scroller is laid out from its end (`flex-direction: column-reverse`). A page therefore starts at its latest
//! message before any script runs, stays there as messages arrive, and does not move when older messages are prepended.
//! This module holds the view still for a reader further up, which not every browser does, and renders more rows near
//! an edge.

#[cfg(feature = "hydrate")]
mod anchor;

use leptos::{html, prelude::*};

use crate::state::{Action, Chat, RoomState, RowWindow};

/// Distance in pixels from the latest message that still counts as the end.
const END_MARGIN: i32 = 40;
/// Distance in pixels from an edge of the rendered rows at which more rows are rendered.
const EDGE_MARGIN: i32 = 600;

/// The scroll position.
#[derive(Clone, Copy)]
pub struct Scroll {
    chat: Chat,
    scroller: NodeRef<html::Div>,
    sheet: NodeRef<html::Div>,
    window: RwSignal<RowWindow>,
    latest_seq: RwSignal<u64>,
    /// Whether the latest message is in view.
    pub at_end: RwSignal<bool>,
    /// How many messages arrived below the view.
    pub new_below: RwSignal<u64>,
}

impl Scroll {
    /// Starts at the end of a room.
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

    /// Scrolls to the latest message.
    fn to_end(self) {
        self.chat.dispatch(Action::ShowLatest);
        if let Some(scroller) = self.scroller.get_untracked() {
            scroller.set_scroll_top(0);
        }
    }

    /// Scrolls to the latest message on request. Moves the focus to the messages, because the button disappears.
    pub fn return_to_end(self) {
        self.to_end();
        if let Some(scroller) = self.scroller.get_untracked() {
            _ = scroller.focus();
        }
    }

    /// Handles a `scroll` event.
    pub fn handle_scroll(self) {
        let Some(scroller) = self.scroller.get_untracked() else { return };
        // Negative above the end, because the scroller counts from its end.
        let from_end = -scroller.scroll_top();
        let is_drawn_to_end = self.window.with_untracked(RowWindow::is_at_end);
        let at_end = is_drawn_to_end && from_end < END_MARGIN;
        if self.at_end.get_untracked() != at_end {
            self.at_end.set(at_end);
            if at_end {
                self.chat.dispatch(Action::ShowLatest);
            }
        }
        #[cfg(feature = "hydrate")]
        anchor::update(&scroller, at_end, false);
        // The anchor may have scrolled.
        let from_end = -scroller.scroll_top();
        if !at_end && scroller.scroll_height() - scroller.client_height() - from_end < EDGE_MARGIN {
            self.chat.dispatch(Action::ShowOlder);
        } else if !is_drawn_to_end && from_end < EDGE_MARGIN {
            self.chat.dispatch(Action::ShowNewer);
        }
    }

    /// Keeps the scroll position right as messages arrive.
    pub fn keep_position(self, room: &RoomState) {
        Effect::new(move |before: Option<()>| {
            self.latest_seq.track();
            if before.is_some() && self.at_end.get_untracked() {
                self.to_end();
            }
        });
        Effect::new(move |before: Option<()>| {
            self.chat.scroll_to_end.track();
            // Sending scrolls to the end in this tab only, not in the user's other tabs.
            if before.is_some() {
                self.to_end();
            }
        });
        #[cfg(feature = "hydrate")]
        self.watch_scroll_target(room.scroll_target.clone());
        #[cfg(feature = "hydrate")]
        anchor::watch(room, self.scroller, self.sheet, self.at_end);
        #[cfg(not(feature = "hydrate"))]
        let _ = (room, self.sheet);
    }

    /// Scrolls to each message that is requested. A request may have been made before the room was on the screen.
    #[cfg(feature = "hydrate")]
    fn watch_scroll_target(self, target: ArcRwSignal<Option<u64>>) {
        Effect::new(move || {
            if let (Some(seq), Some(scroller)) = (target.get(), self.scroller.get()) {
                target.set(None);
                scroll_to_message(scroller.into(), seq);
            }
        });
    }
}

/// Scrolls to a message in the next frame, highlights and focuses it, so that keyboards and screen readers continue
/// there.
#[cfg(feature = "hydrate")]
fn scroll_to_message(scroller: web_sys::HtmlElement, seq: u64) {
    use wasm_bindgen::JsCast;

    // Rows that were just requested are rendered by then.
    request_animation_frame(move || {
        let find = |selector: &str| -> Option<web_sys::HtmlElement> {
            scroller.query_selector(selector).ok().flatten().and_then(|element| element.dyn_into().ok())
        };
        if let Some(previous) = find(".found") {
            _ = previous.class_list().remove_1("found");
        }
        let Some(message) = find(&format!("[data-seq='{seq}']")) else { return };
        let (view, rect) = (scroller.get_bounding_client_rect(), message.get_bounding_client_rect());
        // Centered, or aligned to the top if the message is taller than the view.
        let space = ((view.height() - rect.height()) / 2.0).max(0.0);
        #[expect(clippy::cast_possible_truncation, reason = "pixels on a screen")]
        scroller.set_scroll_top(scroller.scroll_top() + (rect.top() - view.top() - space) as i32);
        anchor::clear();
        _ = message.class_list().add_1("found");
        _ = message.focus();
    });
}
