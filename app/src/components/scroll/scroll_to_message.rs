//! Scrolls to a message.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use super::anchor;

/// Scrolls to a message in the next frame, highlights and focuses it, so that keyboards and screen readers continue there.
pub fn scroll_to_message(scroller: HtmlElement, seq: u64) {
    // Rows that were just requested are rendered by then.
    request_animation_frame(move || {
        let find = |selector: &str| -> Option<HtmlElement> {
            scroller.query_selector(selector).ok().flatten().and_then(|element: Element| element.dyn_into().ok())
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
