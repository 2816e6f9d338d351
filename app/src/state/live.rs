//! How a change of the client reaches the page.

use std::time::Duration;

use client::{Change, Client, Room};
use leptos::prelude::*;

use super::{Chat, Look, RoomView, line::set_if_changed};
use crate::text::{Words, news};

/// For how long it is said who came or went.
const NEWS: Duration = Duration::from_secs(6);

impl Chat {
    /// Draws what has changed.
    pub fn show(self, change: &Change, client: &Client, now: u64) {
        match change {
            Change::Connection => self.link.set(client.link()),
            Change::Rooms => {
                self.order_rooms(client);
                client.rooms().for_each(|room| self.show_room(client, room.name(), RoomView::show_marks));
            }
            Change::Timeline(name) => {
                self.show_room(client, name, RoomView::show_timeline);
                self.order_rooms(client);
            }
            Change::People(name) => {
                self.show_room(client, name, |view, room| view.show_people(room, &client.me().id, self.words))
            }
            Change::Typing(name) => self.show_room(client, name, |view, room| view.show_typing(room, now)),
        }
    }

    fn show_room(self, client: &Client, name: &str, show: impl FnOnce(&RoomView, &Room)) {
        let view = self.rooms.with_untracked(|rooms| rooms.iter().find(|room| room.name == name).cloned());
        if let (Some(view), Some(room)) = (view, client.room(name)) {
            show(&view, room);
        }
    }

    /// Draws another stretch of a room. False where nothing is loaded that is not drawn.
    pub fn look(self, client: &Client, name: &str, look: Look) -> bool {
        let mut is_drawn = false;
        self.show_room(client, name, |view, room| is_drawn = view.look(room, look));
        is_drawn
    }

    /// Notes where the reader begins to read a room again.
    pub fn note_stop(self, client: &Client, name: &str) {
        self.show_room(client, name, |view, room| view.stopped_at.set(room.first_unread().map(|seq| seq - 1)));
    }

    /// Shows whether a room is muted.
    pub fn show_muted(self, name: &str, muted: bool) {
        self.rooms.with_untracked(|rooms| {
            let room = rooms.iter().find(|room| room.name == name);
            _ = room.map(|room| set_if_changed(&room.muted, muted));
        });
    }

    /// Shows which rooms there are, the one first in which something was said last.
    fn order_rooms(self, client: &Client) {
        let known = self.rooms.get_untracked();
        // Nothing moves away from under a pointer, or from where a keyboard is.
        let stays = document().query_selector(".room-list:is(:hover, :focus-within)").is_ok_and(|list| list.is_some());
        let mut rooms: Vec<(u64, RoomView)> = Vec::with_capacity(known.len() + 1);
        for room in client.rooms() {
            let place = known.iter().position(|view| view.name == room.name());
            let view = place.map_or_else(|| RoomView::new(room), |place| known[place].clone());
            let said_at = room.lines().last().map_or(0, |line| line.at);
            let rank = if stays { place.map_or(u64::MAX, |place| place as u64) } else { u64::MAX - said_at };
            let index = rooms.iter().position(|(other, _)| *other > rank).unwrap_or(rooms.len());
            rooms.insert(index, (rank, view));
        }
        if rooms.iter().map(|(_, room)| &room.name).ne(known.iter().map(|room| &room.name)) {
            self.rooms.set(rooms.into_iter().map(|(_, room)| room).collect());
        }
    }
}

impl RoomView {
    /// Draws another stretch of the room. False where nothing is loaded that is not drawn.
    fn look(&self, room: &Room, look: Look) -> bool {
        if look == Look::Latest {
            set_if_changed(&self.is_at_end, true);
            set_if_changed(&self.below, 0);
        }
        let window = self.window.get_untracked().moved(look, room.lines());
        if let Some(window) = window {
            self.looked.set(());
            self.show_lines(room, window);
        }
        window.is_some()
    }

    fn show_people(&self, room: &Room, me: &str, words: Words) {
        set_if_changed(&self.count, room.count());
        let before = self.people.get_untracked();
        let after = room.people();
        if before == after {
            return;
        }
        self.people.set(after.to_vec());
        let listed_in_full = room.count() == after.len() as u64 && !before.is_empty();
        if listed_in_full && let Some(news) = news(&before, after, me, words) {
            self.announce(news);
        }
    }

    fn show_typing(&self, room: &Room, now: u64) {
        self.typing.set(room.typing(now));
    }

    /// Says it for some seconds.
    pub(super) fn announce(&self, news: String) {
        self.news.set(news.clone());
        let shown = self.news.clone();
        let quiet = move || {
            if shown.get_untracked() == news {
                shown.set(String::new());
            }
        };
        set_timeout(quiet, NEWS);
    }
}
