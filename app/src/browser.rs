//! Browser APIs. They panic on the server, which calls none of them: it runs no effects and handles no events.

use leptos::prelude::{document, request_animation_frame, window};
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AudioContext, Element, HtmlElement, Notification, NotificationOptions, NotificationPermission,
    ServiceWorkerRegistration, ShareData,
    js_sys::{Date, JsString, Reflect},
};

/// Shifts a UTC timestamp so that formatting it as UTC gives the user's local time.
pub fn to_local_time(at: u64) -> u64 {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds fit a JavaScript number for 285,000 years")]
    let behind = Date::new(&(at as f64).into()).get_timezone_offset();
    #[expect(clippy::cast_possible_truncation, reason = "a day at most")]
    let ahead = (behind * -60_000.0) as i64;
    at.saturating_add_signed(ahead)
}

/// Normalizes a name to Unicode NFC.
pub fn normalize_nfc(name: &str) -> String {
    JsString::from(name).normalize("NFC").into()
}

/// Whether focusing a field opens no on-screen keyboard, which would cover the page.
pub fn has_physical_keyboard() -> bool {
    // The server cleans up, too.
    cfg!(feature = "hydrate")
        && window().match_media("(hover: hover)").ok().flatten().is_some_and(|query| query.matches())
}

/// Focuses the element that `elsewhere` selects, if the focused element is gone in the next frame. Otherwise
/// keyboard navigation would restart at the top of the page. Does nothing on touch devices.
pub fn restore_focus(elsewhere: &'static str) {
    if !has_physical_keyboard() {
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

/// Copies a text to the clipboard and reports whether the browser allowed it.
pub fn copy_to_clipboard(text: &str, then: impl FnOnce(bool) + 'static) {
    // The clipboard API exists in secure contexts only.
    if !window().is_secure_context() {
        return then(false);
    }
    let written = JsFuture::from(window().navigator().clipboard().write_text(text));
    spawn_local(async move { then(written.await.is_ok()) });
}

/// Returns the absolute URL of a path of this site.
pub fn absolute_url(path: &str) -> String {
    window().location().origin().unwrap_or_default() + path
}

/// Whether the browser supports the Web Share API.
pub fn can_share() -> bool {
    Reflect::has(&window().navigator(), &"share".into()).unwrap_or(false)
}

/// Opens the browser's share sheet. A cancelled share is not an error.
pub fn share(address: &str) {
    let link = ShareData::new();
    link.set_url(address);
    _ = window().navigator().share_with_data(&link);
}

/// Returns the notification permission. Some mobile browsers lack the API, as if the user had denied it.
pub fn notify_permission() -> NotificationPermission {
    let is_supported = Reflect::has(&window(), &"Notification".into()).unwrap_or(false);
    if is_supported { Notification::permission() } else { NotificationPermission::Denied }
}

/// Requests the notification permission and calls `then` after the answer. Browsers allow this only right after a
/// click.
pub fn request_notify_permission(then: impl FnOnce() + 'static) {
    // Without a pending question the answer is already known.
    let is_unknown = notify_permission() == NotificationPermission::Default;
    let asked = is_unknown.then(|| Notification::request_permission().ok().map(JsFuture::from)).flatten();
    spawn_local(async move {
        if let Some(asked) = asked {
            _ = asked.await;
        }
        then();
    });
}

/// Shows a notification. It replaces an earlier one with the same `path`. A click focuses the window and calls
/// `then`.
#[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "the server notifies nobody"))]
pub fn notify(title: &str, text: &str, path: &str, then: impl Fn() + 'static) {
    let options = NotificationOptions::new();
    options.set_body(text);
    options.set_tag(path);
    options.set_data(&path.into());
    let Ok(notification) = Notification::new_with_options(title, &options) else {
        // Mobile browsers allow notifications from a service worker only.
        return notify_from_worker(title.to_owned(), options);
    };
    let clicked = notification.clone();
    let click = Closure::<dyn Fn()>::new(move || {
        _ = window().focus();
        clicked.close();
        then();
    });
    notification.set_onclick(Some(click.into_js_value().unchecked_ref()));
}

fn notify_from_worker(title: String, options: NotificationOptions) {
    let Ok(ready) = window().navigator().service_worker().ready() else { return };
    spawn_local(async move {
        let Ok(worker) = JsFuture::from(ready).await else { return };
        let worker: ServiceWorkerRegistration = worker.unchecked_into();
        if let Ok(shown) = worker.show_notification_with_options(&title, &options) {
            _ = JsFuture::from(shown).await;
        }
    });
}

/// Plays a short, quiet tone.
pub fn beep() {
    thread_local! {
        static AUDIO: Option<AudioContext> = AudioContext::new().ok();
    }
    let tone = |audio: &AudioContext| {
        let (tone, volume) = (audio.create_oscillator()?, audio.create_gain()?);
        tone.frequency().set_value(660.0);
        volume.gain().set_value(0.06);
        tone.connect_with_audio_node(&volume)?.connect_with_audio_node(&audio.destination())?;
        // The context is suspended until the user has interacted with the page.
        _ = audio.resume()?;
        tone.start()?;
        tone.stop_with_when(audio.current_time() + 0.15)
    };
    // Autoplay rules may forbid the sound; nothing depends on it.
    AUDIO.with(|audio| _ = audio.as_ref().map(tone));
}

/// Calls `then` after the current state of the page was painted.
pub fn after_paint(then: impl FnOnce() + 'static) {
    // The first frame paints it.
    request_animation_frame(|| request_animation_frame(then));
}
