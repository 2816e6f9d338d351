//! Rooms full of members who send and receive, and what that costs the server.

use std::{
    cell::RefCell,
    convert::Infallible,
    future::pending,
    net::SocketAddr,
    rc::Rc,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use futures_util::{StreamExt, stream};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Interval, MissedTickBehavior, interval_at, sleep, timeout},
};

use crate::{
    delivery_checker::DeliveryChecker,
    deployment::CpuUsage,
    latency_tag::LatencyTag,
    member_socket::{Incoming, MemberSocket},
};

/// How many members join at the same time.
const CONCURRENT_JOINS: usize = 50;
/// How long the last messages may take.
const COMPLETION_TIMEOUT: Duration = Duration::from_secs(10);
/// After the last message, time for a duplicate to arrive.
const DUPLICATE_WAIT: Duration = Duration::from_millis(200);

/// How many members and senders there are, and how often they send.
#[derive(Clone, Copy, Debug)]
pub struct LoadProfile {
    /// The rooms' common prefix.
    pub name: &'static str,
    pub rooms: usize,
    /// Members of each room.
    pub members: usize,
    /// Those of them who send.
    pub senders: usize,
    pub rate: SendRate,
}

/// When a sender sends.
#[derive(Clone, Copy, Debug)]
pub enum SendRate {
    /// Once per period, the senders of a room in turn.
    Every(Duration),
    /// As soon as the last message is acknowledged.
    AfterAcknowledgement,
}

/// How often and how long to measure.
#[derive(Clone, Copy, Debug)]
pub struct Intervals {
    /// Load before the first interval.
    pub warm_up: Duration,
    pub count: usize,
    pub length: Duration,
}

/// What was measured in one interval.
#[derive(Debug)]
pub struct Sample {
    pub seconds: f64,
    /// From before the send to the receipt by one member, in microseconds; one for each delivery.
    pub latencies: Vec<u32>,
    pub cpu_usage: CpuUsage,
}

/// Members who joined their rooms and read, but do not send yet.
pub struct Load {
    state: Rc<RefCell<LoadState>>,
    members: JoinSet<anyhow::Result<Infallible>>,
    started: watch::Sender<bool>,
}

/// Shared by all members. The generator has one thread, and no borrow is held across an await.
struct LoadState {
    start: Instant,
    sending: bool,
    rooms: Vec<DeliveryChecker>,
    latencies: Vec<u32>,
}

struct LoadMember {
    profile: LoadProfile,
    room: usize,
    /// Its index in the room.
    index: usize,
    /// Its index among the senders, if it sends.
    sender: Option<u16>,
    state: Rc<RefCell<LoadState>>,
}

impl Load {
    /// Joins as many members as there are cookies to the rooms of a profile.
    pub async fn join(address: SocketAddr, cookies: &[String], profile: LoadProfile) -> anyhow::Result<Self> {
        let rooms = (0..profile.rooms).map(|_| DeliveryChecker::new(profile.members, profile.senders)).collect();
        let state = LoadState { start: Instant::now(), sending: true, rooms, latencies: Vec::new() };
        let (state, started) = (Rc::new(RefCell::new(state)), watch::channel(false).0);
        let mut members = JoinSet::new();
        let joins = cookies.iter().enumerate().map(|(index, cookies)| async move {
            let room = format!("{}-{}", profile.name, index / profile.members);
            anyhow::Ok((index, MemberSocket::join(address, cookies, &room).await?))
        });
        let mut joins = stream::iter(joins).buffer_unordered(CONCURRENT_JOINS);
        while let Some(joined) = joins.next().await {
            let (index, socket) = joined?;
            // Members read from the beginning, or the server would have to buffer the presence changes of a large room.
            members.spawn_local(LoadMember::new(index, profile, &state).run(socket, started.subscribe()));
        }
        Ok(Self { state, members, started })
    }

    /// Lets the members send, and measures. Fails if a member misses a message or receives one twice.
    pub async fn run(
        mut self,
        intervals: Intervals,
        cpu_usage: impl Fn() -> anyhow::Result<CpuUsage>,
    ) -> anyhow::Result<Vec<Sample>> {
        self.state.borrow_mut().start = Instant::now();
        self.started.send_replace(true);
        let measuring = async {
            let samples = measure(&self.state, intervals, cpu_usage).await?;
            self.state.borrow_mut().sending = false;
            let completed = timeout(COMPLETION_TIMEOUT, wait_until_complete(&self.state)).await;
            sleep(DUPLICATE_WAIT).await;
            self.state.borrow().rooms.iter().try_for_each(DeliveryChecker::check)?;
            completed.context("messages are still missing")?;
            Ok(samples)
        };
        tokio::select! {
            samples = measuring => samples,
            Some(ended) = self.members.join_next() => match ended? {
                Err(error) => Err(error),
                Ok(never) => match never {},
            },
        }
    }
}

async fn measure(
    state: &RefCell<LoadState>,
    intervals: Intervals,
    cpu_usage: impl Fn() -> anyhow::Result<CpuUsage>,
) -> anyhow::Result<Vec<Sample>> {
    sleep(intervals.warm_up).await;
    let mut samples = Vec::new();
    for _ in 0..intervals.count {
        // Large enough, so that reallocation does not show in the latencies.
        let capacity = samples.last().map_or(1_000_000, |last: &Sample| last.latencies.len() * 2);
        state.borrow_mut().latencies = Vec::with_capacity(capacity);
        let (start, before) = (Instant::now(), cpu_usage()?);
        sleep(intervals.length).await;
        let (seconds, cpu_usage) = (start.elapsed().as_secs_f64(), cpu_usage()? - before);
        let latencies = std::mem::take(&mut state.borrow_mut().latencies);
        if latencies.is_empty() {
            bail!("no message was delivered in {seconds:.1} s");
        }
        samples.push(Sample { seconds, latencies, cpu_usage });
    }
    Ok(samples)
}

/// Polls, so that members need not notify after each delivery.
async fn wait_until_complete(state: &RefCell<LoadState>) {
    while !state.borrow().rooms.iter().all(DeliveryChecker::is_complete) {
        sleep(Duration::from_millis(10)).await;
    }
}

impl LoadMember {
    fn new(index: usize, profile: LoadProfile, state: &Rc<RefCell<LoadState>>) -> Self {
        let (room, index) = (index / profile.members, index % profile.members);
        let sender = (index < profile.senders).then(|| u16::try_from(index).expect("senders are few"));
        Self { profile, room, index, sender, state: Rc::clone(state) }
    }

    async fn run(self, mut socket: MemberSocket, mut started: watch::Receiver<bool>) -> anyhow::Result<Infallible> {
        while !*started.borrow() {
            // Both are cancel-safe. The start comes first, because the first message of another member may be there too.
            tokio::select! {
                biased;
                changed = started.changed() => changed?,
                incoming = socket.receive() => { incoming?; }
            }
        }
        let mut timer = self.timer();
        if let (SendRate::AfterAcknowledgement, Some(sender)) = (self.profile.rate, self.sender) {
            self.send(sender, &mut socket).await?;
        }
        loop {
            tokio::select! {
                biased;
                incoming = socket.receive() => match (incoming?, self.sender) {
                    (Incoming::Message(tag), _) => self.record(tag)?,
                    (Incoming::Acknowledgement, Some(sender)) => {
                        self.state.borrow_mut().rooms[self.room].record_acknowledgement(sender);
                        if matches!(self.profile.rate, SendRate::AfterAcknowledgement) {
                            self.send(sender, &mut socket).await?;
                        }
                    }
                    (Incoming::Acknowledgement, None) => bail!("an acknowledgement for a member who sent nothing"),
                    (Incoming::Other, _) => {}
                },
                sender = self.next_tick(&mut timer) => self.send(sender, &mut socket).await?,
            }
        }
    }

    /// Ticks once per period, at even distances from the other senders of the room.
    fn timer(&self) -> Option<Interval> {
        let (SendRate::Every(period), Some(sender)) = (self.profile.rate, self.sender) else { return None };
        let offset = period * u32::from(sender) / u32::try_from(self.profile.senders).expect("senders are few");
        let mut timer = interval_at(tokio::time::Instant::now() + offset, period);
        timer.set_missed_tick_behavior(MissedTickBehavior::Skip);
        Some(timer)
    }

    async fn next_tick(&self, timer: &mut Option<Interval>) -> u16 {
        match (timer, self.sender) {
            (Some(timer), Some(sender)) => {
                timer.tick().await;
                sender
            }
            _ => pending().await,
        }
    }

    async fn send(&self, sender: u16, socket: &mut MemberSocket) -> anyhow::Result<()> {
        let tag = {
            let mut state = self.state.borrow_mut();
            if !state.sending {
                return Ok(());
            }
            let index = state.rooms[self.room].record_send(sender);
            LatencyTag::new(sender, index, state.start.elapsed())
        };
        socket.send(tag.index, tag.text()).await
    }

    fn record(&self, tag: LatencyTag) -> anyhow::Result<()> {
        let mut state = self.state.borrow_mut();
        let now = u64::try_from(state.start.elapsed().as_micros()).expect("a load lasts minutes");
        state.latencies.push(u32::try_from(now.saturating_sub(tag.sent_at)).unwrap_or(u32::MAX));
        state.rooms[self.room].record_delivery(self.index, tag)
    }
}
