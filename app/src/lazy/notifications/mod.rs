//! Notifications of mentions that the reader does not see, and their settings.

#[cfg(feature = "hydrate")]
mod prompt;
mod settings;

use leptos::prelude::*;

use self::settings::NotificationSettings;
use super::{
    dialog::{LazyDialog, open_dialog},
    lazy_chunk,
};
use crate::state::Chat;

thread_local! {
    static DIALOG: LazyDialog = const { LazyDialog::new(None) };
}

lazy_chunk! {
    mention,
    /// Opens the settings of notifications.
    pub fn open_notification_settings(chat: Chat) {
        open_dialog(&DIALOG, chat, chat.words.notifications(), || view! { <NotificationSettings chat /> });
    }
}

#[cfg(feature = "hydrate")]
pub use self::notify::notify_of_mention;

#[cfg(feature = "hydrate")]
mod notify {
    use std::{cell::Cell, time::Duration};

    use leptos::prelude::*;
    use web_sys::NotificationPermission;

    use super::{
        prompt::show_prompt,
        settings::{are_notifications_on, is_sound_on},
    };
    use crate::{
        browser::{beep, notify, notify_permission},
        lazy::lazy_chunk,
        state::{Action, Chat},
        text::{room_path, words},
    };

    lazy_chunk! {
        mention,
        /// Notifies the reader of a mention through the browser. The first mention asks whether the reader wants that.
        pub fn notify_of_mention(owner: Owner, chat: Chat, room: String, author: String, text: String) {
            if is_sound_on(chat) {
                beep_at_most_once_a_second();
            }
            match (notify_permission(), are_notifications_on(chat)) {
                (NotificationPermission::Granted, None | Some(true)) => show_notification(chat, room, &author, &text),
                (NotificationPermission::Default, None) => show_prompt(&owner),
                _ => {}
            }
        }
    }

    /// After an outage many mentions arrive at once.
    fn beep_at_most_once_a_second() {
        thread_local! {
            static HAS_BEEPED: Cell<bool> = const { Cell::new(false) };
        }
        if !HAS_BEEPED.replace(true) {
            beep();
            set_timeout(|| HAS_BEEPED.set(false), Duration::from_secs(1));
        }
    }

    fn show_notification(chat: Chat, room: String, author: &str, text: &str) {
        if document().hidden() {
            let title = words::notifications::mentions_you(chat.words, author, &room);
            notify(&title, text, &room_path(&room), move || chat.dispatch(Action::EnterRoom(room.clone())));
        }
    }
}
