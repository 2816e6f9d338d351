//! Holds the message that a reader looks at where it is, whatever grows below it.

use std::cell::RefCell;

use leptos::{html, prelude::*};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Element, HtmlElement, ResizeObserver};

use super::NEAR_END;

thread_local! {
    /// The first message in view, and how far its top is from the end of the sheet. Scrolling does not change that; what grows
    /// below the message does. There is one scroller on a page.
    static ANCHOR: RefCell<Option<(Element, f64)>> = const { RefCell::new(None) };
}

/// Makes up for what has grown, then notes what the reader looks at. At the end there is nothing to hold: the layout does it,
/// and a reader who is nearly there is taken along.
pub fn remember(scroller: &HtmlElement) {
    if -scroller.scroll_top() < NEAR_END {
        ANCHOR.set(None);
        return;
    }
    make_up(scroller);
    let seen = first_in_view(scroller);
    ANCHOR.with_borrow_mut(|known| {
        // The same message keeps its distance: scrolling stops at whole pixels, and what is left over must not add up.
        if known.as_ref().map(|(message, _)| message) != seen.as_ref() {
            *known = seen.and_then(|message| from_end(scroller, &message).map(|distance| (message, distance)));
        }
    });
}

fn make_up(scroller: &HtmlElement) {
    let Some((message, before)) = ANCHOR.with_borrow(Clone::clone) else { return };
    let Some(now) = from_end(scroller, &message) else { return };
    let grown = (now - before).round();
    if grown != 0.0 {
        #[expect(clippy::cast_possible_truncation, reason = "pixels on a screen")]
        scroller.set_scroll_top(scroller.scroll_top() - grown as i32);
        ANCHOR.set(Some((message, before + grown)));
    }
}

/// `None` for a message that is no longer on the page.
fn from_end(scroller: &HtmlElement, message: &Element) -> Option<f64> {
    let sheet = scroller.first_element_child().filter(|sheet| sheet.contains(Some(message)))?;
    Some(sheet.get_bounding_client_rect().bottom() - message.get_bounding_client_rect().top())
}

/// Watches the messages for as long as they are on the page.
pub fn hold(scroller: NodeRef<html::Div>, sheet: NodeRef<html::Div>) {
    let watch = StoredValue::new_local(None);
    Effect::new(move || {
        if let (Some(scroller), Some(sheet)) = (scroller.get(), sheet.get()) {
            watch.set_value(Watch::new(scroller.into(), &sheet));
        }
    });
}

fn first_in_view(scroller: &HtmlElement) -> Option<Element> {
    let edge = scroller.get_bounding_client_rect().top();
    let messages = scroller.query_selector("#messages").ok().flatten()?.children();
    let (mut low, mut high) = (0, messages.length());
    while low < high {
        let middle = low + (high - low) / 2;
        let is_above = messages.item(middle).is_some_and(|message| message.get_bounding_client_rect().bottom() <= edge);
        if is_above { low = middle + 1 } else { high = middle }
    }
    messages.item(low)
}

struct Watch {
    observer: ResizeObserver,
    _callback: Closure<dyn Fn()>,
}

impl Watch {
    fn new(scroller: HtmlElement, sheet: &Element) -> Option<Self> {
        ANCHOR.set(None);
        let callback = Closure::new(move || remember(&scroller));
        let observer = ResizeObserver::new(callback.as_ref().unchecked_ref()).ok()?;
        observer.observe(sheet);
        Some(Self { observer, _callback: callback })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}
