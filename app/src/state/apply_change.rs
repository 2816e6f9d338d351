//! Applies changes of the client to the state.

use std::time::Duration;

use client::{Client, Room, StateChange, TimelineDiff};
use leptos::prelude::*;

use super::{Chat, RoomState, ScrollTo, message_row::set_if_changed};
use crate::text::{Words, describe_presence_change};

/// How long an announcement is shown.
const ANNOUNCEMENT_DURATION: Duration = Duration::from_secs(6);

impl Chat {
    /// Applies a change.
    pub fn apply_change(self, change: &StateChange, client: &Client, now: u64) {
        match change {
            StateChange::Connection => self.connection_status.set(client.connection_status()),
            StateChange::Rooms => {
                self.sort_rooms(client);
                client.rooms().for_each(|room| self.update_room(client, room.name(), RoomState::update_badge));
            }
            StateChange::People(name) => {
                self.update_room(client, name, |state, room| state.update_people(room, &client.me().id, self.words))
            }
            StateChange::Typing(name) => self.update_room(client, name, |state, room| state.update_typing(room, now)),
        }
    }

    /// Applies the diffs of a room's timeline.
    pub fn update_timeline(self, client: &Client, name: &str, diffs: &[TimelineDiff]) {
        self.update_room(client, name, |state, room| state.update_timeline(room, diffs));
        self.sort_rooms(client);
    }

    fn update_room(self, client: &Client, name: &str, update: impl FnOnce(&RoomState, &Room)) {
        let state = self.rooms.with_untracked(|rooms| rooms.iter().find(|room| room.name == name).cloned());
        if let (Some(state), Some(room)) = (state, client.room(name)) {
            update(&state, room);
        }
    }

    /// Moves the window of rendered rows of a room. Returns false if all loaded messages in that direction are
    /// rendered.
    pub fn move_window(self, client: &Client, name: &str, target: ScrollTo) -> bool {
        let mut is_drawn = false;
        self.update_room(client, name, |state, room| is_drawn = state.move_window(room, target));
        is_drawn
    }

    /// Renders a loaded message and scrolls to it.
    pub fn scroll_to_message(self, client: &Client, name: &str, seq: u64) {
        self.update_room(client, name, |state, room| {
            state.move_window(room, ScrollTo::Message(seq));
            state.scroll_target.set(Some(seq));
        });
    }

    /// Places the unread divider before the first unread message.
    pub fn place_unread_divider(self, client: &Client, name: &str) {
        self.update_room(client, name, |state, room| state.unread_divider.set(room.first_unread().map(|seq| seq - 1)));
    }

    /// Shows whether a room is muted.
    pub fn set_muted(self, name: &str, muted: bool) {
        self.rooms.with_untracked(|rooms| {
            let room = rooms.iter().find(|room| room.name == name);
            _ = room.map(|room| set_if_changed(&room.muted, muted));
        });
    }

    /// Sorts the rooms by their latest message.
    fn sort_rooms(self, client: &Client) {
        let known = self.rooms.get_untracked();
        // Keeps the order while the user points at the list or has the focus in it.
        let list = self.room_list.get_untracked();
        let is_in_use = list.is_some_and(|list| list.matches(":is(:hover, :focus-within)").unwrap_or(false));
        let mut rooms: Vec<(u64, RoomState)> = Vec::with_capacity(known.len() + 1);
        for room in client.rooms() {
            let index = known.iter().position(|state| state.name == room.name());
            let state = index.map_or_else(|| RoomState::new(room), |index| known[index].clone());
            let last_at = room.timeline().last().map_or(0, |item| item.at);
            let rank = if is_in_use { index.map_or(u64::MAX, |index| index as u64) } else { u64::MAX - last_at };
            let at = rooms.iter().position(|(other, _)| *other > rank).unwrap_or(rooms.len());
            rooms.insert(at, (rank, state));
        }
        if rooms.iter().map(|(_, room)| &room.name).ne(known.iter().map(|room| &room.name)) {
            self.rooms.set(rooms.into_iter().map(|(_, room)| room).collect());
        }
    }
}

impl RoomState {
    /// Moves the window of rendered rows. Returns false if all loaded messages in that direction are rendered.
    fn move_window(&self, room: &Room, target: ScrollTo) -> bool {
        if target == ScrollTo::Latest {
            set_if_changed(&self.is_at_end, true);
            set_if_changed(&self.new_below, 0);
        }
        let mut is_moved = false;
        self.window.maybe_update(|window| {
            is_moved = window.scroll_to(target, room.timeline());
            is_moved
        });
        if is_moved {
            self.window_moved.set(());
            self.update_history(room);
        }
        is_moved
    }

    fn update_people(&self, room: &Room, me: &str, words: Words) {
        set_if_changed(&self.count, room.count());
        let before = self.people.get_untracked();
        let after = room.people();
        if before == after {
            return;
        }
        self.people.set(after.to_vec());
        let listed_in_full = room.count() == after.len() as u64 && !before.is_empty();
        if listed_in_full && let Some(news) = describe_presence_change(&before, after, me, words) {
            self.announce(news);
        }
    }

    fn update_typing(&self, room: &Room, now: u64) {
        self.typing.set(room.typing(now));
    }

    /// Shows a text in the live region for some seconds.
    pub(super) fn announce(&self, news: String) {
        self.announcement.set(news.clone());
        let shown = self.announcement.clone();
        let clear = move || {
            if shown.get_untracked() == news {
                shown.set(String::new());
            }
        };
        set_timeout(clear, ANNOUNCEMENT_DURATION);
    }
}
