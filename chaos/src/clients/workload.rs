use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use anyhow::Context;
use futures_util::{
    StreamExt, TryStreamExt,
    future::{join_all, select_ok},
    stream,
};
use tokio::{sync::watch, time::timeout};

use super::{
    ClientState, Journal, sign_in,
    simulated_client::{ClientConfig, ClientHandle, Instruction, SimulatedClient},
};
use crate::run_config::{RunClock, RunConfig, Seed};

/// How many clients sign in concurrently.
const CONCURRENT_SIGN_INS: usize = 32;
/// How long it may take until all clients have joined.
const JOIN_TIMEOUT: Duration = Duration::from_secs(60);

/// How many clients there are, and how much they send.
#[derive(Clone, Copy, Debug)]
pub struct Workload {
    pub rooms: usize,
    pub clients: usize,
    /// How many clients of each room send messages.
    pub senders: usize,
    /// The mean time between two messages of one sender.
    pub send_interval: Duration,
    /// Bytes that are appended to each text.
    pub padding: usize,
}

impl Workload {
    /// The workload of most scenarios.
    pub fn standard(config: RunConfig) -> Self {
        let (clients, senders) = (config.pick(60, 150), config.pick(4, 8));
        Self { rooms: 10, clients, senders, send_interval: Duration::from_millis(config.pick(400, 200)), padding: 0 }
    }

    /// How many clients each room has.
    pub fn per_room(self) -> usize {
        self.clients / self.rooms
    }
}

/// All clients of a run.
pub struct Clients {
    clients: Vec<ClientHandle>,
    sending: watch::Sender<bool>,
}

impl Clients {
    /// Signs all clients in, and returns when they have joined their rooms.
    pub async fn connect(workload: Workload, address: SocketAddr, clock: RunClock, seed: Seed) -> anyhow::Result<Self> {
        let mut clients = Self { clients: Vec::new(), sending: watch::channel(false).0 };
        clients.add(workload, address, clock, seed).await?;
        Ok(clients)
    }

    /// Adds clients, which may connect to another address.
    pub async fn add(
        &mut self,
        workload: Workload,
        address: SocketAddr,
        clock: RunClock,
        seed: Seed,
    ) -> anyhow::Result<()> {
        let Workload { rooms, clients, senders, send_interval, padding } = workload;
        let first = self.clients.len();
        let sending = &self.sending;
        let joining = (0..clients).map(|index| async move {
            let number = first + index;
            let credentials = sign_in(address, &format!("guest-{number}")).await?;
            let room = format!("room{}", number % rooms);
            let send_interval = (index / rooms < senders).then_some(send_interval);
            let rng = seed.rng("person", number as u64);
            let config = ClientConfig { credentials, room, address, clock, rng, send_interval, padding };
            anyhow::Ok(SimulatedClient::start(config, sending.subscribe()))
        });
        let joined: Vec<_> = stream::iter(joining).buffered(CONCURRENT_SIGN_INS).try_collect().await?;
        self.clients.extend(joined);
        timeout(JOIN_TIMEOUT, self.wait_for_all(|state| state.live)).await.context("some clients cannot join")
    }

    pub fn len(&self) -> usize {
        self.clients.len()
    }

    /// Lets all senders send. Those that send already are not interrupted, or all of them would pause just before a fault.
    pub fn start_sending(&self) {
        self.sending.send_if_modified(|sending| !std::mem::replace(sending, true));
    }

    pub fn stop_sending(&self) {
        self.sending.send_replace(false);
    }

    /// How many messages were acknowledged so far.
    pub fn acknowledged(&self) -> usize {
        self.clients.iter().map(|client| client.state.borrow().acknowledged).sum()
    }

    /// Whether a message is pending at some time before the timeout.
    pub async fn any_pending(&self, max_wait: Duration) -> bool {
        let waiting = self.clients.iter().map(|client| {
            let mut state = client.state.clone();
            Box::pin(async move { state.wait_for(|state| state.pending > 0).await.map(drop) })
        });
        timeout(max_wait, select_ok(waiting)).await.is_ok_and(|first| first.is_ok())
    }

    /// How many clients are live.
    pub fn live(&self) -> usize {
        self.clients.iter().filter(|client| client.state.borrow().live).count()
    }

    pub async fn instruct(&self, indices: impl IntoIterator<Item = usize>, instruction: Instruction) {
        for index in indices {
            // A client that has left takes no instructions.
            let _ = self.clients[index].instructions.send(instruction).await;
        }
    }

    /// Waits until all clients are live. Returns false on a timeout.
    pub async fn wait_all_live(&self, max_wait: Duration) -> bool {
        timeout(max_wait, self.wait_for_all(|state| state.live)).await.is_ok()
    }

    /// Waits until all remaining clients see so many members in their room. Returns false on a timeout.
    pub async fn wait_for_member_count(&self, members: usize, max_wait: Duration) -> bool {
        let seen = |state: &ClientState| state.members == members as u64;
        timeout(max_wait, self.wait_for_all(seen)).await.is_ok()
    }

    /// Waits until nothing is pending and every screen ends with its room's head. Returns false on a timeout.
    pub async fn wait_settled(&self, heads: &BTreeMap<String, u64>, max_wait: Duration) -> bool {
        let settled = self.clients.iter().map(|client| {
            let head = heads.get(&client.room).copied().unwrap_or_default();
            let mut state = client.state.clone();
            async move { drop(state.wait_for(|now| now.live && now.pending == 0 && now.last_seq == head).await) }
        });
        timeout(max_wait, join_all(settled)).await.is_ok()
    }

    /// Lets all clients leave, and returns their journals.
    pub async fn finish(self) -> anyhow::Result<Vec<Journal>> {
        let leaving = self.clients.into_iter().map(|client| async move {
            let _ = client.instructions.send(Instruction::Leave).await;
            client.task.await.context("a client panicked")
        });
        join_all(leaving).await.into_iter().collect()
    }

    async fn wait_for_all(&self, condition: impl Fn(&ClientState) -> bool + Copy) {
        let waiting = self.clients.iter().map(|client| {
            let mut state = client.state.clone();
            async move { drop(state.wait_for(condition).await) }
        });
        join_all(waiting).await;
    }
}
