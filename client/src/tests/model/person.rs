use std::collections::{BTreeMap, BTreeSet, VecDeque};

use protocol::{Command, Event, RefusalCode, ServerFrame, User};

use super::random::Random;
use super::server::{ROOMS, Server};
use crate::tests::harness::welcome;
use crate::{
    Change, Client, ConnectionStatus, Context, Effect, FailureReason, Input, Notice, PendingCommand, Room, TimelineItem,
};

/// A client with its driver: sockets, a persisted outbox, and a screen that renders only what a change names.
pub(super) struct Person {
    pub(super) user: User,
    pub(super) client: Client,
    /// The sockets by their numbers.
    pub(super) wires: BTreeMap<u32, Wire>,
    pub(super) kept: Vec<PendingCommand>,
    /// All messages that the person has sent, in order: room and id.
    pub(super) said: Vec<(String, String)>,
    drawn: BTreeMap<String, Drawn>,
    drawn_link: ConnectionStatus,
    drawn_rooms: Vec<(String, u64)>,
    random: Random,
}

#[derive(Default)]
pub(super) struct Wire {
    pub(super) up: VecDeque<String>,
    pub(super) down: VecDeque<String>,
    pub(super) member_of: BTreeSet<String>,
}

/// The state that [`Change::Timeline`] covers.
#[derive(Clone, Debug, PartialEq)]
struct Drawn {
    lines: Vec<TimelineItem>,
    older: (bool, bool, bool),
    notice: Option<Notice>,
    loaded: bool,
}

impl Drawn {
    fn of(room: &Room) -> Self {
        Self {
            lines: room.lines().to_vec(),
            older: (room.has_older(), room.is_loading_older(), room.is_trimmed()),
            notice: room.notice(),
            loaded: room.is_loaded(),
        }
    }

    fn shows(&self, room: &Room) -> bool {
        self.lines == room.lines()
            && self.older == (room.has_older(), room.is_loading_older(), room.is_trimmed())
            && (self.notice, self.loaded) == (room.notice(), room.is_loaded())
    }
}

impl Person {
    pub(super) fn new(user: User, seed: u64) -> Self {
        Self {
            client: Client::new(user.clone(), vec![]),
            random: Random::new(seed + user.id.len() as u64 + u64::from(user.id.as_bytes()[2])),
            user,
            wires: BTreeMap::new(),
            kept: vec![],
            said: vec![],
            drawn: BTreeMap::new(),
            drawn_link: ConnectionStatus::Starting,
            drawn_rooms: vec![],
        }
    }

    pub(super) fn start(&mut self, now: u64, server: &Server) {
        self.come_back_to_all(now, server);
        self.tell(Input::Start, now);
    }

    pub(super) fn tell(&mut self, input: Input<'_>, now: u64) {
        let moment = self.moment(now);
        let effects = self.client.handle(input, moment);
        self.carry_out(effects);
    }

    pub(super) fn say(&mut self, room: &str, id: String, now: u64) {
        self.said.push((room.to_owned(), id.clone()));
        let command = Command::send(format!("text of {id}"));
        self.tell(Input::Command { room, id, command, key: None }, now);
    }

    /// Gives a command about a message on the screen, if there is one.
    pub(super) fn change(&mut self, room: &str, id: String, now: u64) {
        let lines = self.client.room(room).map(Room::lines).unwrap_or_default();
        let sent: Vec<(u64, bool, String)> = lines
            .iter()
            .filter_map(|line| Some((line.seq?, line.author.id == self.user.id, line.key.clone())))
            .collect();
        if sent.is_empty() {
            return;
        }
        // Prefers the latest messages, so that both people change the same ones.
        let latest = if self.random.percent(80) { 4 } else { usize::MAX };
        let back = self.random.below(sent.len().min(latest));
        let (target, own, ref key) = sent[sent.len() - 1 - back];
        let reference = target.into();
        let command = match self.random.below(6) {
            0 if own => Command::Delete { target: reference },
            1 | 2 if own => Command::Edit { target: reference, text: format!("edited by {id}") },
            3 => {
                self.said.push((room.to_owned(), id.clone()));
                Command::Send { text: format!("answer {id}"), reply_to: Some(reference) }
            }
            _ => {
                let emoji = ["👍", "🎉", "❤️"][self.random.below(3)].to_owned();
                Command::React { target: reference, emoji, on: self.random.percent(70) }
            }
        };
        self.tell(Input::Command { room, id, command, key: Some(key) }, now);
    }

    /// Receives the next frame on one of the sockets.
    pub(super) fn take(&mut self, now: u64) {
        let busy: Vec<u32> = self.wires.iter().filter(|(_, wire)| !wire.down.is_empty()).map(|(n, _)| *n).collect();
        if busy.is_empty() {
            return;
        }
        let socket = busy[self.random.below(busy.len())];
        let text = self.wires.get_mut(&socket).and_then(|wire| wire.down.pop_front()).unwrap();
        self.tell(Input::Text { socket, text: &text }, now);
    }

    /// Receives a request to rotate on each socket.
    pub(super) fn be_rotated(&mut self) {
        for wire in self.wires.values_mut() {
            wire.down.push_back(ServerFrame::<Event>::Rotate { within_ms: 60_000 }.encode());
        }
    }

    /// Loses one of the sockets.
    pub(super) fn cut(&mut self, code: u16, now: u64) {
        let sockets: Vec<u32> = self.wires.keys().copied().collect();
        if !sockets.is_empty() {
            let socket = sockets[self.random.below(sockets.len())];
            self.wires.remove(&socket);
            self.tell(Input::Closed { socket, code }, now);
        }
    }

    pub(super) fn cut_all(&mut self, now: u64) {
        while !self.wires.is_empty() {
            self.cut(1006, now);
        }
    }

    pub(super) fn come_or_go(&mut self, room: &str, now: u64, server: &Server) {
        if self.client.room(room).is_some() {
            self.tell(Input::Leave { room }, now);
        } else {
            self.open(room, now, server);
        }
    }

    pub(super) fn come_back_to_all(&mut self, now: u64, server: &Server) {
        ROOMS.iter().for_each(|room| self.open(room, now, server));
    }

    /// Reloads the page. Only the persisted outbox is left.
    pub(super) fn reload(&mut self, now: u64, server: &Server) {
        self.wires.clear();
        self.client = Client::new(self.user.clone(), self.kept.clone());
        self.drawn.clear();
        self.drawn_link = ConnectionStatus::Starting;
        self.drawn_rooms.clear();
        self.start(now, server);
    }

    pub(super) fn is_idle(&self) -> bool {
        self.wires.values().all(|wire| wire.up.is_empty() && wire.down.is_empty())
    }

    /// Retries all failed commands, except those whose message is gone.
    pub(super) fn retry_all(&mut self, now: u64) {
        for PendingCommand { room, id, failed, .. } in self.kept.clone() {
            if failed == Some(FailureReason::Refused(RefusalCode::Forbidden)) {
                self.said.retain(|said| *said != (room.clone(), id.clone()));
                self.tell(Input::Discard { room: &room, id: &id }, now);
            } else {
                self.tell(Input::Retry { room: &room, id: &id }, now);
            }
        }
    }

    fn open(&mut self, room: &str, now: u64, server: &Server) {
        let snapshot = self.random.percent(50).then(|| server.snapshot(room));
        let moment = self.moment(now);
        let effects = self.client.open(room, snapshot, moment);
        self.carry_out(effects);
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        let mut changes = BTreeSet::new();
        for effect in effects {
            match effect {
                Effect::Connect(socket) => {
                    let down = VecDeque::from([welcome(self.user.clone()).encode()]);
                    assert!(
                        self.wires.insert(socket, Wire { down, ..Wire::default() }).is_none(),
                        "socket number is used twice"
                    );
                    assert!(self.wires.len() <= 2, "more than two sockets are open");
                }
                Effect::Transmit { socket, text } => {
                    self.wires.get_mut(&socket).expect("the client sends only on an open socket").up.push_back(text);
                }
                Effect::Close { socket, .. } => {
                    self.wires.remove(&socket).expect("the client closes only an open socket");
                }
                Effect::Keep(unsent) => {
                    let known = self.kept.iter_mut().find(|kept| kept.room == unsent.room && kept.id == unsent.id);
                    match known {
                        Some(known) => *known = unsent,
                        None => self.kept.push(unsent),
                    }
                }
                Effect::Forget { room, id } => self.kept.retain(|unsent| unsent.room != room || unsent.id != id),
                Effect::Mentioned { .. } => {}
                Effect::Changed(change) => assert!(changes.insert(change), "a change is returned twice"),
            }
        }
        self.draw(&changes);
    }

    /// Renders the named changes, and checks that the screen is correct and that no change was named needlessly.
    fn draw(&mut self, changes: &BTreeSet<Change>) {
        assert_eq!(changes.contains(&Change::Connection), self.client.link() != self.drawn_link);
        self.drawn_link = self.client.link();
        let rooms = self.client.rooms().map(|room| (room.name().to_owned(), room.unread())).collect();
        check_named(changes, &Change::Rooms, self.drawn_rooms == rooms, self.client.rooms().any(was_reset));
        self.drawn_rooms = rooms;
        self.drawn.retain(|room, _| self.client.room(room).is_some());
        for room in self.client.rooms() {
            let same = self.drawn.get(room.name()).is_some_and(|drawn| drawn.shows(room));
            check_named(changes, &Change::Timeline(room.name().to_owned()), same, was_reset(room));
            if !same {
                check_lines(room.lines());
                self.drawn.insert(room.name().to_owned(), Drawn::of(room));
            }
        }
    }

    fn moment(&mut self, now: u64) -> Context {
        Context { now, random: self.random.fraction() }
    }
}

/// Checks that a change is named exactly if the state differs. After a reset, the state may be the same.
fn check_named(changes: &BTreeSet<Change>, change: &Change, same: bool, reset: bool) {
    let named = changes.contains(change);
    assert!(named != same || (named && reset), "{change:?} is named: {named}, looks the same: {same}");
}

fn was_reset(room: &Room) -> bool {
    room.notice() == Some(Notice::Reset)
}

/// Checks that no item is shown twice, that sent items are in order, and that pending ones are at the end.
fn check_lines(lines: &[TimelineItem]) {
    let keys: BTreeSet<&String> = lines.iter().map(|line| &line.key).collect();
    assert_eq!(keys.len(), lines.len(), "an item is shown twice");
    let sent = lines.iter().take_while(|line| line.seq.is_some()).count();
    assert!(lines[sent..].iter().all(|line| line.seq.is_none()));
    assert!(lines[..sent].is_sorted_by(|a, b| a.seq < b.seq));
}
