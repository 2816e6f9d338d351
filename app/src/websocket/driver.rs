use std::{collections::VecDeque, time::Duration};

use client::{Client, ConnectionStatus, Effect, Input, Snapshot, StateChange};
use leptos::prelude::*;

use super::{
    clock::{context, now},
    socket::Socket,
    storage::Storage,
    with_driver,
};
use crate::state::{Chat, Mention};

/// Longest timeout of browsers, in milliseconds. They count it in 32 bits.
const MAX_TIMEOUT: u64 = i32::MAX as u64;

/// Close code for a page that goes away.
const NORMAL_CLOSURE: u16 = 1_000;

/// Runs the client: feeds it inputs and carries out its effects.
///
/// Effects run from a queue. An effect that leads to another input queues that input's effects behind the pending ones,
/// so that the page applies changes in the order in which the client made them.
pub struct Driver {
    pub(super) client: Client,
    pub(super) chat: Chat,
    pub storage: Storage,
    effects: VecDeque<Effect>,
    /// One socket, or two during a rotation. A map would add to the Wasm.
    sockets: Vec<Socket>,
    timer: Option<(u64, TimeoutHandle)>,
    /// Seq of the message to scroll to once it is loaded.
    pub(super) scroll_target: Option<u64>,
}

impl Driver {
    pub fn new(client: Client, chat: Chat, storage: Storage) -> Self {
        Self { client, chat, storage, effects: VecDeque::new(), sockets: Vec::new(), timer: None, scroll_target: None }
    }

    /// Opens a room, or joins again a room that refused.
    pub fn open(&mut self, room: &str, snapshot: Option<Snapshot>) {
        let effects = self.client.open(room, snapshot, context());
        self.effects.extend(effects);
        self.storage.store_room(room);
        self.run_effects();
        self.chat.set_muted(room, self.storage.is_muted(room));
    }

    pub fn toggle_muted(&mut self, room: &str) {
        let muted = !self.storage.is_muted(room);
        self.storage.store_muted(room, muted);
        self.chat.set_muted(room, muted);
    }

    pub fn leave(&mut self, room: &str) {
        self.handle(Input::Leave { room });
        self.storage.remove_room(room);
    }

    /// Feeds the client an input and carries out the effects.
    pub fn handle(&mut self, input: Input<'_>) {
        self.chat.update_today(now());
        self.feed(input);
        self.run_effects();
    }

    /// Handles a socket that closed or failed.
    pub fn handle_close(&mut self, socket: u32, code: u16) {
        self.remove_socket(socket);
        self.handle(Input::Closed { socket, code });
    }

    /// Closes the sockets before the browser freezes the page, which could not answer heartbeats.
    pub fn suspend(&mut self) {
        while let Some(socket) = self.sockets.pop() {
            let id = socket.id;
            socket.close(NORMAL_CLOSURE);
            self.handle_close(id, NORMAL_CLOSURE);
        }
    }

    /// Marks the current room as read if the user sees its latest message.
    pub fn mark_current_room_read(&mut self) {
        self.mark_read(1);
        self.run_effects();
    }

    /// Queues an input and its effects without running them.
    pub(super) fn feed(&mut self, input: Input<'_>) {
        let effects = self.client.handle(input, context());
        self.effects.extend(effects);
    }

    /// Marks the current room as read if the user sees its latest message. Places the unread divider if at least
    /// `min_unread` messages were unread: so many at once mean that the user was away.
    fn mark_read(&mut self, min_unread: u64) {
        let name = self.chat.current_room.get_untracked();
        let is_seen = || {
            // Further up the user does not see the latest message.
            !document().hidden() && self.chat.room_untracked().is_some_and(|room| room.is_at_end.get_untracked())
        };
        let Some(room) = self.client.room(&name).filter(|room| !room.is_read() && is_seen()) else { return };
        if room.unread() >= min_unread {
            self.chat.place_unread_divider(&self.client, &name);
        }
        self.feed(Input::Read { room: &name });
    }

    pub(super) fn run_effects(&mut self) {
        // Scrolling reads the client's timeline, so it waits until the rows show all of its changes.
        while !self.effects.is_empty() {
            let mut is_timeline_changed = false;
            while let Some(effect) = self.effects.pop_front() {
                is_timeline_changed |=
                    matches!(effect, Effect::TimelineChanged { .. } | Effect::Changed(StateChange::Rooms));
                self.run_effect(effect);
            }
            if is_timeline_changed {
                self.mark_read(2);
                self.resolve_scroll_target();
            }
        }
        self.schedule_deadline();
    }

    fn run_effect(&mut self, effect: Effect) {
        match effect {
            Effect::Connect(socket) => self.sockets.push(Socket::open(socket)),
            Effect::Transmit { socket, text } => self.transmit(socket, text),
            Effect::Close { socket, code } => _ = self.remove_socket(socket).map(|socket| socket.close(code)),
            Effect::StoreCommand(command) => self.storage.store_command(&command),
            Effect::RemoveCommand { room, id } => self.storage.remove_command(&room, &id),
            Effect::Mentioned { room, author, text } => self.report_mention(Mention { room, author, text }),
            Effect::TimelineChanged { room, diffs } => self.chat.update_timeline(&self.client, &room, &diffs),
            Effect::Changed(change) => self.chat.apply_change(&change, &self.client, now()),
        }
    }

    /// Reports a mention unless the user sees it.
    fn report_mention(&self, mention: Mention) {
        let is_here = self.chat.current_room.with_untracked(|current| *current == mention.room);
        if !is_here || document().hidden() {
            self.chat.mentions.update(|mentions| mentions.push(mention));
        }
    }

    fn transmit(&self, id: u32, text: String) {
        if let Some(socket) = self.sockets.iter().find(|socket| socket.id == id) {
            socket.transmit(text);
        }
    }

    fn remove_socket(&mut self, id: u32) -> Option<Socket> {
        let index = self.sockets.iter().position(|socket| socket.id == id)?;
        Some(self.sockets.swap_remove(index))
    }

    /// Sets the only timer to the client's next deadline.
    fn schedule_deadline(&mut self) {
        let deadline = self.client.deadline();
        if self.timer.as_ref().map(|(at, _)| *at) == deadline {
            return;
        }
        if let Some((_, timer)) = self.timer.take() {
            timer.clear();
        }
        let Some(at) = deadline else { return };
        let on_due = || {
            with_driver(|driver| {
                driver.timer = None;
                driver.handle(Input::Timeout);
            });
        };
        let wait = at.saturating_sub(now()).min(MAX_TIMEOUT);
        self.timer = set_timeout_with_handle(on_due, Duration::from_millis(wait)).ok().map(|timer| (at, timer));
    }

    /// Returns an open room other than `room`.
    pub fn other_room(&self, room: &str) -> Option<String> {
        self.client.rooms().map(client::Room::name).find(|name| *name != room).map(str::to_owned)
    }

    /// Whether the client has given up on the connection.
    pub fn is_stopped(&self) -> bool {
        matches!(self.client.connection_status(), ConnectionStatus::Stopped(_))
    }
}
