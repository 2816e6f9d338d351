use leptos::prelude::*;
use web_sys::NotificationPermission;

use crate::{
    browser::{beep, notify_permission, request_notify_permission},
    state::Chat,
    text::words,
};

/// The keys under which the browser stores the settings, each `on` or `off`.
const NOTIFY_KEY: &str = "notify";
const SOUND_KEY: &str = "sound";
const ON: &str = "on";
const OFF: &str = "off";

/// Whether the reader has turned notifications on or off; `None` if neither.
pub fn are_notifications_on(chat: Chat) -> Option<bool> {
    chat.service.stored_choice(NOTIFY_KEY).map(|choice| choice == ON)
}

/// Stores whether the reader wants notifications.
pub fn set_notifications_on(chat: Chat, is_on: bool) {
    chat.service.store_choice(NOTIFY_KEY, if is_on { ON } else { OFF });
}

/// Whether a mention plays a sound.
pub fn is_sound_on(chat: Chat) -> bool {
    chat.service.stored_choice(SOUND_KEY).is_some_and(|choice| choice == ON)
}

/// The form of the settings.
#[component]
pub fn NotificationSettings(chat: Chat) -> impl IntoView {
    let words = chat.words;
    let (permission, notifies, sound) =
        (RwSignal::new(NotificationPermission::Default), RwSignal::new(false), RwSignal::new(false));
    // Another tab or the browser's settings may have changed them while the dialog was closed.
    let refresh = move || {
        permission.set(notify_permission());
        notifies
            .set(notify_permission() == NotificationPermission::Granted && are_notifications_on(chat) != Some(false));
        sound.set(is_sound_on(chat));
    };
    let set_notifies = move |event| {
        let checked = event_target_checked(&event);
        set_notifications_on(chat, checked);
        if checked { request_notify_permission(refresh) } else { refresh() }
    };
    let set_sound = move |event| {
        let checked = event_target_checked(&event);
        chat.service.store_choice(SOUND_KEY, if checked { ON } else { OFF });
        if checked {
            beep();
        }
        refresh();
    };
    refresh();
    view! {
        <div class="notifications">
            <label>
                <input type="checkbox" autofocus prop:checked=move || notifies.get() on:change=set_notifies on:focus=move |_| refresh() />
                {words::notifications::notify_me(words)}
            </label>
            <p hidden=move || permission.get() != NotificationPermission::Denied>{words::notifications::blocked(words)}</p>
            <label>
                <input type="checkbox" prop:checked=move || sound.get() on:change=set_sound />
                {words::notifications::play_sound(words)}
            </label>
        </div>
    }
}
