use std::collections::BTreeSet;

use client::{Client, Context, Effect, Input, Room, TimelineDiff, TimelineItem};
use protocol::{ClientFrame, Command, Cursor, Event, Limits, ServerFrame};

use super::history::ServerHistory;
use super::script::{LOBBY, ScriptStep, ana};

/// A client with its sockets and clock, observed through its public interface only.
pub struct ScriptHarness {
    pub client: Client,
    pub history: ServerHistory,
    /// The timeline of the room as the diffs make it.
    rendered: Vec<TimelineItem>,
    now: u64,
    sockets: BTreeSet<u32>,
}

impl ScriptHarness {
    /// A live client with an open room that was not joined yet.
    pub fn new() -> Self {
        let client = Client::new(ana(), vec![]);
        let (history, rendered, sockets) = (ServerHistory::default(), Vec::new(), BTreeSet::new());
        let mut harness = Self { client, history, rendered, now: 0, sockets };
        harness.run(ScriptStep::Open(None));
        harness.handle(Input::Start);
        harness.receive(&welcome(), false);
        harness
    }

    pub fn run(&mut self, step: ScriptStep<'_>) {
        match step {
            ScriptStep::Receive { text, on_last } => self.receive(&text, on_last),
            ScriptStep::Handle(input) => self.handle(input),
            ScriptStep::Edit { target, id } => {
                let items = self.room().map(Room::timeline).unwrap_or_default();
                let key = items.iter().find(|item| item.seq == Some(target)).map(|item| item.key.clone());
                let command = Command::Edit { target: target.into(), text: format!("text of {id}") };
                self.handle(Input::Command { room: LOBBY, id, command, key: Some(&key.unwrap_or_default()) });
            }
            ScriptStep::Close { code, last } => {
                if let Some(socket) = self.socket(last) {
                    self.sockets.remove(&socket);
                    self.handle(Input::Closed { socket, code });
                }
            }
            ScriptStep::Open(snapshot) => {
                self.history.record(snapshot.iter().flat_map(|snapshot| &snapshot.events));
                let effects = self.client.open(LOBBY, snapshot, self.context());
                self.run_effects(effects);
            }
            ScriptStep::Wait(time) => self.wait_until(self.now.saturating_add(time)),
            ScriptStep::Due => self.wait_until(self.client.deadline().unwrap_or(self.now).max(self.now)),
        }
    }

    pub fn room(&self) -> Option<&Room> {
        self.client.room(LOBBY)
    }

    /// The cursor of the client, as a copy of the client sends it after a reconnect.
    pub fn cursor(&self) -> Option<Cursor> {
        let (client, sockets) = (self.client.clone(), self.sockets.clone());
        let rendered = self.rendered.clone();
        let mut copy = Self { client, history: ServerHistory::default(), rendered, now: self.now, sockets };
        while let Some(socket) = copy.sockets.pop_last() {
            copy.handle(Input::Closed { socket, code: 1006 });
        }
        copy.handle(Input::Visible);
        let socket = copy.socket(false).expect("`Input::Visible` opens a socket at once");
        let effects = copy.client.handle(Input::Frame { socket, text: &welcome() }, copy.context());
        effects.iter().find_map(|effect| match effect {
            Effect::Transmit { text, .. } => match ClientFrame::decode(text) {
                Ok(ClientFrame::Join { after, .. }) => after,
                _ => None,
            },
            _ => None,
        })
    }

    fn receive(&mut self, text: &str, on_last: bool) {
        let Some(socket) = self.socket(on_last) else { return };
        match ServerFrame::decode(text) {
            Ok(ServerFrame::Event(event)) => self.history.record([&event]),
            Ok(
                ServerFrame::Joined { events, .. }
                | ServerFrame::Reset { events, .. }
                | ServerFrame::History { events, .. },
            ) => self.history.record(&events),
            _ => {}
        }
        self.handle(Input::Frame { socket, text });
    }

    fn handle(&mut self, input: Input<'_>) {
        let effects = self.client.handle(input, self.context());
        self.run_effects(effects);
    }

    fn wait_until(&mut self, time: u64) {
        self.now = time;
        self.handle(Input::Timeout);
    }

    fn run_effects(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Connect(socket) => assert!(self.sockets.insert(socket), "socket number is used twice"),
                Effect::Transmit { socket, text } => {
                    assert!(self.sockets.contains(&socket), "the client sends only on an open socket");
                    assert!(ClientFrame::decode(&text).is_ok(), "the client sends a valid frame: {text}");
                }
                Effect::Close { socket, .. } => assert!(self.sockets.remove(&socket), "the socket was open"),
                Effect::StoreCommand(_)
                | Effect::RemoveCommand { .. }
                | Effect::Mentioned { .. }
                | Effect::Changed(_) => {}
                Effect::TimelineChanged { diffs, .. } => diffs.into_iter().for_each(|diff| self.update_timeline(diff)),
            }
            assert!(self.sockets.len() <= 2, "more than two sockets are open");
        }
        if let Some(room) = self.room() {
            assert_eq!(self.rendered, room.timeline(), "the diffs miss a change");
        }
    }

    fn update_timeline(&mut self, diff: TimelineDiff) {
        match diff {
            TimelineDiff::Splice { index, removed, items } => {
                self.rendered.splice(index..index + removed, items);
            }
            TimelineDiff::Reset => self.rendered = self.room().map(Room::timeline).unwrap_or_default().to_vec(),
        }
    }

    /// The socket that was opened last, or the one before it.
    fn socket(&self, last: bool) -> Option<u32> {
        self.sockets.iter().rev().nth(usize::from(last)).copied()
    }

    fn context(&self) -> Context {
        Context { now: self.now, random: 0.5 }
    }
}

pub fn welcome() -> String {
    let limits = Limits { text: 4_000, frame: 16_384 };
    ServerFrame::<Event>::Welcome { user: ana(), heartbeat_ms: 25_000, limits, version: "0.1.0".into() }.encode()
}
