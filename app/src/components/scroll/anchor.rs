//! Holds the message that a reader looks at where it is, whatever grows below it.

use std::cell::RefCell;

use leptos::{html, prelude::*};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Element, HtmlElement, ResizeObserver};

use crate::state::RoomState;

thread_local! {
    /// What the reader looks at. There is one scroller on a page.
    static ANCHOR: RefCell<Option<Anchor>> = const { RefCell::new(None) };
}

#[derive(Clone)]
struct Anchor {
    /// The first message in view.
    message: Element,
    /// How far its top is from the end of the sheet. Scrolling does not change that; what grows below the message does.
    from_end: f64,
    /// Where the scroller was.
    scroll_top: i32,
}

/// Makes up for what has growth, then notes what the reader looks at. At the end there is nothing to hold: the layout does it,
/// and a reader who is nearly there is taken along. `is_laid_out` says that nobody has scrolled since the last time.
pub fn update(scroller: &HtmlElement, at_end: bool, is_laid_out: bool) {
    if at_end {
        return clear();
    }
    compensate(scroller, is_laid_out);
    let seen = first_in_view(scroller);
    ANCHOR.with_borrow_mut(|anchor| {
        let scroll_top = scroller.scroll_top();
        match anchor {
            // The same message keeps its distance: scrolling stops at whole pixels, and what is left over must not add up.
            Some(anchor) if Some(&anchor.message) == seen.as_ref() => anchor.scroll_top = scroll_top,
            _ => {
                *anchor = seen.and_then(|message| {
                    from_end(scroller, &message).map(|from_end| Anchor { message, from_end, scroll_top })
                });
            }
        }
    });
}

/// Lets go of what the reader looked at: they are led elsewhere.
pub fn clear() {
    ANCHOR.set(None);
}

fn compensate(scroller: &HtmlElement, is_laid_out: bool) {
    let Some(mut anchor) = ANCHOR.with_borrow(Clone::clone) else { return };
    let Some(now) = from_end(scroller, &anchor.message) else { return };
    let growth = (now - anchor.from_end).round();
    if growth != 0.0 {
        // Where much is gone at the end, the browser has moved the view, for it could not stay.
        let before = if is_laid_out { anchor.scroll_top } else { scroller.scroll_top() };
        #[expect(clippy::cast_possible_truncation, reason = "pixels on a screen")]
        scroller.set_scroll_top(before - growth as i32);
        anchor.from_end += growth;
        ANCHOR.set(Some(anchor));
    }
}

/// `None` for a message that is no longer on the page.
fn from_end(scroller: &HtmlElement, message: &Element) -> Option<f64> {
    let sheet = scroller.first_element_child().filter(|sheet| sheet.contains(Some(message)))?;
    Some(sheet.get_bounding_client_rect().bottom() - message.get_bounding_client_rect().top())
}

/// Watches the messages for as long as they are on the page.
pub fn watch(room: &RoomState, scroller: NodeRef<html::Div>, sheet: NodeRef<html::Div>, at_end: RwSignal<bool>) {
    let observer = StoredValue::new_local(None);
    Effect::new(move || {
        if let (Some(scroller), Some(sheet)) = (scroller.get(), sheet.get()) {
            observer.set_value(SheetObserver::new(scroller.into(), &sheet, at_end));
        }
    });
    let rows = room.rows.clone();
    Effect::new(move || {
        rows.track();
        // Drawn by then, and not seen yet. Where as much is gone as has come, nothing has another size.
        request_animation_frame(move || {
            // The room may have been left by then.
            if let Some(at_end) = at_end.try_get_untracked()
                && let Some(scroller) = scroller.get_untracked()
            {
                update(&scroller, at_end, true);
            }
        });
    });
}

/// The first message whose top is in view: what grows above it moves nothing. If none is, the one that fills the view.
fn first_in_view(scroller: &HtmlElement) -> Option<Element> {
    let view = scroller.get_bounding_client_rect();
    let messages = scroller.query_selector("#messages").ok().flatten()?.children();
    let top = |index| messages.item(index).map_or(0.0, |message| message.get_bounding_client_rect().top());
    let (mut low, mut high) = (0, messages.length());
    while low < high {
        let middle = low + (high - low) / 2;
        // Scrolling stops at whole pixels.
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
