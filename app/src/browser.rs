//! What only a browser can tell. On the server nobody asks: each of these waits for an event or for the take-over, and what
//! stands there is what a page shows before.

#[cfg(feature = "hydrate")]
mod real {
    use leptos::prelude::window;
    use web_sys::js_sys::{Date, JsString};

    /// A time of day by the reader's clock, `HH:MM`.
    pub fn local_time(at: u64) -> String {
        #[expect(clippy::cast_precision_loss, reason = "milliseconds fit a JavaScript number for 285,000 years")]
        let date = Date::new(&(at as f64).into());
        format!("{:02}:{:02}", date.get_hours(), date.get_minutes())
    }

    /// A name in Unicode NFC.
    pub fn normalized(name: &str) -> String {
        JsString::from(name).normalize("NFC").into()
    }

    /// Whether the focus may go to a field unasked: a keyboard on the screen would cover what was asked for.
    pub fn has_keyboard() -> bool {
        window().match_media("(hover: hover)").ok().flatten().is_some_and(|query| query.matches())
    }
}

#[cfg(not(feature = "hydrate"))]
mod real {
    pub fn local_time(at: u64) -> String {
        crate::text::utc(at)
    }

    pub fn normalized(name: &str) -> String {
        name.to_owned()
    }

    pub fn has_keyboard() -> bool {
        false
    }
}

pub use real::{has_keyboard, local_time, normalized};
