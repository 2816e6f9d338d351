use std::{
    collections::{BTreeMap, BTreeSet},
    future::pending,
    net::SocketAddr,
    time::Duration,
};

use client::{Client, ConnectionStatus, Context, DeliveryStatus, Effect, Input, PendingCommand};
use protocol::Command;
use rand::{Rng, rngs::StdRng};
use testkit::Received;
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
    time::{sleep, sleep_until},
};

use super::{Credentials, Journal, Screen, Timed, connection::SocketTask, recorder::Recorder};
use crate::run_config::RunClock;

/// Received frames that are not handled yet. While the channel is full, sockets are not read.
const RECEIVED: usize = 64;

/// The start of every text of a run, by which the Redis proxy recognises it.
pub const TEXT_PREFIX: &str = "chaos ";

/// What a scenario asks of one client.
#[derive(Clone, Copy, Debug)]
pub enum Instruction {
    /// Do nothing for so long, not even read.
    Freeze(Duration),
    /// Disappear for good, without a close frame. For a client whose instance was killed: another instance would hear its
    /// close frame.
    Vanish,
    /// Close the page and return the journal.
    Leave,
}

/// A client's state, for scenarios that wait for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClientState {
    pub live: bool,
    /// The `seq` of the last displayed event.
    pub last_seq: u64,
    /// The number of pending messages.
    pub pending: usize,
    /// The number of messages that were acknowledged so far.
    pub acknowledged: usize,
    /// The displayed number of members.
    pub members: u64,
}

/// One client with its screen.
pub struct SimulatedClient {
    client: Client,
    config: ClientConfig,
    /// The text that is appended to each message.
    padding: String,
    sockets: BTreeMap<u32, SocketTask>,
    received: mpsc::Sender<(u32, Received)>,
    recorder: Recorder,
    state: watch::Sender<ClientState>,
    /// Ids of messages that are known to be in the history.
    settled: BTreeSet<String>,
}

/// A client that runs.
pub struct ClientHandle {
    pub room: String,
    pub instructions: mpsc::Sender<Instruction>,
    pub state: watch::Receiver<ClientState>,
    pub task: JoinHandle<Journal>,
}

/// The parameters of one client.
pub struct ClientConfig {
    pub credentials: Credentials,
    pub room: String,
    pub address: SocketAddr,
    pub clock: RunClock,
    pub rng: StdRng,
    /// The mean time between two messages; `None` for a client that only reads.
    pub send_interval: Option<Duration>,
    /// Bytes that are appended to each text.
    pub padding: usize,
}

impl SimulatedClient {
    /// Opens the page and stays until it is told to leave. Sends while `sending` is true.
    pub fn start(config: ClientConfig, sending: watch::Receiver<bool>) -> ClientHandle {
        let (received_tx, received) = mpsc::channel(RECEIVED);
        let (instructions, receiver) = mpsc::channel(4);
        let (state, observed) = watch::channel(ClientState::default());
        let (me, room) = (&config.credentials.me, config.room.clone());
        let client = Self {
            client: Client::new(me.clone(), Vec::new()),
            recorder: Recorder::new(&me.id, &room),
            padding: " and so on".chars().cycle().take(config.padding).collect(),
            config,
            sockets: BTreeMap::new(),
            received: received_tx,
            state,
            settled: BTreeSet::new(),
        };
        ClientHandle {
            room,
            instructions,
            state: observed,
            task: tokio::spawn(client.run(received, receiver, sending)),
        }
    }

    async fn run(
        mut self,
        mut received: mpsc::Receiver<(u32, Received)>,
        mut instructions: mpsc::Receiver<Instruction>,
        mut sending: watch::Receiver<bool>,
    ) -> Journal {
        self.join_room();
        let mut next_send = self.next_send_time();
        loop {
            let sends = *sending.borrow() && next_send.is_some();
            let deadline = self.client.deadline().map(|at| self.config.clock.at(at));
            let send_at = next_send.map(|at| self.config.clock.at(at));
            // All are cancel-safe: channels keep values until they are received, and sleeps are created anew.
            tokio::select! {
                // A client that is told to stop sending does not send a message that is due as well: nothing would wait
                // for it any more.
                biased;
                changed = sending.changed(), if next_send.is_some() => {
                    next_send = changed.ok().and_then(|()| self.next_send_time());
                }
                instruction = instructions.recv() => match instruction {
                    Some(Instruction::Freeze(time)) => sleep(time).await,
                    Some(Instruction::Vanish) => return self.vanish(),
                    Some(Instruction::Leave) | None => return self.leave(),
                },
                Some((socket, received)) = received.recv() => self.handle_received(socket, received),
                () = wait_until(deadline) => self.handle(Input::Timeout),
                () = wait_until(send_at), if sends => {
                    self.send_message();
                    next_send = self.next_send_time();
                }
            }
        }
    }

    fn join_room(&mut self) {
        let context = self.context();
        let effects = self.client.open(&self.config.room, None, context);
        self.run_effects(effects);
        self.handle(Input::Start);
    }

    fn leave(mut self) -> Journal {
        let (screen, now) = (self.screen(), self.config.clock.now());
        self.recorder.record_connection(self.client.connection_status() == ConnectionStatus::Live, now);
        Journal { affinity: self.config.credentials.cookies.affinity(), screen, ..self.recorder.journal }
    }

    fn vanish(mut self) -> Journal {
        self.state.send_replace(ClientState::default());
        self.recorder.journal.vanished = Some(self.config.clock.now());
        self.leave()
    }

    /// Sends the next message. It is recorded before anything can come of it.
    fn send_message(&mut self) {
        let (number, at) = (self.recorder.journal.sent.len(), self.config.clock.now());
        let id = format!("m{number}");
        let text = format!("{TEXT_PREFIX}{number} {}{}", self.recorder.journal.user, self.padding);
        self.recorder.journal.sent.push(Timed { id: id.clone(), at });
        let room = self.config.room.clone();
        self.handle(Input::Command { room: &room, id, command: Command::send(text), key: None });
    }

    fn handle_received(&mut self, socket: u32, received: Received) {
        if !self.sockets.contains_key(&socket) {
            // The client closed this socket and expects nothing more from it.
            return;
        }
        match received {
            Received::Text(text) => {
                self.recorder.begin_frame(&text, self.config.clock.now());
                self.handle(Input::Frame { socket, text: &text });
                self.recorder.end_frame();
            }
            Received::Closed(code) => {
                self.sockets.remove(&socket);
                self.recorder.journal.close_codes.push(code);
                self.handle(Input::Closed { socket, code });
            }
        }
    }

    fn handle(&mut self, input: Input<'_>) {
        let context = self.context();
        let effects = self.client.handle(input, context);
        self.run_effects(effects);
        self.record_screen();
    }

    fn run_effects(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Connect(id) => {
                    let cookies = self.config.credentials.cookies.clone();
                    let socket = SocketTask::connect(id, self.config.address, cookies, self.received.clone());
                    self.sockets.insert(id, socket);
                }
                Effect::Transmit { socket, text } => {
                    if let Some(socket) = self.sockets.get(&socket) {
                        socket.send(text);
                    }
                }
                Effect::Close { socket, code } => {
                    if let Some(socket) = self.sockets.remove(&socket) {
                        socket.close(code);
                    }
                }
                Effect::RemoveCommand { id, .. } => {
                    if self.settled.insert(id.clone()) {
                        let at = self.config.clock.now();
                        self.recorder.journal.acknowledged.push(Timed { id, at });
                    }
                }
                Effect::StoreCommand(PendingCommand { id, failed: Some(_), .. }) if self.settled.contains(&id) => {
                    self.recorder.journal.lost.push(id);
                }
                Effect::StoreCommand(_)
                | Effect::Mentioned { .. }
                | Effect::TimelineChanged { .. }
                | Effect::Changed(_) => {}
            }
        }
    }

    /// Records what changed on the screen, and publishes the state.
    fn record_screen(&mut self) {
        let now = self.config.clock.now();
        let live = self.client.connection_status() == ConnectionStatus::Live;
        self.recorder.record_connection(live, now);
        let Some(room) = self.client.room(&self.config.room) else { return };
        let items = room.timeline();
        let unsent = items.iter().rev().take_while(|item| item.seq.is_none());
        let pending = unsent.filter(|item| item.state == DeliveryStatus::Pending).count();
        self.recorder.record_timeline(items, now);
        self.recorder.record_members(room.people(), room.count(), now);
        let state = ClientState {
            live: live && self.recorder.is_joined(),
            last_seq: self.recorder.last_seq(),
            pending,
            acknowledged: self.settled.len(),
            members: room.count(),
        };
        self.state.send_if_modified(|known| std::mem::replace(known, state) != state);
    }

    fn screen(&self) -> Screen {
        let mut screen = Screen::default();
        let Some(room) = self.client.room(&self.config.room) else { return screen };
        screen.members = room.count();
        for item in room.timeline() {
            match (item.seq, &item.state) {
                (Some(seq), _) => screen.sent.push((seq, item.key.clone())),
                (None, DeliveryStatus::Failed(_)) => screen.failed.push(item.key.clone()),
                (None, _) => screen.pending.push(item.key.clone()),
            }
        }
        screen
    }

    fn next_send_time(&mut self) -> Option<u64> {
        let interval = self.config.send_interval?.mul_f64(self.config.rng.random_range(0.5..1.5));
        Some(self.config.clock.now() + u64::try_from(interval.as_millis()).expect("an interval is short"))
    }

    fn context(&mut self) -> Context {
        Context { now: self.config.clock.now(), random: self.config.rng.random() }
    }
}

async fn wait_until(time: Option<tokio::time::Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => pending().await,
    }
}
