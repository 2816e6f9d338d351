use std::{
    collections::{BTreeMap, BTreeSet},
    future::pending,
    net::SocketAddr,
    time::Duration,
};

use client::{Client, ConnectionStatus, Context, DeliveryStatus, Effect, Input, PendingCommand};
use protocol::Command;
use rand::{Rng, rngs::StdRng};
use tokio::{
    sync::{mpsc, watch},
    time::{sleep, sleep_until},
};

use super::{
    Journal, Pass, Screen,
    socket::{Heard, Socket},
    writing::Writing,
};
use crate::clock::Clock;

/// What was heard and not worked on yet. When it is full, the sockets are read no further.
const HEARD: usize = 64;

/// All texts of a run begin with it: by it the wire to Redis finds them.
pub const MARK: &str = "chaos ";

/// What a scenario asks of one person.
#[derive(Clone, Copy, Debug)]
pub enum Order {
    /// Do nothing at all, not even read, for so long.
    Freeze(Duration),
    /// Be gone for good, without a word. For one whose instance was killed: to another one it would still say good-bye.
    Vanish,
    /// Close the page, and hand over the journal.
    Leave,
}

/// How a person does, for those who wait for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
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
pub struct Person {
    client: Client,
    pass: Pass,
    address: SocketAddr,
    clock: Clock,
    chance: StdRng,
    /// The mean time between two things to say; a listener has none.
    pace: Option<Duration>,
    /// What is added to each text.
    padding: String,
    sockets: BTreeMap<u32, Socket>,
    to_inbox: mpsc::Sender<(u32, Heard)>,
    writing: Writing,
    standing: watch::Sender<Standing>,
    /// Ids that are known to be in the history.
    settled: BTreeSet<String>,
    said: usize,
}

/// Where a person gets word from.
pub struct Ears {
    inbox: mpsc::Receiver<(u32, Heard)>,
    pub orders: mpsc::Receiver<Order>,
    /// Whether everybody who talks should be talking.
    pub talking: watch::Receiver<bool>,
}

/// Where a person is put.
pub struct Seat {
    pub room: String,
    pub address: SocketAddr,
    pub clock: Clock,
    pub chance: StdRng,
    pub pace: Option<Duration>,
    pub padding: usize,
}

impl Person {
    pub fn new(
        pass: Pass,
        seat: Seat,
        orders: mpsc::Receiver<Order>,
        talking: watch::Receiver<bool>,
    ) -> (Self, Ears, watch::Receiver<Standing>) {
        let Seat { room, address, clock, chance, pace, padding } = seat;
        let (to_inbox, inbox) = mpsc::channel(HEARD);
        let (standing, seen) = watch::channel(Standing::default());
        let person = Self {
            client: Client::new(pass.me.clone(), Vec::new()),
            writing: Writing::new(&pass.me.id, &room),
            pass,
            address,
            clock,
            chance,
            pace,
            padding: " and so on".chars().cycle().take(padding).collect(),
            sockets: BTreeMap::new(),
            to_inbox,
            standing,
            settled: BTreeSet::new(),
            said: 0,
        };
        (person, Ears { inbox, orders, talking }, seen)
    }

    /// Opens the page and stays until told to leave.
    pub async fn live(mut self, mut ears: Ears) -> Journal {
        self.come();
        let mut next_word = self.next_word();
        loop {
            let talks = *ears.talking.borrow() && next_word.is_some();
            let deadline = self.client.deadline().map(|at| self.clock.at(at));
            let word = next_word.map(|at| self.clock.at(at));
            // All are cancel-safe: channels keep what is not taken, and sleeps are made anew.
            tokio::select! {
                // Who is told to fall silent says no last word that is due as well: nobody would wait for it any more.
                biased;
                changed = ears.talking.changed(), if next_word.is_some() => {
                    next_word = changed.ok().and_then(|()| self.next_word());
                }
                order = ears.orders.recv() => match order {
                    Some(Order::Freeze(time)) => sleep(time).await,
                    Some(Order::Vanish) => return self.vanish(),
                    Some(Order::Leave) | None => return self.leave(),
                },
                Some((socket, heard)) = ears.inbox.recv() => self.hear(socket, heard),
                () = until(deadline) => self.tell(Input::Due),
                () = until(word), if talks => {
                    self.say();
                    next_word = self.next_word();
                }
            }
        }
    }

    fn come(&mut self) {
        let moment = self.moment();
        let room = self.writing.room().to_owned();
        let effects = self.client.open(&room, None, moment);
        self.carry_out(effects);
        self.tell(Input::Start);
    }

    fn leave(mut self) -> Journal {
        let screen = self.screen();
        let now = self.clock.now();
        self.writing.link(self.client.link() == ConnectionStatus::Live, now);
        Journal { affinity: self.pass.jar.affinity(), ..self.writing.close(screen) }
    }

    fn vanish(mut self) -> Journal {
        self.standing.send_replace(Standing::default());
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
        self.tell(Input::Command { room: &room, id, command: Command::send(text), key: None });
    }

    fn hear(&mut self, socket: u32, heard: Heard) {
        if !self.sockets.contains_key(&socket) {
            // It was closed by the client, which wants to hear no more of it.
            return;
        }
        match heard {
            Heard::Text(text) => {
                self.writing.heard(&text, self.clock.now());
                self.tell(Input::Text { socket, text: &text });
                self.writing.worked_on();
            }
            Heard::Closed(code) => {
                self.sockets.remove(&socket);
                self.writing.closed(code);
                self.tell(Input::Closed { socket, code });
            }
        }
    }

    fn tell(&mut self, input: Input<'_>) {
        let moment = self.moment();
        let effects = self.client.handle(input, moment);
        self.carry_out(effects);
        self.look();
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Connect(number) => {
                    let socket = Socket::connect(number, self.address, self.pass.jar.clone(), self.to_inbox.clone());
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
        let standing = Standing {
            live: live && self.writing.is_back(),
            shown: self.writing.last_shown(),
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

    fn next_word(&mut self) -> Option<u64> {
        let pace = self.pace?.mul_f64(self.chance.random_range(0.5..1.5));
        Some(self.clock.now() + u64::try_from(pace.as_millis()).expect("a pace is short"))
    }

    fn moment(&mut self) -> Context {
        Context { now: self.clock.now(), random: self.chance.random() }
    }
}

async fn until(moment: Option<tokio::time::Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => pending().await,
    }
}
