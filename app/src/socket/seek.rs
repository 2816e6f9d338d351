//! Leads the reader to a message, also if it has to be loaded first.

use client::{Input, Room};
use leptos::prelude::*;

use super::driver::Driver;
use crate::{
    browser::rest_focus,
    components::scroll::show_found,
    state::{Look, place_of},
    text::Words,
};

/// Of so many messages and more, the older part is let go when the next one comes.
const FARTHEST: usize = 10_000;

/// What there is of a message.
enum Finding {
    Here,
    Older,
    Nothing(fn(Words) -> &'static str),
}

impl Driver {
    /// Draws another stretch of the room on the screen, and loads older messages where all are drawn.
    pub fn look(&mut self, look: Look) {
        let room = self.chat.current.get_untracked();
        let has_focus = document().query_selector("#messages :focus").ok().flatten().is_some();
        if !self.chat.look(&self.client, &room, look) && look == Look::Back {
            self.handle(Input::Older { room: &room });
        }
        if has_focus {
            // What has it may not be drawn any more.
            rest_focus(".scroller");
        }
    }

    /// Goes on to a message of the room on the screen as soon as it is loaded.
    pub fn seek_for(&mut self, seq: u64) {
        self.sought = Some(seq);
        self.seek();
    }

    /// The reader has gone on to something else.
    pub fn give_up_seeking(&mut self) {
        self.sought = None;
    }

    /// Looks whether it is.
    pub(super) fn seek(&mut self) {
        let Some(seq) = self.sought else { return };
        let name = self.chat.current.get_untracked();
        let Some(finding) = self.client.room(&name).filter(|room| room.is_loaded()).map(|room| find(room, seq)) else {
            return;
        };
        match finding {
            Finding::Older => {
                self.chat.tell(self.chat.words.loading_older());
                return self.handle(Input::Older { room: &name });
            }
            Finding::Here => {
                self.look(Look::At(seq));
                show_found(seq);
            }
            Finding::Nothing(why) => self.chat.tell(why(self.chat.words)),
        }
        self.sought = None;
    }

    /// Another room comes to the screen: at its end, with a line where the reader stopped.
    pub fn enter(&mut self, room: &str) {
        self.sought = None;
        self.chat.look(&self.client, room, Look::Latest);
        self.chat.note_stop(&self.client, room);
    }
}

fn find(room: &Room, seq: u64) -> Finding {
    let lines = room.lines();
    let place = place_of(lines, seq);
    if lines.get(place).is_some_and(|line| line.seq == Some(seq)) {
        Finding::Here
    } else if place > 0 {
        // What comes after a message is here, and it is not.
        Finding::Nothing(Words::no_such_message)
    } else if room.has_older() && lines.len() < FARTHEST {
        Finding::Older
    } else if room.has_older() {
        Finding::Nothing(Words::message_too_far)
    } else if room.is_trimmed() {
        Finding::Nothing(Words::message_not_kept)
    } else {
        Finding::Nothing(Words::no_such_message)
    }
}
