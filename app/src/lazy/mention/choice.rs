use leptos::prelude::*;

use crate::{
    browser::{NotifyPermission, beep, notify_permission, request_notify_permission},
    lazy::said,
    state::Chat,
};

/// What is kept of the reader's choices, each `on` or `off`.
const NOTIFY: &str = "notify";
const SOUND: &str = "sound";
const ON: &str = "on";
const OFF: &str = "off";

const BLOCKED: [&str; 3] = [
    "This browser does not let Sala notify you. It may be allowed in the browser's settings for this site.",
    "Este navegador não permite que a Sala envie notificações. Talvez você possa permitir nas configurações dele para este site.",
    "Este navegador no permite que Sala envíe notificaciones. Quizá puedas permitirlo en su configuración para este sitio.",
];

/// Whether the reader wants notifications, if they have said so.
pub fn wants(chat: Chat) -> Option<bool> {
    chat.stored_choice(NOTIFY).map(|choice| choice == ON)
}

/// Keeps whether they do.
pub fn want(chat: Chat, wants: bool) {
    chat.store_choice(NOTIFY, if wants { ON } else { OFF });
}

/// Whether the reader wants to hear of a mention as well.
pub fn sounds(chat: Chat) -> bool {
    chat.stored_choice(SOUND).is_some_and(|choice| choice == ON)
}

/// What the reader is told of mentions that they do not see.
#[component]
pub fn Notifications(chat: Chat) -> impl IntoView {
    let words = chat.words;
    let (permission, notifies, sound) =
        (RwSignal::new(NotifyPermission::NotAsked), RwSignal::new(false), RwSignal::new(false));
    // It may have changed elsewhere since the dialog was last open.
    let look = move || {
        permission.set(notify_permission());
        notifies.set(notify_permission() == NotifyPermission::Granted && wants(chat) != Some(false));
        sound.set(sounds(chat));
    };
    let choose = move |event| {
        let checked = event_target_checked(&event);
        want(chat, checked);
        if checked { request_notify_permission(look) } else { look() }
    };
    let choose_sound = move |event| {
        let checked = event_target_checked(&event);
        chat.store_choice(SOUND, if checked { ON } else { OFF });
        if checked {
            beep();
        }
        look();
    };
    look();
    view! {
        <div class="notifications">
            <label>
                <input type="checkbox" autofocus prop:checked=move || notifies.get() on:change=choose on:focus=move |_| look() />
                {said(
                    words,
                    [
                        "Notify me of mentions while this page is in the background",
                        "Me avisar de menções quando esta página estiver em segundo plano",
                        "Notificarme de menciones cuando esta página esté en segundo plano",
                    ],
                )}
            </label>
            <p hidden=move || permission.get() != NotifyPermission::Denied>{said(words, BLOCKED)}</p>
            <label>
                <input type="checkbox" prop:checked=move || sound.get() on:change=choose_sound />
                {said(words, ["Play a sound when I am mentioned", "Tocar um som quando me mencionarem", "Reproducir un sonido cuando me mencionen"])}
            </label>
        </div>
    }
}
