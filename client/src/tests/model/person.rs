use std::collections::{BTreeMap, BTreeSet, VecDeque};

use protocol::{Command, Event, RefusalCode, ServerFrame, User};

use super::random::Random;
use super::server::{ModelServer, ROOMS};
use crate::tests::harness::welcome;
use crate::{
    Client, ConnectionStatus, Context, Effect, FailureReason, HistoryState, Input, Notice, PendingCommand, Room,
    StateChange, TimelineDiff, TimelineItem,
};

/// A client with its driver: sockets, a persisted outbox, and a screen that renders only what a change names.
pub(super) struct ModelPerson {
    pub(super) user: User,
    pub(super) client: Client,
    /// The sockets by their numbers.
    pub(super) sockets: BTreeMap<u32, ModelSocket>,
    pub(super) stored: Vec<PendingCommand>,
    /// All messages that the person has sent, in order: room and id.
    pub(super) sent: Vec<(String, String)>,
    rendered: BTreeMap<String, RenderedTimeline>,
    rendered_status: ConnectionStatus,
    rendered_rooms: Vec<(String, u64)>,
    random: Random,
}

#[derive(Default)]
pub(super) struct ModelSocket {
    pub(super) outgoing: VecDeque<String>,
    pub(super) incoming: VecDeque<String>,
    pub(super) rooms: BTreeSet<String>,
}

/// A timeline as [`Effect::TimelineChanged`] reports it.
#[derive(Clone, Debug, Default, PartialEq)]
struct RenderedTimeline {
    items: Vec<TimelineItem>,
    history: HistoryState,
}

impl RenderedTimeline {
    fn of(room: &Room) -> Self {
        Self { items: room.timeline().to_vec(), history: room.history_state() }
    }

    fn update(&mut self, diffs: Vec<TimelineDiff>, room: &Room) {
        self.history = room.history_state();
        for diff in diffs {
            match diff {
                TimelineDiff::Splice { index, removed, items } => {
                    self.items.splice(index..index + removed, items);
                }
                TimelineDiff::Reset => self.items = room.timeline().to_vec(),
            }
            check_items(&self.items);
        }
    }
}

impl ModelPerson {
    pub(super) fn new(user: User, seed: u64) -> Self {
        Self {
            client: Client::new(user.clone(), vec![]),
            random: Random::new(seed + user.id.len() as u64 + u64::from(user.id.as_bytes()[2])),
            user,
            sockets: BTreeMap::new(),
            stored: vec![],
            sent: vec![],
            rendered: BTreeMap::new(),
            rendered_status: ConnectionStatus::Starting,
            rendered_rooms: vec![],
        }
    }

    pub(super) fn start(&mut self, now: u64, server: &ModelServer) {
        self.open_all(now, server);
        self.handle(Input::Start, now);
    }

    pub(super) fn handle(&mut self, input: Input<'_>, now: u64) {
        let context = self.context(now);
        let effects = self.client.handle(input, context);
        self.run_effects(effects);
    }

    pub(super) fn send(&mut self, room: &str, id: String, now: u64) {
        self.sent.push((room.to_owned(), id.clone()));
        let command = Command::send(format!("text of {id}"));
        self.handle(Input::Command { room, id, command, key: None }, now);
    }

    /// Gives a command about a message on the screen, if there is one.
    pub(super) fn change(&mut self, room: &str, id: String, now: u64) {
        let items = self.client.room(room).map(Room::timeline).unwrap_or_default();
        let sent: Vec<(u64, bool, String)> = items
            .iter()
            .filter_map(|item| Some((item.seq?, item.author.id == self.user.id, item.key.clone())))
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
                self.sent.push((room.to_owned(), id.clone()));
                Command::Send { text: format!("answer {id}"), reply_to: Some(reference) }
            }
            _ => {
                let emoji = ["👍", "🎉", "❤️"][self.random.below(3)].to_owned();
                Command::React { target: reference, emoji, on: self.random.percent(70) }
            }
        };
        self.handle(Input::Command { room, id, command, key: Some(key) }, now);
    }

    /// Receives the next frame on one of the sockets.
    pub(super) fn receive(&mut self, now: u64) {
        let busy: Vec<u32> =
            self.sockets.iter().filter(|(_, socket)| !socket.incoming.is_empty()).map(|(n, _)| *n).collect();
        if busy.is_empty() {
            return;
        }
        let socket = busy[self.random.below(busy.len())];
        let text = self.sockets.get_mut(&socket).and_then(|socket| socket.incoming.pop_front()).unwrap();
        self.handle(Input::Frame { socket, text: &text }, now);
    }

    /// Receives a request to rotate on each socket.
    pub(super) fn rotate(&mut self) {
        for socket in self.sockets.values_mut() {
            socket.incoming.push_back(ServerFrame::<Event>::Rotate { within_ms: 60_000 }.encode());
        }
    }

    /// Loses one of the sockets.
    pub(super) fn disconnect(&mut self, code: u16, now: u64) {
        let sockets: Vec<u32> = self.sockets.keys().copied().collect();
        if !sockets.is_empty() {
            let socket = sockets[self.random.below(sockets.len())];
            self.sockets.remove(&socket);
            self.handle(Input::Closed { socket, code }, now);
        }
    }

    pub(super) fn disconnect_all(&mut self, now: u64) {
        while !self.sockets.is_empty() {
            self.disconnect(1006, now);
        }
    }

    pub(super) fn toggle_room(&mut self, room: &str, now: u64, server: &ModelServer) {
        if self.client.room(room).is_some() {
            self.handle(Input::Leave { room }, now);
        } else {
            self.open(room, now, server);
        }
    }

    pub(super) fn open_all(&mut self, now: u64, server: &ModelServer) {
        ROOMS.iter().for_each(|room| self.open(room, now, server));
    }

    /// Reloads the page. Only the persisted outbox is left.
    pub(super) fn reload(&mut self, now: u64, server: &ModelServer) {
        self.sockets.clear();
        self.client = Client::new(self.user.clone(), self.stored.clone());
        self.rendered.clear();
        self.rendered_status = ConnectionStatus::Starting;
        self.rendered_rooms.clear();
        self.start(now, server);
    }

    pub(super) fn is_idle(&self) -> bool {
        self.sockets.values().all(|socket| socket.outgoing.is_empty() && socket.incoming.is_empty())
    }

    /// Retries all failed commands, except those whose message is gone.
    pub(super) fn retry_all(&mut self, now: u64) {
        for PendingCommand { room, id, failed, .. } in self.stored.clone() {
            if failed == Some(FailureReason::Refused(RefusalCode::Forbidden)) {
                self.sent.retain(|sent| *sent != (room.clone(), id.clone()));
                self.handle(Input::Discard { room: &room, id: &id }, now);
            } else {
                self.handle(Input::Retry { room: &room, id: &id }, now);
            }
        }
    }

    fn open(&mut self, room: &str, now: u64, server: &ModelServer) {
        let snapshot = self.random.percent(50).then(|| server.snapshot(room));
        let context = self.context(now);
        let effects = self.client.open(room, snapshot, context);
        self.run_effects(effects);
    }

    fn run_effects(&mut self, effects: Vec<Effect>) {
        let (mut changes, mut timelines) = (BTreeSet::new(), BTreeMap::new());
        for effect in effects {
            match effect {
                Effect::Connect(socket) => {
                    let incoming = VecDeque::from([welcome(self.user.clone()).encode()]);
                    assert!(
                        self.sockets.insert(socket, ModelSocket { incoming, ..ModelSocket::default() }).is_none(),
                        "socket number is used twice"
                    );
                    assert!(self.sockets.len() <= 2, "more than two sockets are open");
                }
                Effect::Transmit { socket, text } => {
                    self.sockets
                        .get_mut(&socket)
                        .expect("the client sends only on an open socket")
                        .outgoing
                        .push_back(text);
                }
                Effect::Close { socket, .. } => {
                    self.sockets.remove(&socket).expect("the client closes only an open socket");
                }
                Effect::StoreCommand(command) => {
                    let known =
                        self.stored.iter_mut().find(|stored| stored.room == command.room && stored.id == command.id);
                    match known {
                        Some(known) => *known = command,
                        None => self.stored.push(command),
                    }
                }
                Effect::RemoveCommand { room, id } => {
                    self.stored.retain(|command| command.room != room || command.id != id)
                }
                Effect::Mentioned { .. } => {}
                Effect::TimelineChanged { room, diffs } => {
                    assert!(timelines.insert(room, diffs).is_none(), "a timeline is returned twice");
                }
                Effect::Changed(change) => assert!(changes.insert(change), "a change is returned twice"),
            }
        }
        self.render(&changes, timelines);
    }

    /// Renders the changes, and checks that the screen is correct and that no change was reported needlessly.
    fn render(&mut self, changes: &BTreeSet<StateChange>, mut timelines: BTreeMap<String, Vec<TimelineDiff>>) {
        assert_eq!(changes.contains(&StateChange::Connection), self.client.connection_status() != self.rendered_status);
        self.rendered_status = self.client.connection_status();
        let rooms = self.client.rooms().map(|room| (room.name().to_owned(), room.unread())).collect();
        check_named(changes, &StateChange::Rooms, self.rendered_rooms == rooms, self.client.rooms().any(was_reset));
        self.rendered_rooms = rooms;
        self.rendered.retain(|room, _| self.client.room(room).is_some());
        for room in self.client.rooms() {
            let actual = RenderedTimeline::of(room);
            let rendered = self.rendered.entry(room.name().to_owned()).or_default();
            if let Some(diffs) = timelines.remove(room.name()) {
                assert!(*rendered != actual || diffs == [TimelineDiff::Reset], "a timeline is reported needlessly");
                rendered.update(diffs, room);
            }
            assert_eq!(*rendered, actual);
        }
        assert!(timelines.is_empty(), "a timeline of a room that is not open");
    }

    fn context(&mut self, now: u64) -> Context {
        Context { now, random: self.random.fraction() }
    }
}

/// Checks that a change is named exactly if the state differs. After a reset, the state may be the same.
fn check_named(changes: &BTreeSet<StateChange>, change: &StateChange, same: bool, reset: bool) {
    let named = changes.contains(change);
    assert!(named != same || (named && reset), "{change:?} is named: {named}, looks the same: {same}");
}

fn was_reset(room: &Room) -> bool {
    room.history_state().notice == Some(Notice::Reset)
}

/// Checks that no item is shown twice, that sent items are in order, and that pending ones are at the end.
fn check_items(items: &[TimelineItem]) {
    let keys: BTreeSet<&String> = items.iter().map(|item| &item.key).collect();
    assert_eq!(keys.len(), items.len(), "an item is shown twice");
    let sent = items.iter().take_while(|item| item.seq.is_some()).count();
    assert!(items[sent..].iter().all(|item| item.seq.is_none()));
    assert!(items[..sent].is_sorted_by(|a, b| a.seq < b.seq));
}
