use leptos::{
    html,
    prelude::*,
    wasm_bindgen::JsValue,
    web_sys::{Element, HtmlElement},
};

use super::focus_first;

/// The distance between a popover and its anchor, in pixels.
const GAP: i32 = 4;

/// Opens a popover next to `anchor` in the next frame, when its content has its final size, and focuses the first
/// element in it that `focus_selector` matches.
pub fn open_popover(popover: NodeRef<html::Div>, anchor: Element, focus_selector: &'static str) {
    request_animation_frame(move || {
        let Some(popover) = popover.get_untracked().map(HtmlElement::from) else { return };
        if popover.show_popover().is_ok() {
            position_next_to(&anchor, &popover);
            focus_first(&popover, focus_selector);
        }
    });
}

/// Closes a popover.
pub fn close_popover(popover: NodeRef<html::Div>) {
    _ = popover.get_untracked().map(|popover| HtmlElement::from(popover).hide_popover());
}

/// Positions a popover below `anchor` if it fits there, otherwise above it, and always within the viewport. On a narrow
/// screen the style sheet overrides the position.
fn position_next_to(anchor: &Element, popover: &HtmlElement) {
    let (anchor, size) = (anchor.get_bounding_client_rect(), popover.get_bounding_client_rect());
    let (width, height) = (pixels(size.width()), pixels(size.height()));
    let viewport = |length: Result<JsValue, _>| length.ok().and_then(|length| length.as_f64()).map_or(0, pixels);
    let (viewport_width, viewport_height) = (viewport(window().inner_width()), viewport(window().inner_height()));
    let (top, bottom) = (pixels(anchor.top()), pixels(anchor.bottom()));
    let fits_below = bottom + GAP + height <= viewport_height;
    let y = if fits_below { bottom + GAP } else { (top - GAP - height).max(GAP) };
    let x = (pixels(anchor.right()) - width).min(viewport_width - width - GAP).max(GAP);
    let style = popover.style();
    _ = style.set_property("left", &format!("{x}px"));
    _ = style.set_property("top", &format!("{y}px"));
}

#[expect(clippy::cast_possible_truncation, reason = "a screen's pixels fit an i32")]
const fn pixels(length: f64) -> i32 {
    length as i32
}
