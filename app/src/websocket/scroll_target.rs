//! Leads the reader to a message, also if it has to be loaded first.

use client::{Input, Room};
use leptos::prelude::*;

use super::driver::Driver;
use crate::{
    browser::restore_focus,
    components::scroll::scroll_to_message,
    state::{ScrollTo, index_of_seq},
    text::Words,
};

/// Of so many messages and more, the older part is let go when the next one comes.
const MAX_SEARCHED_ITEMS: usize = 10_000;

/// What there is of a message.
enum Lookup {
    Loaded,
    NotLoaded,
    Unavailable(fn(Words) -> &'static str),
}

impl Driver {
    /// Draws another stretch of the room on the screen, and loads older messages where all are drawn.
    pub fn move_window(&mut self, target: ScrollTo) {
        let room = self.chat.current_room.get_untracked();
        let has_focus = document().query_selector("#messages :focus").ok().flatten().is_some();
        if !self.chat.move_window(&self.client, &room, target) && target == ScrollTo::Older {
            self.handle(Input::Older { room: &room });
        }
        if has_focus {
            // What has it may not be drawn any more.
            restore_focus(".scroller");
        }
    }

    /// Goes on to a message of the room on the screen as soon as it is loaded.
    pub fn set_scroll_target(&mut self, seq: u64) {
        self.scroll_target = Some(seq);
        self.resolve_scroll_target();
    }

    /// The reader has gone on to something else.
    pub fn clear_scroll_target(&mut self) {
        self.scroll_target = None;
    }

    /// Looks whether it is.
    pub(super) fn resolve_scroll_target(&mut self) {
        let Some(seq) = self.scroll_target else { return };
        let name = self.chat.current_room.get_untracked();
        let Some(lookup) = self.client.room(&name).filter(|room| room.is_loaded()).map(|room| look_up(room, seq))
        else {
            return;
        };
        match lookup {
            Lookup::NotLoaded => {
                self.chat.toast(self.chat.words.loading_older());
                return self.handle(Input::Older { room: &name });
            }
            Lookup::Loaded => {
                self.move_window(ScrollTo::Message(seq));
                scroll_to_message(seq);
            }
            Lookup::Unavailable(why) => self.chat.toast(why(self.chat.words)),
        }
        self.scroll_target = None;
    }

    /// Another room comes to the screen: at its end, with a line where the reader stopped.
    pub fn show_room(&mut self, room: &str) {
        self.scroll_target = None;
        self.chat.move_window(&self.client, room, ScrollTo::Latest);
        self.chat.place_unread_divider(&self.client, room);
    }
}

fn look_up(room: &Room, seq: u64) -> Lookup {
    let items = room.lines();
    let index = index_of_seq(items, seq);
    if items.get(index).is_some_and(|line| line.seq == Some(seq)) {
        Lookup::Loaded
    } else if index > 0 {
        // What comes after a message is here, and it is not.
        Lookup::Unavailable(Words::no_such_message)
    } else if room.has_older() && items.len() < MAX_SEARCHED_ITEMS {
        Lookup::NotLoaded
    } else if room.has_older() {
        Lookup::Unavailable(Words::message_too_far)
    } else if room.is_trimmed() {
        Lookup::Unavailable(Words::message_not_kept)
    } else {
        Lookup::Unavailable(Words::no_such_message)
    }
}
