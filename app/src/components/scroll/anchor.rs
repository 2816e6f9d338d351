//! Scroll anchoring: keeps the first visible message in place when content below it changes size.

use std::cell::RefCell;

use leptos::{html, prelude::*};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Element, HtmlElement, ResizeObserver};

use crate::state::RoomState;

thread_local! {
    /// The anchor of the page's only scroller.
    static ANCHOR: RefCell<Option<Anchor>> = const { RefCell::new(None) };
}

#[derive(Clone)]
struct Anchor {
    /// The first message in view.
    message: Element,
    /// Distance of its top from the end of the sheet. Growth below the message changes it, scrolling does not.
    from_end: f64,
    /// The scroll position when the anchor was set.
    scroll_top: i32,
}

/// Compensates growth below the anchor, then sets the anchor to the first visible message. At the end the layout keeps
/// the position, so the anchor is cleared. `is_laid_out` says that the layout changed and the user did not scroll.
pub fn update(scroller: &HtmlElement, at_end: bool, is_laid_out: bool) {
    if at_end {
        return clear();
    }
    compensate(scroller, is_laid_out);
    let seen = first_in_view(scroller);
    ANCHOR.with_borrow_mut(|anchor| {
        let scroll_top = scroller.scroll_top();
        match anchor {
            // Keeps the distance of the same message. Scroll positions are whole pixels, and the rounding errors would
            // add up.
            Some(anchor) if Some(&anchor.message) == seen.as_ref() => anchor.scroll_top = scroll_top,
            _ => {
                *anchor = seen.and_then(|message| {
                    from_end(scroller, &message).map(|from_end| Anchor { message, from_end, scroll_top })
                });
            }
        }
    });
}

/// Clears the anchor before a programmatic scroll.
pub fn clear() {
    ANCHOR.set(None);
}

fn compensate(scroller: &HtmlElement, is_laid_out: bool) {
    let Some(mut anchor) = ANCHOR.with_borrow(Clone::clone) else { return };
    let Some(now) = from_end(scroller, &anchor.message) else { return };
    let growth = (now - anchor.from_end).round();
    if growth != 0.0 {
        // If content at the end was removed, the browser has already clamped the scroll position.
        let before = if is_laid_out { anchor.scroll_top } else { scroller.scroll_top() };
        #[expect(clippy::cast_possible_truncation, reason = "pixels on a screen")]
        scroller.set_scroll_top(before - growth as i32);
        anchor.from_end += growth;
        ANCHOR.set(Some(anchor));
    }
}

/// Returns `None` for a message that is no longer rendered.
fn from_end(scroller: &HtmlElement, message: &Element) -> Option<f64> {
    let sheet = scroller.first_element_child().filter(|sheet| sheet.contains(Some(message)))?;
    Some(sheet.get_bounding_client_rect().bottom() - message.get_bounding_client_rect().top())
}

/// Updates the anchor whenever the rows or their sizes change.
pub fn watch(room: &RoomState, scroller: NodeRef<html::Div>, sheet: NodeRef<html::Div>, at_end: RwSignal<bool>) {
    let observer = StoredValue::new_local(None);
    Effect::new(move || {
        if let (Some(scroller), Some(sheet)) = (scroller.get(), sheet.get()) {
            observer.set_value(SheetObserver::new(scroller.into(), &sheet, at_end));
        }
    });
    let window = room.window.clone();
    Effect::new(move || {
        window.track();
        // Rows are rendered by the next frame and not painted yet. The resize observer does not fire if rows of equal
        // size were added and removed.
        request_animation_frame(move || {
            // The room may be gone by then.
            if let Some(at_end) = at_end.try_get_untracked()
                && let Some(scroller) = scroller.get_untracked()
            {
                update(&scroller, at_end, true);
            }
        });
    });
}

/// Returns the first message whose top is in view, or else the message that fills the view.
fn first_in_view(scroller: &HtmlElement) -> Option<Element> {
    let view = scroller.get_bounding_client_rect();
    let messages = scroller.query_selector("#messages").ok().flatten()?.children();
    let top = |index| messages.item(index).map_or(0.0, |message| message.get_bounding_client_rect().top());
    let (mut low, mut high) = (0, messages.length());
    while low < high {
        let middle = low + (high - low) / 2;
        // Scroll positions are whole pixels.
        if top(middle) < view.top() - 1.0 { low = middle + 1 } else { high = middle }
    }
    let fills_view = low == messages.length() || top(low) >= view.bottom();
    messages.item(if fills_view { low.saturating_sub(1) } else { low })
}

struct SheetObserver {
    observer: ResizeObserver,
    _callback: Closure<dyn Fn()>,
}

impl SheetObserver {
    fn new(scroller: HtmlElement, sheet: &Element, at_end: RwSignal<bool>) -> Option<Self> {
        clear();
        let callback = Closure::new(move || update(&scroller, at_end.get_untracked(), true));
        let observer = ResizeObserver::new(callback.as_ref().unchecked_ref()).ok()?;
        observer.observe(sheet);
        Some(Self { observer, _callback: callback })
    }
}

impl Drop for SheetObserver {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}
