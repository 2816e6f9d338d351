use std::{
    collections::{BTreeMap, BTreeSet},
    future::pending,
    net::SocketAddr,
    time::Duration,
};

use client::{Client, ConnectionStatus, Context, DeliveryStatus, Effect, Input, PendingCommand};
use rand::{Rng, rngs::StdRng};
use tokio::{
    sync::{mpsc, watch},
    time::{sleep, sleep_until},
};

use super::{
    Credentials, Journal, Screen,
    recorder::Recorder,
    socket::{SocketEvent, SocketTask},
};
use crate::clock::Clock;

/// What was heard and not worked on yet. When it is full, the sockets are read no further.
const HEARD: usize = 64;

/// All texts of a run begin with it: by it the wire to Redis finds them.
pub const MARK: &str = "chaos ";

/// What a scenario asks of one person.
#[derive(Clone, Copy, Debug)]
pub enum Instruction {
    /// Do nothing at all, not even read, for so long.
    Freeze(Duration),
    /// Be gone for good, without a word. For one whose instance was killed: to another one it would still say good-bye.
    Vanish,
    /// Close the page, and hand over the journal.
    Leave,
}

/// How a person does, for those who wait for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClientState {
    pub live: bool,
    /// The number of the last line that has one.
    pub shown: u64,
    /// How many messages wait.
    pub pending: usize,
    /// How many were acknowledged so far.
    pub acknowledged: usize,
    /// How many people are said to be here.
    pub here: u64,
}

/// One person at one screen.
pub struct SimulatedClient {
    client: Client,
    pass: Credentials,
    address: SocketAddr,
    clock: Clock,
    rng: StdRng,
    /// The mean time between two things to say; a listener has none.
    send_interval: Option<Duration>,
    /// What is added to each text.
    padding: String,
    sockets: BTreeMap<u32, SocketTask>,
    events_tx: mpsc::Sender<(u32, SocketEvent)>,
    writing: Recorder,
    standing: watch::Sender<ClientState>,
    /// Ids that are known to be in the history.
    settled: BTreeSet<String>,
    said: usize,
}

/// Where a person gets word from.
pub struct ClientInputs {
    events_rx: mpsc::Receiver<(u32, SocketEvent)>,
    pub instructions: mpsc::Receiver<Instruction>,
    /// Whether everybody who talks should be talking.
    pub talking: watch::Receiver<bool>,
}

/// Where a person is put.
pub struct ClientConfig {
    pub room: String,
    pub address: SocketAddr,
    pub clock: Clock,
    pub rng: StdRng,
    pub send_interval: Option<Duration>,
    pub padding: usize,
}

impl SimulatedClient {
    pub fn new(
        pass: Credentials,
        seat: ClientConfig,
        instructions: mpsc::Receiver<Instruction>,
        talking: watch::Receiver<bool>,
    ) -> (Self, ClientInputs, watch::Receiver<ClientState>) {
        let ClientConfig { room, address, clock, rng, send_interval, padding } = seat;
        let (events_tx, events_rx) = mpsc::channel(HEARD);
        let (standing, seen) = watch::channel(ClientState::default());
        let person = Self {
            client: Client::new(pass.me.clone(), Vec::new()),
            writing: Recorder::new(&pass.me.id, &room),
            pass,
            address,
            clock,
            rng,
            send_interval,
            padding: " and so on".chars().cycle().take(padding).collect(),
            sockets: BTreeMap::new(),
            events_tx,
            standing,
            settled: BTreeSet::new(),
            said: 0,
        };
        (person, ClientInputs { events_rx, instructions, talking }, seen)
    }

    /// Opens the page and stays until told to leave.
    pub async fn live(mut self, mut inputs: ClientInputs) -> Journal {
        self.come();
        let mut next_send_time = self.next_send_time();
        loop {
            let talks = *inputs.talking.borrow() && next_send_time.is_some();
            let deadline = self.client.deadline().map(|at| self.clock.at(at));
            let word = next_send_time.map(|at| self.clock.at(at));
            // All are cancel-safe: channels keep what is not taken, and sleeps are made anew.
            tokio::select! {
                // Who is told to fall silent says no last word that is due as well: nobody would wait for it any more.
                biased;
                changed = inputs.talking.changed(), if next_send_time.is_some() => {
                    next_send_time = changed.ok().and_then(|()| self.next_send_time());
                }
                order = inputs.instructions.recv() => match order {
                    Some(Instruction::Freeze(time)) => sleep(time).await,
                    Some(Instruction::Vanish) => return self.vanish(),
                    Some(Instruction::Leave) | None => return self.leave(),
                },
                Some((socket, heard)) = inputs.events_rx.recv() => self.hear(socket, heard),
                () = until(deadline) => self.tell(Input::Due),
                () = until(word), if talks => {
                    self.say();
                    next_send_time = self.next_send_time();
                }
            }
        }
    }

    fn come(&mut self) {
        let moment = self.moment();
        let room = self.writing.room().to_owned();
        let effects = self.client.open(&room, None, moment);
        self.run_effects(effects);
        self.tell(Input::Start);
    }

    fn leave(mut self) -> Journal {
        let screen = self.screen();
        let now = self.clock.now();
        self.writing.link(self.client.link() == ConnectionStatus::Live, now);
        Journal { affinity: self.pass.cookies.affinity(), ..self.writing.close(screen) }
    }

    fn vanish(mut self) -> Journal {
        self.standing.send_replace(ClientState::default());
        self.writing.vanished(self.clock.now());
        self.leave()
    }

    /// Says the next thing. What was said is noted before anything can come of it.
    fn say(&mut self) {
        let id = format!("m{}", self.said);
        let text = format!("{MARK}{} {}{}", self.said, self.writing.who(), self.padding);
        self.said += 1;
        self.writing.said(&id, self.clock.now());
        let room = self.writing.room().to_owned();
        self.tell(Input::Send { room: &room, id, text, reply_to: None });
    }

    fn hear(&mut self, socket: u32, heard: SocketEvent) {
        if !self.sockets.contains_key(&socket) {
            // It was closed by the client, which wants to hear no more of it.
            return;
        }
        match heard {
            SocketEvent::Text(text) => {
                self.writing.heard(&text, self.clock.now());
                self.tell(Input::Text { socket, text: &text });
                self.writing.frame_done();
            }
            SocketEvent::Closed(code) => {
                self.sockets.remove(&socket);
                self.writing.closed(code);
                self.tell(Input::Closed { socket, code });
            }
        }
    }

    fn tell(&mut self, input: Input<'_>) {
        let moment = self.moment();
        let effects = self.client.handle(input, moment);
        self.run_effects(effects);
        self.look();
    }

    fn run_effects(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Connect(number) => {
                    let socket =
                        SocketTask::connect(number, self.address, self.pass.cookies.clone(), self.events_tx.clone());
                    self.sockets.insert(number, socket);
                }
                // One that takes nothing is found dead by the client itself, by its silence.
                Effect::Transmit { socket, text } => {
                    if let Some(socket) = self.sockets.get(&socket) {
                        socket.say(text);
                    }
                }
                Effect::Close { socket, code } => {
                    if let Some(socket) = self.sockets.remove(&socket) {
                        socket.close(code);
                    }
                }
                Effect::Forget { id, .. } => {
                    if self.settled.insert(id.clone()) {
                        self.writing.acknowledged(id, self.clock.now());
                    }
                }
                Effect::Keep(PendingCommand { id, failed: Some(_), .. }) if self.settled.contains(&id) => {
                    self.writing.lost(id)
                }
                Effect::Keep(_) | Effect::Mentioned { .. } | Effect::Changed(_) => {}
            }
        }
    }

    /// Writes down what looks different now.
    fn look(&mut self) {
        let now = self.clock.now();
        let live = self.client.link() == ConnectionStatus::Live;
        self.writing.link(live, now);
        let Some(room) = self.client.room(self.writing.room()) else { return };
        let lines = room.lines();
        let pending = lines.iter().rev().take_while(|line| line.seq.is_none());
        let pending = pending.filter(|line| line.state == DeliveryStatus::Pending).count();
        self.writing.shown(lines, now);
        self.writing.here(room.people(), room.count(), now);
        let standing = ClientState {
            live: live && self.writing.is_joined(),
            shown: self.writing.last_seq(),
            pending,
            acknowledged: self.settled.len(),
            here: room.count(),
        };
        self.standing.send_if_modified(|known| std::mem::replace(known, standing) != standing);
    }

    fn screen(&self) -> Screen {
        let mut screen = Screen::default();
        let Some(room) = self.client.room(self.writing.room()) else { return screen };
        screen.here = room.count();
        for line in room.lines() {
            match (line.seq, &line.state) {
                (Some(seq), _) => screen.sent.push((seq, line.key.clone())),
                (None, DeliveryStatus::Failed(_)) => screen.failed.push(line.key.clone()),
                (None, _) => screen.pending.push(line.key.clone()),
            }
        }
        screen
    }

    fn next_send_time(&mut self) -> Option<u64> {
        let send_interval = self.send_interval?.mul_f64(self.rng.random_range(0.5..1.5));
        Some(self.clock.now() + u64::try_from(send_interval.as_millis()).expect("a pace is short"))
    }

    fn moment(&mut self) -> Context {
        Context { now: self.clock.now(), random: self.rng.random() }
    }
}

async fn until(moment: Option<tokio::time::Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => pending().await,
    }
}
