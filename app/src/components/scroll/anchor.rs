//! Holds the message that a reader looks at where it is, whatever grows below it.

use std::cell::RefCell;

use leptos::{html, prelude::*};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Element, HtmlElement, ResizeObserver};

thread_local! {
    /// The first message in view, and where it stood. There is one scroller on a page.
    static ANCHOR: RefCell<Option<(Element, f64)>> = const { RefCell::new(None) };
}

/// Notes what the reader looks at. At the end there is nothing to hold: the layout does it.
pub fn remember(scroller: &HtmlElement) {
    let anchor = if scroller.scroll_top() < 0 { first_in_view(scroller) } else { None };
    let anchor = anchor.map(|message| {
        let top = message.get_bounding_client_rect().top();
        (message, top)
    });
    ANCHOR.with_borrow_mut(|known| {
        if !is_same_place(known.as_ref(), anchor.as_ref()) {
            *known = anchor;
        }
    });
}

/// Scrolling stops at whole pixels. A place that differs by less is kept, or a busy room would creep away under the reader.
fn is_same_place(known: Option<&(Element, f64)>, seen: Option<&(Element, f64)>) -> bool {
    known.zip(seen).is_some_and(|((known, at), (seen, now))| known == seen && (at - now).abs() < 1.5)
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

fn restore(scroller: &HtmlElement) {
    let Some((message, top)) = ANCHOR.with_borrow(Clone::clone) else { return };
    if message.is_connected() {
        let moved = message.get_bounding_client_rect().top() - top;
        #[expect(clippy::cast_possible_truncation, reason = "pixels on a screen")]
        scroller.set_scroll_top(scroller.scroll_top() + moved.round() as i32);
    }
    remember(scroller);
}

struct Watch {
    observer: ResizeObserver,
    _callback: Closure<dyn Fn()>,
}

impl Watch {
    fn new(scroller: HtmlElement, sheet: &Element) -> Option<Self> {
        ANCHOR.set(None);
        let callback = Closure::new(move || restore(&scroller));
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
