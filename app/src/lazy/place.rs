use leptos::{
    html,
    prelude::*,
    web_sys::{Element, HtmlElement},
};

use super::focus_on;

/// Between what is opened and what it was opened from, in pixels.
const GAP: i32 = 4;

/// Opens a sheet over the page next to `anchor`, with the focus on the first of its elements that `selector` finds. What it offers
/// is drawn first, so that its size is known.
pub fn open_beside(sheet: NodeRef<html::Div>, anchor: Element, selector: &'static str) {
    request_animation_frame(move || {
        let Some(sheet) = sheet.get_untracked().map(HtmlElement::from) else { return };
        if sheet.show_popover().is_ok() {
            beside(&sheet, &anchor);
            focus_on(&sheet, selector);
        }
    });
}

/// Closes it.
pub fn close(sheet: NodeRef<html::Div>) {
    _ = sheet.get_untracked().map(|sheet| HtmlElement::from(sheet).hide_popover());
}

/// Puts an element that lies over the page next to another: beneath it if there is room, else above it, and always in view. On a
/// narrow screen the style sheet decides.
fn beside(element: &HtmlElement, anchor: &Element) {
    let (anchor, size) = (anchor.get_bounding_client_rect(), element.get_bounding_client_rect());
    let (width, height) = (whole(size.width()), whole(size.height()));
    let inner = |length: Result<leptos::wasm_bindgen::JsValue, _>| {
        length.ok().and_then(|length| length.as_f64()).map_or(0, whole)
    };
    let (page_width, page_height) = (inner(window().inner_width()), inner(window().inner_height()));
    let (top, bottom) = (whole(anchor.top()), whole(anchor.bottom()));
    let fits_beneath = bottom + GAP + height <= page_height;
    let y = if fits_beneath { bottom + GAP } else { (top - GAP - height).max(GAP) };
    let x = (whole(anchor.right()) - width).min(page_width - width - GAP).max(GAP);
    let style = element.style();
    _ = style.set_property("left", &format!("{x}px"));
    _ = style.set_property("top", &format!("{y}px"));
}

#[expect(clippy::cast_possible_truncation, reason = "pixels of a screen")]
const fn whole(length: f64) -> i32 {
    length as i32
}
