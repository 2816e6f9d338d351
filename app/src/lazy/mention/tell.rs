use std::{cell::Cell, time::Duration};

use leptos::prelude::*;

use super::{
    ask::ask,
    choice::{sounds, wants},
};
use crate::{
    browser::{NotifyPermission, beep, notify, notify_permission},
    lazy::{part, said},
    state::{Action, Chat},
    text::room_path,
};

part! {
    mention,
    /// Tells of a mention: by the system if the reader allows it. Whether they do is asked at the first one.
    pub fn tell_mention(owner: Owner, chat: Chat, room: String, author: String, text: String) {
        if sounds(chat) {
            beep_once();
        }
        match (notify_permission(), wants(chat)) {
            (NotifyPermission::Granted, None | Some(true)) => tell(chat, room, &author, &text),
            (NotifyPermission::NotAsked, None) => ask(&owner),
            (_, Some(_)) | (NotifyPermission::Denied, None) => {}
        }
    }
}

/// Of many mentions at once, as after an outage, the first one is heard.
fn beep_once() {
    thread_local! {
        static IS_HEARD: Cell<bool> = const { Cell::new(false) };
    }
    if !IS_HEARD.replace(true) {
        beep();
        set_timeout(|| IS_HEARD.set(false), Duration::from_secs(1));
    }
}

fn tell(chat: Chat, room: String, author: &str, text: &str) {
    if document().hidden() {
        let title =
            [author, said(chat.words, [" mentions you in ", " menciona você em ", " te menciona en "]), &room].concat();
        notify(&title, text, &room_path(&room), move || chat.dispatch(Action::EnterRoom(room.clone())));
    }
}
