use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use async_trait::async_trait;
use protocol::{Cursor, Head, RoomName, User};
use tokio::{sync::mpsc, time::sleep};

use super::harness::Fault;
use crate::backend::{
    Backend, Broker, Draft, Entry, Error, History, Mark, Position, Presence, Reads, Receipt, Result, Roster, SIGNALS,
    Signal, Slice, Whisper,
};

/// A backend with one room and one instance, whose faults the test controls.
pub struct SimulatedBackend {
    state: Mutex<SimulatedState>,
    signals: mpsc::Sender<Signal>,
}

struct SimulatedState {
    epoch: String,
    entries: Vec<Entry>,
    receipts: HashMap<(String, String), Receipt>,
    subscribed: bool,
    /// The fault of the next publication.
    fault: Fault,
    /// A delayed publication.
    delayed: Option<Signal>,
    failing_reads: u32,
    read_ms: u64,
    resets: u32,
}

impl SimulatedBackend {
    pub fn start() -> (Arc<Self>, Backend) {
        let (signals, heard) = mpsc::channel(SIGNALS);
        let state = SimulatedState {
            epoch: "epoch-0".into(),
            entries: Vec::new(),
            receipts: HashMap::new(),
            subscribed: false,
            fault: Fault::None,
            delayed: None,
            failing_reads: 0,
            read_ms: 0,
            resets: 0,
        };
        let backend = Arc::new(Self { state: Mutex::new(state), signals });
        let (broker, history) = (Arc::clone(&backend), Arc::clone(&backend));
        let (presence, reads) = (Arc::clone(&backend), Arc::clone(&backend));
        (backend, Backend { broker, history, presence, reads, signals: heard })
    }

    pub fn set_fault(&self, fault: Fault) {
        self.lock().fault = fault;
    }

    pub fn lose_tail(&self, count: usize) {
        let mut state = self.lock();
        let keep = state.entries.len().saturating_sub(count);
        state.entries.truncate(keep);
        state.receipts.retain(|_, receipt| receipt.seq <= keep as u64);
    }

    pub fn reset_history(&self) {
        let mut state = self.lock();
        state.resets += 1;
        state.epoch = format!("epoch-{}", state.resets);
        state.entries.clear();
        state.receipts.clear();
    }

    pub fn fail_reads(&self, count: u32) {
        self.lock().failing_reads = count;
    }

    pub fn slow_reads(&self, ms: u64) {
        self.lock().read_ms = ms;
    }

    pub async fn possible_gap(&self) {
        self.signals.send(Signal::Doubt).await.unwrap();
    }

    /// Ends all faults and publishes what was delayed.
    pub async fn settle(&self) {
        let delayed = {
            let mut state = self.lock();
            (state.fault, state.failing_reads, state.read_ms) = (Fault::None, 0, 0);
            state.delayed.take()
        };
        if let Some(delayed) = delayed {
            self.signals.send(delayed).await.unwrap();
        }
    }

    pub fn cursor(&self) -> Cursor {
        let state = self.lock();
        let Head { seq, uid } = state.head();
        Cursor { epoch: state.epoch.clone(), seq, uid }
    }

    pub fn has_stored(&self, author: &str, id: &str) -> bool {
        self.lock().receipts.contains_key(&(author.to_owned(), id.to_owned()))
    }

    fn lock(&self) -> MutexGuard<'_, SimulatedState> {
        self.state.lock().unwrap()
    }

    async fn read<T>(&self, look: impl FnOnce(&SimulatedState) -> T) -> Result<T> {
        let wait = {
            let mut state = self.lock();
            if state.failing_reads > 0 {
                state.failing_reads -= 1;
                return Err(Error::Unavailable("a simulated fault".into()));
            }
            state.read_ms
        };
        sleep(Duration::from_millis(wait)).await;
        let seen = look(&self.lock());
        // The response is delayed as well, so it may be out of date when it arrives.
        sleep(Duration::from_millis(wait)).await;
        Ok(seen)
    }
}

impl SimulatedState {
    fn head(&self) -> Head {
        self.entries.last().map(|last| Head { seq: last.seq, uid: last.uid.clone() }).unwrap_or_default()
    }

    fn slice(&self, from: usize, to: usize) -> Slice {
        Slice { epoch: self.epoch.clone(), head: self.head(), entries: self.entries[from..to].to_vec() }
    }
}

#[async_trait]
impl Broker for SimulatedBackend {
    async fn append(&self, room: &RoomName, draft: &Draft) -> Result<Receipt> {
        let (receipt, signals, fault) = {
            let mut state = self.lock();
            let key = (draft.author.clone(), draft.id.to_string());
            if let Some(receipt) = state.receipts.get(&key) {
                return Ok(*receipt);
            }
            let Head { seq, uid } = state.head();
            let receipt = Receipt { seq: seq + 1, at: draft.at };
            let entry = Entry { seq: seq + 1, uid: draft.uid.clone(), prev: uid, body: draft.body.clone() };
            state.entries.push(entry.clone());
            state.receipts.insert(key, receipt);
            let signal = Signal::Appended { room: room.clone(), epoch: state.epoch.clone(), entry };
            let fault = std::mem::replace(&mut state.fault, Fault::None);
            let mut signals = Vec::new();
            match fault {
                Fault::Dropped => {}
                Fault::Duplicated => signals.extend([signal.clone(), signal]),
                Fault::Delayed => signals.extend(state.delayed.replace(signal)),
                Fault::None | Fault::ResponseLost => {
                    signals.push(signal);
                    signals.extend(state.delayed.take());
                }
            }
            (receipt, if state.subscribed { signals } else { Vec::new() }, fault)
        };
        for signal in signals {
            // As in the Redis backend: a full queue becomes a possible gap and never blocks.
            if self.signals.try_send(signal).is_err() {
                self.signals.send(Signal::Doubt).await.unwrap();
            }
        }
        if fault == Fault::ResponseLost { Err(Error::Unavailable("the response was lost".into())) } else { Ok(receipt) }
    }

    async fn subscribe(&self, _: &RoomName) -> Result<()> {
        self.lock().subscribed = true;
        Ok(())
    }

    fn unsubscribe(&self, _: &RoomName) {
        self.lock().subscribed = false;
    }

    async fn whisper(&self, _: &RoomName, _: &Whisper) -> Result<()> {
        Ok(())
    }

    fn is_hearing(&self) -> bool {
        true
    }

    fn is_deaf(&self) -> bool {
        false
    }
}

#[async_trait]
impl History for SimulatedBackend {
    async fn after(&self, _: &RoomName, seq: u64, limit: usize) -> Result<Slice> {
        self.read(|state| {
            let from = (seq as usize).min(state.entries.len());
            state.slice(from, (from + limit).min(state.entries.len()))
        })
        .await
    }

    async fn before(&self, _: &RoomName, before: Option<u64>, limit: usize) -> Result<Slice> {
        self.read(|state| {
            let to = before.map_or(usize::MAX, |before| before.saturating_sub(1) as usize).min(state.entries.len());
            state.slice(to.saturating_sub(limit), to)
        })
        .await
    }

    async fn heads(&self, rooms: &[RoomName]) -> Vec<Result<Cursor>> {
        let head = self.read(|state| {
            let Head { seq, uid } = state.head();
            Cursor { epoch: state.epoch.clone(), seq, uid }
        });
        vec![head.await; rooms.len()]
    }
}

/// The simulation does not cover read markers.
#[async_trait]
impl Reads for SimulatedBackend {
    async fn keep(&self, _: &[Position]) -> Result<()> {
        Ok(())
    }

    async fn mark(&self, _: &str, _: &RoomName) -> Result<Option<Mark>> {
        Ok(None)
    }
}

#[async_trait]
impl Presence for SimulatedBackend {
    async fn enter(&self, _: &RoomName, _: &str, _: &User) -> Result<Roster> {
        Ok(Roster::default())
    }

    async fn leave(&self, _: &RoomName, _: &str) -> Result<()> {
        Ok(())
    }

    async fn refresh(&self, _: &RoomName, _: &[(String, User)], _: u64) -> Result<()> {
        Ok(())
    }

    async fn sweep(&self, _: &[RoomName]) -> Result<()> {
        Ok(())
    }

    async fn people(&self, _: &RoomName) -> Result<Roster> {
        Ok(Roster::default())
    }
}
