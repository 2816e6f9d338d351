//! Leads the reader to a message.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use super::anchor;

/// Brings a message into view once it is drawn, marks it, and gives it the focus: keyboards and screen readers go on from there.
pub fn scroll_to_message(seq: u64) {
    // What is asked to be drawn now is drawn by then.
    request_animation_frame(move || {
        if let Some(before) = find("#messages .found") {
            _ = before.class_list().remove_1("found");
        }
        let message = find(&format!("#messages [data-seq='{seq}']"));
        let (Some(scroller), Some(message)) = (find(".scroller"), message) else { return };
        let (view, rect) = (scroller.get_bounding_client_rect(), message.get_bounding_client_rect());
        // In the middle, or from its top if it is too tall for that.
        let space = ((view.height() - rect.height()) / 2.0).max(0.0);
        #[expect(clippy::cast_possible_truncation, reason = "pixels on a screen")]
        scroller.set_scroll_top(scroller.scroll_top() + (rect.top() - view.top() - space) as i32);
        anchor::clear();
        _ = message.class_list().add_1("found");
        _ = message.focus();
    });
}

fn find(selector: &str) -> Option<HtmlElement> {
    document().query_selector(selector).ok().flatten().and_then(|element: Element| element.dyn_into().ok())
}
