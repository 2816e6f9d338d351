//! What only a browser can tell. On the server nobody asks: each of these waits for an event or for the take-over, and what
//! stands there is what a page shows before.

/// Whether the browser lets the page notify.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotifyPermission {
    /// It does.
    Granted,
    /// The reader was not asked yet.
    NotAsked,
    /// It does not.
    Denied,
}

#[cfg(feature = "hydrate")]
mod real {
    use leptos::prelude::{document, request_animation_frame, window};
    use leptos::task::spawn_local;
    use wasm_bindgen::{JsCast, closure::Closure};
    use wasm_bindgen_futures::JsFuture;
    use web_sys::{
        AudioContext, Element, HtmlElement, Notification, NotificationOptions, NotificationPermission,
        ServiceWorkerRegistration, ShareData,
        js_sys::{Date, JsString, Reflect},
    };

    use super::NotifyPermission;

    /// A moment moved to the reader's clock: what UTC says of it is what that clock says.
    pub fn to_local_time(at: u64) -> u64 {
        #[expect(clippy::cast_precision_loss, reason = "milliseconds fit a JavaScript number for 285,000 years")]
        let behind = Date::new(&(at as f64).into()).get_timezone_offset();
        #[expect(clippy::cast_possible_truncation, reason = "a day at most")]
        let ahead = (behind * -60_000.0) as i64;
        at.saturating_add_signed(ahead)
    }

    /// A name in Unicode NFC.
    pub fn normalize_nfc(name: &str) -> String {
        JsString::from(name).normalize("NFC").into()
    }

    /// Whether the focus may go to a field unasked: a keyboard on the screen would cover what was asked for.
    pub fn has_physical_keyboard() -> bool {
        window().match_media("(hover: hover)").ok().flatten().is_some_and(|query| query.matches())
    }

    /// Gives the focus to another element if what has it is gone by the next frame: else a keyboard would start again at the
    /// top of the page. Fingers need no focus.
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

    /// Copies a text, and says whether the browser allowed it.
    pub fn copy_to_clipboard(text: &str, then: impl FnOnce(bool) + 'static) {
        // Elsewhere there is no clipboard to ask.
        if !window().is_secure_context() {
            return then(false);
        }
        let written = JsFuture::from(window().navigator().clipboard().write_text(text));
        spawn_local(async move { then(written.await.is_ok()) });
    }

    /// The whole address of a path of this site.
    pub fn absolute_url(path: &str) -> String {
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

    /// Whether the browser lets the page notify.
    pub fn notify_permission() -> NotifyPermission {
        // Some phones have none.
        if !Reflect::has(&window(), &"Notification".into()).unwrap_or(false) {
            return NotifyPermission::Denied;
        }
        match Notification::permission() {
            NotificationPermission::Granted => NotifyPermission::Granted,
            NotificationPermission::Default => NotifyPermission::NotAsked,
            _ => NotifyPermission::Denied,
        }
    }

    /// Has the browser ask whether the page may, and goes on when that is answered. It does so only right after a click.
    pub fn request_notify_permission(then: impl FnOnce() + 'static) {
        // Where nothing can be asked, the answer is known.
        let asked = match notify_permission() {
            NotifyPermission::NotAsked => Notification::request_permission().ok().map(JsFuture::from),
            NotifyPermission::Granted | NotifyPermission::Denied => None,
        };
        spawn_local(async move {
            if let Some(asked) = asked {
                _ = asked.await;
            }
            then();
        });
    }

    /// Notifies of something at a path of this site; one of the same path takes the place of the last. A click on it brings the
    /// page to the front, and does `then`.
    pub fn notify(title: &str, text: &str, path: &str, then: impl Fn() + 'static) {
        let options = NotificationOptions::new();
        options.set_body(text);
        options.set_tag(path);
        options.set_data(&path.into());
        let Ok(notification) = Notification::new_with_options(title, &options) else {
            // On phones only the service worker may.
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

    /// A short, quiet tone.
    pub fn beep() {
        thread_local! {
            static AUDIO: Option<AudioContext> = AudioContext::new().ok();
        }
        let tone = |audio: &AudioContext| {
            let (tone, volume) = (audio.create_oscillator()?, audio.create_gain()?);
            tone.frequency().set_value(660.0);
            volume.gain().set_value(0.06);
            tone.connect_with_audio_node(&volume)?.connect_with_audio_node(&audio.destination())?;
            // Until somebody has clicked on the page it is held.
            _ = audio.resume()?;
            tone.start()?;
            tone.stop_with_when(audio.current_time() + 0.15)
        };
        // A page that nobody has clicked on makes no sound.
        AUDIO.with(|audio| _ = audio.as_ref().map(tone));
    }

    /// Runs it when the page has been drawn as it is now.
    pub fn after_paint(then: impl FnOnce() + 'static) {
        // The first frame is the one that draws it.
        request_animation_frame(|| request_animation_frame(then));
    }
}

#[cfg(not(feature = "hydrate"))]
mod real {
    pub const fn to_local_time(at: u64) -> u64 {
        at
    }

    pub fn normalize_nfc(name: &str) -> String {
        name.to_owned()
    }

    pub fn has_physical_keyboard() -> bool {
        false
    }

    pub const fn restore_focus(_: &'static str) {}

    pub fn copy_to_clipboard(_: &str, _: impl FnOnce(bool) + 'static) {}

    pub fn absolute_url(path: &str) -> String {
        path.to_owned()
    }

    pub const fn can_share() -> bool {
        false
    }

    pub const fn share(_: &str) {}

    pub const fn notify_permission() -> super::NotifyPermission {
        super::NotifyPermission::Denied
    }

    pub fn request_notify_permission(_: impl FnOnce() + 'static) {}

    pub const fn beep() {}

    pub fn after_paint(_: impl FnOnce() + 'static) {}
}

#[cfg(feature = "hydrate")]
pub use real::notify;
pub use real::{
    absolute_url, after_paint, beep, can_share, copy_to_clipboard, has_physical_keyboard, normalize_nfc,
    notify_permission, request_notify_permission, restore_focus, share, to_local_time,
};
