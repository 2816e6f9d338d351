use std::{sync::Arc, time::Duration};

use protocol::{Command, MessageId, RoomName};
use tokio::{task::JoinSet, time::sleep};

use super::{backend::SimulatedBackend, client::SimulatedMember};
use crate::hub::{Hub, LeaveReason};

/// A fault of one publication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    None,
    Dropped,
    Duplicated,
    /// Published after the next one.
    Delayed,
    /// Stored and published, but the response to the append is lost.
    ResponseLost,
}

#[derive(Clone, Debug)]
pub enum SimulationStep {
    Send(usize, Fault),
    /// This many messages at once, of which every tenth is not published.
    Burst(usize),
    Join(usize),
    Disconnect(usize),
    LoseTail(usize),
    ResetHistory,
    PossibleGap,
    FailReads(u32),
    SlowReads(u64),
    /// Milliseconds.
    Wait(u64),
}

pub struct HubHarness {
    hub: Arc<Hub>,
    backend: Arc<SimulatedBackend>,
    room: RoomName,
    clients: Vec<SimulatedMember>,
    joining: JoinSet<()>,
    sent: u32,
    /// Author and id of acknowledged messages, except those lost with a history.
    acknowledged: Vec<(String, String)>,
}

impl HubHarness {
    pub fn new(clients: usize) -> Self {
        let (simulated, backend) = SimulatedBackend::start();
        Self {
            hub: Hub::new(backend),
            backend: simulated,
            room: RoomName::new("lobby").unwrap(),
            clients: (0..clients).map(SimulatedMember::new).collect(),
            joining: JoinSet::new(),
            sent: 0,
            acknowledged: Vec::new(),
        }
    }

    pub async fn run(&mut self, step: &SimulationStep) {
        match *step {
            SimulationStep::Send(who, fault) => self.send(who, fault).await,
            SimulationStep::Burst(count) => {
                for n in 0..count {
                    self.send(0, if n % 10 == 3 { Fault::Dropped } else { Fault::None }).await;
                }
            }
            SimulationStep::Join(who) => self.join(who),
            SimulationStep::Disconnect(who) => self.disconnect(who),
            SimulationStep::LoseTail(count) => self.lose(|backend| backend.lose_tail(count)),
            SimulationStep::ResetHistory => self.lose(SimulatedBackend::reset_history),
            SimulationStep::PossibleGap => self.backend.possible_gap().await,
            SimulationStep::FailReads(count) => self.backend.fail_reads(count),
            SimulationStep::SlowReads(ms) => self.backend.slow_reads(ms),
            SimulationStep::Wait(ms) => sleep(Duration::from_millis(ms)).await,
        }
        // Lets the hub's tasks run; time is paused.
        sleep(Duration::from_millis(1)).await;
        self.read().await;
    }

    /// Ends the faults and asserts that within half a minute every client has the head of the history.
    pub async fn settle(&mut self) {
        self.backend.settle().await;
        for _ in 0..30 {
            sleep(Duration::from_secs(1)).await;
            self.read().await;
            (0..self.clients.len()).for_each(|who| self.join(who));
        }
        let end = self.backend.cursor();
        for client in &self.clients {
            assert!(client.is_joined, "{} has not joined", client.user.id);
            assert_eq!(client.cursor.as_ref(), Some(&end), "{} has another cursor", client.user.id);
        }
        for (author, id) in &self.acknowledged {
            assert!(self.backend.has_stored(author, id), "{id} of {author} was acknowledged and is not stored");
        }
        self.hub.close().await;
    }

    async fn send(&mut self, who: usize, fault: Fault) {
        self.sent += 1;
        let (author, id) = (self.clients[who].user.clone(), MessageId::new(&format!("m{}", self.sent)).unwrap());
        self.backend.set_fault(fault);
        if self.hub.run_command(&self.room, &author, &id, Command::send("x"), 1).await.is_ok() {
            self.acknowledged.push((author.id, id.to_string()));
        }
    }

    fn join(&mut self, who: usize) {
        let client = &mut self.clients[who];
        if client.is_connected {
            return;
        }
        client.connect();
        let (hub, room, connection) = (Arc::clone(&self.hub), self.room.clone(), client.connection.clone());
        let (user, send_queue, cursor) = (client.user.clone(), Arc::clone(&client.send_queue), client.cursor.clone());
        self.joining.spawn(async move {
            // Retries a temporary refusal, as clients do.
            while hub.join(&room, &connection, &user, &send_queue, cursor.clone()).await.is_err() {
                sleep(Duration::from_millis(500)).await;
            }
        });
    }

    fn disconnect(&mut self, who: usize) {
        let client = &mut self.clients[who];
        if client.is_joined {
            client.disconnect();
            self.hub.leave(&self.room, &client.connection, LeaveReason::Disconnected);
        }
    }

    fn lose(&mut self, lose: impl FnOnce(&SimulatedBackend)) {
        lose(&self.backend);
        let backend = Arc::clone(&self.backend);
        self.acknowledged.retain(|(author, id)| backend.has_stored(author, id));
    }

    async fn read(&mut self) {
        for client in &mut self.clients {
            let was_joined = client.is_joined;
            client.read().await;
            if was_joined && !client.is_connected {
                self.hub.leave(&self.room, &client.connection, LeaveReason::Disconnected);
            }
        }
    }
}
