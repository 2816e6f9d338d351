use std::{cell::Cell, time::Duration};

use client::{Change, Client, ConnectionStatus, Context, Effect, Input, Snapshot};
use leptos::{prelude::*, task::spawn_local};
use web_sys::js_sys::{Date, Math};

use super::{socket::Socket, storage::Storage, with_driver};
use crate::{lazy::notify_of_mention, state::Chat};

/// Longest wait of a timer, in milliseconds: browsers count them in 32 bits.
const MAX_TIMEOUT: u64 = i32::MAX as u64;

/// Runs the client: gives it its inputs and does what it answers.
pub struct Driver {
    pub(super) client: Client,
    pub(super) chat: Chat,
    pub storage: Storage,
    /// One, or two while they change. A map would be paid for in what browsers load.
    sockets: Vec<Socket>,
    timer: Option<(u64, TimeoutHandle)>,
    /// The number of the message that the reader is to be led to.
    pub(super) scroll_target: Option<u64>,
    /// Of the page, for what is drawn later.
    owner: Owner,
}

impl Driver {
    pub fn new(client: Client, chat: Chat, storage: Storage) -> Self {
        let owner = Owner::current().unwrap_or_default();
        Self { client, chat, storage, sockets: Vec::new(), timer: None, scroll_target: None, owner }
    }

    /// Opens a room, or tries again to enter one that refused.
    pub fn open(&mut self, room: &str, snapshot: Option<Snapshot>) {
        let effects = self.client.open(room, snapshot, context());
        self.storage.store_room(room);
        self.run_effects(effects);
        self.chat.set_muted(room, self.storage.is_muted(room));
    }

    /// Mutes a room, or lets it be heard again.
    pub fn toggle_muted(&mut self, room: &str) {
        let muted = !self.storage.is_muted(room);
        self.storage.store_muted(room, muted);
        self.chat.set_muted(room, muted);
    }

    pub fn leave(&mut self, room: &str) {
        self.handle(Input::Leave { room });
        self.storage.remove_room(room);
    }

    pub fn handle(&mut self, input: Input<'_>) {
        self.chat.update_today(now());
        let effects = self.client.handle(input, context());
        self.run_effects(effects);
    }

    /// A socket is closed or failed.
    pub fn handle_close(&mut self, socket: u32, code: u16) {
        self.remove_socket(socket);
        self.handle(Input::Closed { socket, code });
    }

    /// Draws everything: what was rendered does not show what was kept in this browser.
    pub fn apply_all(&mut self) {
        let rooms: Vec<_> = self.client.rooms().map(|room| room.name().to_owned()).collect();
        self.apply_change(&Change::Rooms);
        rooms.into_iter().for_each(|room| self.apply_change(&Change::Timeline(room)));
    }

    /// Lets the page go: it may be frozen, and a frozen page answers nobody.
    pub fn suspend(&mut self) {
        while let Some(socket) = self.sockets.pop() {
            let id = socket.id;
            socket.close(1_000);
            self.handle_close(id, 1_000);
        }
    }

    /// The reader comes back to the room on the screen.
    pub fn mark_current_room_read(&mut self) {
        self.mark_read(1);
    }

    /// Tells the client that the room on the screen is being read. A line stays where so many messages begin that came
    /// together: the reader was away.
    fn mark_read(&mut self, min_unread: u64) {
        let room = self.chat.current_room.get_untracked();
        let is_seen = || {
            // Who is further up has not seen what has come since.
            !document().hidden() && self.chat.room_untracked().is_some_and(|room| room.is_at_end.get_untracked())
        };
        let Some(known) = self.client.room(&room).filter(|room| !room.is_read() && is_seen()) else { return };
        if known.unread() >= min_unread {
            self.chat.place_unread_divider(&self.client, &room);
        }
        self.handle(Input::Read { room: &room });
    }

    fn run_effects(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Connect(socket) => self.sockets.push(Socket::open(socket)),
                Effect::Transmit { socket, text } => self.transmit(socket, text),
                Effect::Close { socket, code } => _ = self.remove_socket(socket).map(|socket| socket.close(code)),
                Effect::Keep(unsent) => self.storage.store_command(&unsent),
                Effect::Forget { room, id } => self.storage.remove_command(&room, &id),
                Effect::Mentioned { room, author, text } => self.notify_mention(room, author, text),
                Effect::Changed(change) => self.apply_change(&change),
            }
        }
        self.schedule_deadline();
    }

    /// Who does not see it is told.
    fn notify_mention(&self, room: String, author: String, text: String) {
        let is_here = self.chat.current_room.with_untracked(|current| *current == room);
        if !is_here || document().hidden() {
            // Nobody is told of a mention that the badge shows anyway, where the part cannot be loaded.
            let notified = notify_of_mention(self.owner.clone(), self.chat, room, author, text);
            spawn_local(async move { _ = notified.await });
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

    fn apply_change(&mut self, change: &Change) {
        self.chat.apply_change(change, &self.client, now());
        if matches!(change, Change::Rooms | Change::Timeline(_)) {
            self.mark_read(2);
            self.resolve_scroll_target();
        }
    }

    /// Keeps one timer, for the client's next deadline.
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
                driver.handle(Input::Due);
            });
        };
        let wait = at.saturating_sub(now()).min(MAX_TIMEOUT);
        self.timer = set_timeout_with_handle(on_due, Duration::from_millis(wait)).ok().map(|timer| (at, timer));
    }

    /// The open room next to this one.
    pub fn other_room(&self, room: &str) -> Option<String> {
        self.client.rooms().map(client::Room::name).find(|name| *name != room).map(str::to_owned)
    }

    /// Whether the connection is given up.
    pub fn is_stopped(&self) -> bool {
        matches!(self.client.link(), ConnectionStatus::Stopped(_))
    }
}

fn context() -> Context {
    Context { now: now(), random: Math::random() }
}

/// Milliseconds since 1970, but never less than before: the clock of a device is set back at times, and what waits would
/// wait for as long. A clock that cannot be set stands still while the device sleeps.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "milliseconds since 1970")]
fn now() -> u64 {
    thread_local! {
        static LATEST: Cell<(u64, u64)> = const { Cell::new((0, 0)) };
    }
    let (latest, ahead) = LATEST.get();
    let clock = Date::now() as u64;
    let now = (clock + ahead).max(latest);
    LATEST.set((now, now - clock));
    now
}
