//! How a change of the client reaches the page.

use std::time::Duration;

use client::{Change, Client, Room};
use leptos::prelude::*;
use protocol::User;

use super::{Chat, RoomView, line::set_if_changed};
use crate::text::listed;

/// For how long it is said who came or went.
const NEWS: Duration = Duration::from_secs(6);

impl Chat {
    /// Draws what has changed.
    pub fn show(self, change: &Change, client: &Client, now: u64) {
        match change {
            Change::Link => self.link.set(client.link()),
            Change::Rooms => self.show_rooms(client),
            Change::Timeline(name) => {
                self.show_room(client, name, RoomView::show_timeline);
                self.show_rooms(client);
            }
            Change::People(name) => self.show_room(client, name, |view, room| view.show_people(room, &client.me().id)),
            Change::Typing(name) => self.show_room(client, name, |view, room| view.show_typing(room, now)),
        }
    }

    fn show_room(self, client: &Client, name: &str, show: impl FnOnce(&RoomView, &Room)) {
        let view = self.rooms.with_untracked(|rooms| rooms.iter().find(|room| room.name == name).cloned());
        if let (Some(view), Some(room)) = (view, client.room(name)) {
            show(&view, room);
        }
    }

    /// Shows whether a room is muted.
    pub fn show_muted(self, name: &str, muted: bool) {
        self.rooms.with_untracked(|rooms| {
            let room = rooms.iter().find(|room| room.name == name);
            _ = room.map(|room| set_if_changed(&room.muted, muted));
        });
    }

    fn show_rooms(self, client: &Client) {
        let known = self.rooms.get_untracked();
        // Nothing moves away from under a pointer, or from where a keyboard is.
        let stays = document().query_selector(".room-list:is(:hover, :focus-within)").is_ok_and(|list| list.is_some());
        let mut rooms: Vec<(u64, RoomView)> = Vec::with_capacity(known.len() + 1);
        for room in client.rooms() {
            let place = known.iter().position(|view| view.name == room.name());
            let view = place.map_or_else(|| RoomView::new(room), |place| known[place].clone());
            view.show_marks(room);
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
    fn show_people(&self, room: &Room, me: &str) {
        set_if_changed(&self.count, room.count());
        let before = self.people.get_untracked();
        let after = room.people();
        if before == after {
            return;
        }
        self.people.set(after.to_vec());
        let listed_in_full = room.count() == after.len() as u64 && !before.is_empty();
        if listed_in_full && let Some(news) = news(&before, after, me) {
            self.announce(news);
        }
    }

    fn show_typing(&self, room: &Room, now: u64) {
        self.typing.set(room.typing(now));
    }

    /// Says it for some seconds.
    fn announce(&self, news: String) {
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

/// Who else came and went, in words.
fn news(before: &[User], after: &[User], me: &str) -> Option<String> {
    let missing = |from: &[User], here: &[User]| -> Vec<String> {
        let is_new = |user: &&User| user.id != me && from.iter().all(|other| other.id != user.id);
        here.iter().filter(is_new).map(|user| user.name.clone()).collect()
    };
    let parts: Vec<_> = [(missing(before, after), "joined"), (missing(after, before), "left")]
        .into_iter()
        .filter(|(names, _)| !names.is_empty())
        .map(|(names, what)| format!("{} {what}", listed(&names)))
        .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_who_else_came_and_went() {
        let people = |names: &[&str]| -> Vec<User> {
            names.iter().map(|name| User { id: format!("u_{name}"), name: (*name).to_owned() }).collect()
        };
        for (before, after, words) in [
            (&["Ana"][..], &["Ana", "Rui"][..], Some("Rui joined")),
            (&["Ana", "Rui"], &["Ana"], Some("Rui left")),
            (&["Ana", "Rui"], &["Ana", "Bea", "Zoe"], Some("Bea and Zoe joined, Rui left")),
            (&["Rui"], &["Ana", "Rui"], None),
            (&["Ana", "Rui"], &["Rui", "Ana"], None),
            (&["Ana"], &["Ana", "B", "C", "D", "E"], Some("B, C and 2 others joined")),
        ] {
            assert_eq!(news(&people(before), &people(after), "u_Ana").as_deref(), words, "{before:?} {after:?}");
        }
    }
}
