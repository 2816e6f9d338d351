use leptos::prelude::*;

use super::{
    ask::ask,
    choice::{sounds, wants},
};
use crate::{
    browser::{Permission, beep, may_notify, notify},
    lazy::{part, said},
    state::{Action, Chat},
};

part! {
    mention,
    /// Tells of a mention: by the system if the reader allows it. Whether they do is asked at the first one.
    pub fn tell_mention(owner: Owner, chat: Chat, room: String, author: String, text: String) {
        if sounds(chat) {
            beep();
        }
        match (may_notify(), wants(chat)) {
            (Permission::Granted, None | Some(true)) => tell(chat, room, &author, &text),
            (Permission::Open, None) => ask(&owner),
            (_, Some(_)) | (Permission::Denied, None) => {}
        }
    }
}

fn tell(chat: Chat, room: String, author: &str, text: &str) {
    if document().hidden() {
        let title =
            [author, said(chat.words, [" mentions you in ", " menciona você em ", " te menciona en "]), &room].concat();
        let tag = room.clone();
        notify(&title, text, &tag, move || chat.act(Action::Enter(room.clone())));
    }
}
