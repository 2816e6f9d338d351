//! Resolves a link to a message: loads older messages until the message is there, then scrolls to it.

use client::{Input, Room};
use leptos::prelude::*;

use super::driver::Driver;
use crate::{
    browser::restore_focus,
    state::{ScrollTo, index_of_seq},
    text::Words,
};

/// Once a room has this many messages, the search stops. The client drops the oldest when the next message arrives.
const MAX_SEARCHED_ITEMS: usize = 10_000;

/// Result of looking for a message.
enum Lookup {
    Loaded,
    /// It may be among older messages that can be loaded.
    NotLoaded,
    /// It cannot be shown, for the reason that the text gives.
    Unavailable(fn(Words) -> &'static str),
}

impl Driver {
    /// Moves the window of rendered rows of the current room. Loads older messages if all loaded ones are rendered.
    pub fn move_window(&mut self, target: ScrollTo) {
        let room = self.chat.current_room.get_untracked();
        let has_focus = document().query_selector("#messages :focus").ok().flatten().is_some();
        if !self.chat.move_window(&self.client, &room, target) && target == ScrollTo::Older {
            self.feed(Input::LoadOlder { room: &room });
        }
        if has_focus {
            // The focused row may have left the window.
            restore_focus(".scroller");
        }
        self.run_effects();
    }

    /// Scrolls to a message of the current room as soon as it is loaded.
    pub fn set_scroll_target(&mut self, seq: u64) {
        self.scroll_target = Some(seq);
        self.resolve_scroll_target();
        self.run_effects();
    }

    /// Gives up on a message that is not loaded yet, because the user does something else.
    pub fn clear_scroll_target(&mut self) {
        self.scroll_target = None;
    }

    /// Scrolls to the target if it is loaded, or asks for older messages.
    pub(super) fn resolve_scroll_target(&mut self) {
        let Some(seq) = self.scroll_target else { return };
        let name = self.chat.current_room.get_untracked();
        let Some(room) = self.client.room(&name).filter(|room| room.history_state().is_loaded) else { return };
        match look_up(room, seq) {
            Lookup::NotLoaded => {
                self.chat.toast(self.chat.words.loading_older());
                return self.feed(Input::LoadOlder { room: &name });
            }
            Lookup::Loaded => self.chat.scroll_to_message(&self.client, &name, seq),
            Lookup::Unavailable(reason) => self.chat.toast(reason(self.chat.words)),
        }
        self.scroll_target = None;
    }

    /// Prepares a room for the screen: at its end, with the unread divider.
    pub fn show_room(&mut self, room: &str) {
        self.scroll_target = None;
        self.chat.move_window(&self.client, room, ScrollTo::Latest);
        self.chat.place_unread_divider(&self.client, room);
    }
}

fn look_up(room: &Room, seq: u64) -> Lookup {
    let (items, history) = (room.timeline(), room.history_state());
    let index = index_of_seq(items, seq);
    if items.get(index).is_some_and(|item| item.seq == Some(seq)) {
        Lookup::Loaded
    } else if index > 0 {
        // Messages before and after this seq are loaded, so there is none with it.
        Lookup::Unavailable(Words::no_such_message)
    } else if history.has_older && items.len() < MAX_SEARCHED_ITEMS {
        Lookup::NotLoaded
    } else if history.has_older {
        Lookup::Unavailable(Words::message_too_far)
    } else if history.is_trimmed {
        Lookup::Unavailable(Words::message_not_kept)
    } else {
        Lookup::Unavailable(Words::no_such_message)
    }
}
