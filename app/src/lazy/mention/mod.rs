//! Telling of mentions that the reader does not see, and what they want to be told.

#[cfg(feature = "hydrate")]
mod ask;
mod choice;
#[cfg(feature = "hydrate")]
mod tell;

use leptos::prelude::*;

use self::choice::Notifications;
#[cfg(feature = "hydrate")]
pub use self::tell::tell_mention;
use super::{
    dialog::{self, Opened},
    part,
};
use crate::state::Chat;

thread_local! {
    static DIALOG: Opened = const { Opened::new(None) };
}

part! {
    mention,
    /// Opens the choice of what the reader is told.
    pub fn choose_notifications(chat: Chat) {
        dialog::open(&DIALOG, chat, chat.words.notifications(), || view! { <Notifications chat /> });
    }
}
