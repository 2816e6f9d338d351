use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use anyhow::Context;
use futures_util::{
    StreamExt, TryStreamExt,
    future::{join_all, select_ok},
    stream,
};
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
    time::timeout,
};

use super::{
    ClientState, Journal, sign_in,
    simulated_client::{ClientConfig, Instruction, SimulatedClient},
};
use crate::{clock::Clock, run::RunConfig, seed::Seed};

/// How many sign in at the same time.
const AT_ONCE: usize = 32;
/// How long coming in may take all of them.
const ENTRY: Duration = Duration::from_secs(60);

/// Who is there.
#[derive(Clone, Copy, Debug)]
pub struct Workload {
    pub rooms: usize,
    pub people: usize,
    /// How many of each room talk, and the mean time between two things that one of them says.
    pub senders: usize,
    pub send_interval: Duration,
    /// Bytes that are added to each text.
    pub padding: usize,
}

impl Workload {
    /// As many as most scenarios have.
    pub fn standard(config: RunConfig) -> Self {
        let send_interval = Duration::from_millis(config.pick(400, 200));
        Self { rooms: 10, people: config.pick(60, 150), senders: config.pick(4, 8), send_interval, padding: 0 }
    }

    /// How many are in each room.
    pub fn per_room(self) -> usize {
        self.people / self.rooms
    }
}

/// Everybody.
pub struct Clients {
    people: Vec<ClientHandle>,
    talking: watch::Sender<bool>,
}

struct ClientHandle {
    room: String,
    instructions: mpsc::Sender<Instruction>,
    standing: watch::Receiver<ClientState>,
    life: JoinHandle<Journal>,
}

impl Clients {
    /// Signs everybody in, and returns when all are in their rooms.
    pub async fn gather(workload: Workload, address: SocketAddr, clock: Clock, seed: Seed) -> anyhow::Result<Self> {
        let mut clients = Self { people: Vec::new(), talking: watch::channel(false).0 };
        clients.add(workload, address, clock, seed).await?;
        Ok(clients)
    }

    /// Lets more people come, by another way if need be.
    pub async fn add(
        &mut self,
        workload: Workload,
        address: SocketAddr,
        clock: Clock,
        seed: Seed,
    ) -> anyhow::Result<()> {
        let first = self.people.len();
        let talking = &self.talking;
        let coming = (0..workload.people).map(|number| async move {
            let number = first + number;
            let pass = sign_in(address, &format!("guest-{number}")).await?;
            let room = format!("room{}", number % workload.rooms);
            let send_interval =
                ((number - first) / workload.rooms < workload.senders).then_some(workload.send_interval);
            let rng = seed.rng("person", number as u64);
            let (instructions, to_do) = mpsc::channel(4);
            let seat =
                ClientConfig { room: room.clone(), address, clock, rng, send_interval, padding: workload.padding };
            let (person, inputs, standing) = SimulatedClient::new(pass, seat, to_do, talking.subscribe());
            anyhow::Ok(ClientHandle { room, instructions, standing, life: tokio::spawn(person.live(inputs)) })
        });
        let came: Vec<_> = stream::iter(coming).buffered(AT_ONCE).try_collect().await?;
        self.people.extend(came);
        timeout(ENTRY, self.all_are(|standing| standing.live)).await.context("some cannot come in")
    }

    pub fn len(&self) -> usize {
        self.people.len()
    }

    /// Lets everybody talk. Whoever talks already is not interrupted: they would all pause at the very moment of a fault.
    pub fn start_sending(&self) {
        self.talking.send_if_modified(|talking| !std::mem::replace(talking, true));
    }

    pub fn stop_sending(&self) {
        self.talking.send_replace(false);
    }

    /// How many messages were acknowledged so far.
    pub fn acknowledged(&self) -> usize {
        self.people.iter().map(|member| member.standing.borrow().acknowledged).sum()
    }

    /// Whether something waits, or does before the time is up.
    pub async fn any_pending(&self, max_wait: Duration) -> bool {
        let waiting = self.people.iter().map(|member| {
            let mut standing = member.standing.clone();
            Box::pin(async move { standing.wait_for(|now| now.pending > 0).await.map(drop) })
        });
        timeout(max_wait, select_ok(waiting)).await.is_ok_and(|first| first.is_ok())
    }

    /// How many have a link.
    pub fn live(&self) -> usize {
        self.people.iter().filter(|member| member.standing.borrow().live).count()
    }

    pub async fn instruct(&self, people: impl IntoIterator<Item = usize>, instruction: Instruction) {
        for number in people {
            // One who has left needs no orders.
            let _ = self.people[number].instructions.send(instruction).await;
        }
    }

    /// Waits until everybody is live. False if it takes too long.
    pub async fn wait_all_live(&self, max_wait: Duration) -> bool {
        timeout(max_wait, self.all_are(|standing| standing.live)).await.is_ok()
    }

    /// Waits until everybody who is there sees so many in the room. False if it takes too long.
    pub async fn wait_for_member_count(&self, people: usize, max_wait: Duration) -> bool {
        let seen = |standing: &ClientState| standing.here == people as u64;
        timeout(max_wait, self.all_are(seen)).await.is_ok()
    }

    /// Waits until nothing waits, and every screen shows its room up to these numbers. False if it takes too long.
    pub async fn settle(&self, heads: &BTreeMap<String, u64>, max_wait: Duration) -> bool {
        let settled = self.people.iter().map(|member| {
            let head = heads.get(&member.room).copied().unwrap_or_default();
            let mut standing = member.standing.clone();
            async move { drop(standing.wait_for(|now| now.live && now.pending == 0 && now.shown == head).await) }
        });
        timeout(max_wait, join_all(settled)).await.is_ok()
    }

    /// Everybody leaves, and hands over the journal.
    pub async fn finish(self) -> anyhow::Result<Vec<Journal>> {
        let leaving = self.people.into_iter().map(|member| async move {
            let _ = member.instructions.send(Instruction::Leave).await;
            member.life.await.context("a person panicked")
        });
        join_all(leaving).await.into_iter().collect()
    }

    async fn all_are(&self, state: impl Fn(&ClientState) -> bool + Copy) {
        let waiting = self.people.iter().map(|member| {
            let mut standing = member.standing.clone();
            async move { drop(standing.wait_for(state).await) }
        });
        join_all(waiting).await;
    }
}
