//! Rooms full of members who talk and listen, and what that costs.

use std::{
    cell::RefCell,
    convert::Infallible,
    rc::Rc,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use tokio::{
    task::JoinSet,
    time::{Interval, MissedTickBehavior, interval_at, sleep, timeout},
};

use crate::{
    ledger::Ledger,
    server::Server,
    socket::{Heard, Socket, join_all, sign_in_guests},
    spent::Spent,
    stamp::Stamp,
};

/// How long the last messages may take.
const SETTLING: Duration = Duration::from_secs(10);

/// After the last message, time for one that comes twice to show itself.
const QUIET: Duration = Duration::from_millis(200);

/// How many are where, and how they talk.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    pub rooms: usize,
    /// In each room.
    pub members: usize,
    /// In each room, among its members.
    pub senders: usize,
    pub pace: Pace,
}

/// When a sender sends.
#[derive(Clone, Copy, Debug)]
pub enum Pace {
    /// Once in this time, the senders of a room one after the other.
    Every(Duration),
    /// As soon as the last message is acknowledged.
    Acknowledged,
}

/// How often and how long to measure.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub warm_up: Duration,
    pub intervals: usize,
    pub length: Duration,
}

/// What happened in one interval.
#[derive(Debug)]
pub struct Sample {
    pub seconds: f64,
    /// From before the send to the receipt by one member, in microseconds: one for each delivery.
    pub latencies: Vec<u32>,
    /// What that took.
    pub spent: Spent,
}

/// What all members share. The generator is one thread, and no borrow outlives a call.
struct Run {
    start: Instant,
    sending: bool,
    rooms: Vec<Ledger>,
    latencies: Vec<u32>,
}

/// One member's part.
struct Part {
    room: usize,
    member: usize,
    /// The sender's number, if this member sends.
    sender: Option<u16>,
    run: Rc<RefCell<Run>>,
}

/// Fills the rooms and runs the load. Fails where a member missed a message or
/// got one twice.
pub async fn run(server: &Server, shape: Shape, plan: Plan) -> anyhow::Result<Vec<Sample>> {
    let sockets = fill(server, shape).await?;
    let rooms = (0..shape.rooms).map(|_| Ledger::new(shape.members, shape.senders)).collect();
    let run = Rc::new(RefCell::new(Run { start: Instant::now(), sending: true, rooms, latencies: Vec::new() }));
    let mut members = JoinSet::new();
    for (number, socket) in sockets.into_iter().enumerate() {
        let part = Part::of(number, shape, &run);
        members.spawn_local(part.play(socket, shape));
    }
    let measuring = async {
        let samples = sample(server, &run, plan).await?;
        run.borrow_mut().sending = false;
        let settled = timeout(SETTLING, settle(&run)).await;
        sleep(QUIET).await;
        run.borrow().rooms.iter().try_for_each(Ledger::check)?;
        settled.context("the rooms do not settle")?;
        Ok(samples)
    };
    tokio::select! {
        samples = measuring => samples,
        Some(ended) = members.join_next() => match ended? {
            Err(error) => Err(error),
            Ok(never) => match never {},
        },
    }
}

async fn fill(server: &Server, shape: Shape) -> anyhow::Result<Vec<Socket>> {
    let cookies = sign_in_guests(server.address, shape.rooms * shape.members).await?;
    join_all(server.address, &cookies, 50, |number| format!("room-{}", number / shape.members)).await
}

async fn sample(server: &Server, run: &RefCell<Run>, plan: Plan) -> anyhow::Result<Vec<Sample>> {
    sleep(plan.warm_up).await;
    let mut samples = Vec::new();
    for _ in 0..plan.intervals {
        // As many as ever, so that growing does not show up in the latencies.
        let room = samples.last().map_or(1_000_000, |last: &Sample| last.latencies.len() * 2);
        run.borrow_mut().latencies = Vec::with_capacity(room);
        let (start, before) = (Instant::now(), Spent::until_now(server)?);
        sleep(plan.length).await;
        let (seconds, spent) = (start.elapsed().as_secs_f64(), Spent::until_now(server)? - before);
        let latencies = std::mem::take(&mut run.borrow_mut().latencies);
        if latencies.is_empty() {
            bail!("nothing was delivered for {seconds:.1} s");
        }
        samples.push(Sample { seconds, latencies, spent });
    }
    Ok(samples)
}

async fn settle(run: &RefCell<Run>) {
    while !run.borrow().rooms.iter().all(Ledger::is_settled) {
        sleep(Duration::from_millis(10)).await;
    }
}

impl Part {
    fn of(number: usize, shape: Shape, run: &Rc<RefCell<Run>>) -> Self {
        let (room, member) = (number / shape.members, number % shape.members);
        let sender = (member < shape.senders).then(|| u16::try_from(member).expect("rooms are small"));
        Self { room, member, sender, run: Rc::clone(run) }
    }

    async fn play(self, mut socket: Socket, shape: Shape) -> anyhow::Result<Infallible> {
        let mut clock = self.clock(shape);
        if let (Pace::Acknowledged, Some(sender)) = (shape.pace, self.sender) {
            self.send(sender, &mut socket).await?;
        }
        loop {
            tokio::select! {
                biased;
                heard = socket.hear() => match (heard?, self.sender) {
                    (Heard::Message(stamp), _) => self.note(stamp)?,
                    (Heard::Sent, Some(sender)) => {
                        self.run.borrow_mut().rooms[self.room].acknowledge(sender);
                        if matches!(shape.pace, Pace::Acknowledged) {
                            self.send(sender, &mut socket).await?;
                        }
                    }
                    (Heard::Sent, None) => bail!("an acknowledgement for one who sent nothing"),
                    (Heard::Other, _) => {}
                },
                sender = self.due(&mut clock) => self.send(sender, &mut socket).await?,
            }
        }
    }

    /// Ticks when it is this sender's turn, at an even distance from the others'.
    fn clock(&self, shape: Shape) -> Option<Interval> {
        let (Pace::Every(period), Some(sender)) = (shape.pace, self.sender) else { return None };
        let senders = u32::try_from(shape.senders).expect("rooms are small");
        let first = tokio::time::Instant::now() + period * u32::from(sender) / senders;
        let mut clock = interval_at(first, period);
        clock.set_missed_tick_behavior(MissedTickBehavior::Skip);
        Some(clock)
    }

    async fn due(&self, clock: &mut Option<Interval>) -> u16 {
        match (clock, self.sender) {
            (Some(clock), Some(sender)) => {
                clock.tick().await;
                sender
            }
            _ => std::future::pending().await,
        }
    }

    async fn send(&self, sender: u16, socket: &mut Socket) -> anyhow::Result<()> {
        let stamp = {
            let mut run = self.run.borrow_mut();
            if !run.sending {
                return Ok(());
            }
            let count = run.rooms[self.room].send(sender);
            Stamp::new(sender, count, run.start.elapsed())
        };
        socket.send(stamp.count, stamp.text()).await
    }

    fn note(&self, stamp: Stamp) -> anyhow::Result<()> {
        let mut run = self.run.borrow_mut();
        let now = u64::try_from(run.start.elapsed().as_micros()).expect("a load lasts minutes");
        run.latencies.push(u32::try_from(now.saturating_sub(stamp.at)).unwrap_or(u32::MAX));
        run.rooms[self.room].hear(self.member, stamp)
    }
}
