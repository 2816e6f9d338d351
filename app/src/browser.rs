//! What only a browser can tell. On the server nobody asks: each of these waits for an event or for the take-over, and what
//! stands there is what a page shows before.

#[cfg(feature = "hydrate")]
mod real {
    use leptos::prelude::{document, request_animation_frame, window};
    use leptos::task::spawn_local;
    use wasm_bindgen::JsCast;
    use wasm_bindgen_futures::JsFuture;
    use web_sys::{
        Element, HtmlElement, ShareData,
        js_sys::{Date, JsString, Reflect},
    };

    /// A moment moved to the reader's clock: what UTC says of it is what that clock says.
    pub fn local(at: u64) -> u64 {
        #[expect(clippy::cast_precision_loss, reason = "milliseconds fit a JavaScript number for 285,000 years")]
        let behind = Date::new(&(at as f64).into()).get_timezone_offset();
        #[expect(clippy::cast_possible_truncation, reason = "a day at most")]
        let ahead = (behind * -60_000.0) as i64;
        at.saturating_add_signed(ahead)
    }

    /// A name in Unicode NFC.
    pub fn normalized(name: &str) -> String {
        JsString::from(name).normalize("NFC").into()
    }

    /// Whether the focus may go to a field unasked: a keyboard on the screen would cover what was asked for.
    pub fn has_keyboard() -> bool {
        window().match_media("(hover: hover)").ok().flatten().is_some_and(|query| query.matches())
    }

    /// Gives the focus to another element if what has it is gone by the next frame: else a keyboard would start again at the
    /// top of the page. Fingers need no focus.
    pub fn rest_focus(elsewhere: &'static str) {
        if !has_keyboard() {
            return;
        }
        request_animation_frame(move || {
            let page = document();
            if page.active_element() == page.body().map(Element::from)
                && let Ok(Some(element)) = page.query_selector(elsewhere)
                && let Ok(element) = element.dyn_into::<HtmlElement>()
            {
                _ = element.focus();
            }
        });
    }

    /// Copies a text, and says whether the browser allowed it.
    pub fn copy(text: &str, then: impl FnOnce(bool) + 'static) {
        // Elsewhere there is no clipboard to ask.
        if !window().is_secure_context() {
            return then(false);
        }
        let written = JsFuture::from(window().navigator().clipboard().write_text(text));
        spawn_local(async move { then(written.await.is_ok()) });
    }

    /// The whole address of a path of this site.
    pub fn address(path: &str) -> String {
        window().location().origin().unwrap_or_default() + path
    }

    /// Whether the device has a way of its own to share a link.
    pub fn can_share() -> bool {
        Reflect::has(&window().navigator(), &"share".into()).unwrap_or(false)
    }

    /// Opens that way. Who closes it again has changed their mind, which is no failure.
    pub fn share(address: &str) {
        let link = ShareData::new();
        link.set_url(address);
        _ = window().navigator().share_with_data(&link);
    }

    /// Runs it when the page has been drawn as it is now.
    pub fn when_drawn(then: impl FnOnce() + 'static) {
        // The first frame is the one that draws it.
        request_animation_frame(|| request_animation_frame(then));
    }
}

#[cfg(not(feature = "hydrate"))]
mod real {
    pub const fn local(at: u64) -> u64 {
        at
    }

    pub fn normalized(name: &str) -> String {
        name.to_owned()
    }

    pub fn has_keyboard() -> bool {
        false
    }

    pub const fn rest_focus(_: &'static str) {}

    pub fn copy(_: &str, _: impl FnOnce(bool) + 'static) {}

    pub fn address(path: &str) -> String {
        path.to_owned()
    }

    pub const fn can_share() -> bool {
        false
    }

    pub const fn share(_: &str) {}

    pub fn when_drawn(_: impl FnOnce() + 'static) {}
}

pub use real::{address, can_share, copy, has_keyboard, local, normalized, rest_focus, share, when_drawn};
