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
    AppendReceipt, Backend, BackendError, BackendUpdate, Broker, Ephemeral, EventDraft, EventRange, History, Presence,
    ReadMarkerUpdate, ReadMarkers, ReadPosition, Result, Roster, StoredEvent, UPDATE_QUEUE,
};

/// A backend with one room and one instance, whose faults the test controls.
pub struct SimulatedBackend {
    state: Mutex<SimulatedState>,
    updates: mpsc::Sender<BackendUpdate>,
}

struct SimulatedState {
    epoch: String,
    events: Vec<StoredEvent>,
    receipts: HashMap<(String, String), AppendReceipt>,
    subscribed: bool,
    /// The fault of the next publication.
    fault: Fault,
    /// A delayed publication.
    delayed: Option<BackendUpdate>,
    failing_reads: u32,
    read_ms: u64,
    resets: u32,
    /// Whether publications are lost only with a possible gap, as in the embedded backend.
    is_lossless: bool,
    /// Trait methods whose next call panics.
    armed_panics: Vec<&'static str>,
}

impl SimulatedBackend {
    pub fn start() -> (Arc<Self>, Backend) {
        let (updates, receiver) = mpsc::channel(UPDATE_QUEUE);
        let state = SimulatedState {
            epoch: "epoch-0".into(),
            events: Vec::new(),
            receipts: HashMap::new(),
            subscribed: false,
            fault: Fault::None,
            delayed: None,
            failing_reads: 0,
            read_ms: 0,
            resets: 0,
            is_lossless: false,
            armed_panics: Vec::new(),
        };
        let backend = Arc::new(Self { state: Mutex::new(state), updates });
        let (broker, history) = (Arc::clone(&backend), Arc::clone(&backend));
        let (presence, read_markers) = (Arc::clone(&backend), Arc::clone(&backend));
        (backend, Backend { broker, history, presence, read_markers, updates: receiver })
    }

    pub fn set_lossless(&self) {
        self.lock().is_lossless = true;
    }

    /// The last event as an update of this room.
    pub fn last_update(&self, room: &RoomName) -> BackendUpdate {
        let state = self.lock();
        let event = state.events.last().expect("an event was sent").clone();
        BackendUpdate::Appended { room: room.clone(), epoch: state.epoch.clone(), event }
    }

    /// Makes the next call of a trait method panic.
    pub fn arm_panic(&self, method: &'static str) {
        self.lock().armed_panics.push(method);
    }

    fn panic_if_armed(&self, method: &'static str) {
        let armed = {
            let mut state = self.lock();
            let index = state.armed_panics.iter().position(|name| *name == method);
            index.map(|index| state.armed_panics.remove(index))
        };
        assert!(armed.is_none(), "armed by the test");
    }

    pub fn set_fault(&self, fault: Fault) {
        self.lock().fault = fault;
    }

    pub fn lose_tail(&self, count: usize) {
        let mut state = self.lock();
        let keep = state.events.len().saturating_sub(count);
        state.events.truncate(keep);
        state.receipts.retain(|_, receipt| receipt.seq <= keep as u64);
    }

    pub fn reset_history(&self) {
        let mut state = self.lock();
        state.resets += 1;
        state.epoch = format!("epoch-{}", state.resets);
        state.events.clear();
        state.receipts.clear();
    }

    pub fn fail_reads(&self, count: u32) {
        self.lock().failing_reads = count;
    }

    pub fn slow_reads(&self, ms: u64) {
        self.lock().read_ms = ms;
    }

    pub async fn possible_gap(&self) {
        self.updates.send(BackendUpdate::PossibleGap).await.unwrap();
    }

    pub async fn publish(&self, update: BackendUpdate) {
        self.updates.send(update).await.unwrap();
    }

    /// Ends all faults and publishes what was delayed.
    pub async fn settle(&self) {
        let delayed = {
            let mut state = self.lock();
            (state.fault, state.failing_reads, state.read_ms) = (Fault::None, 0, 0);
            state.delayed.take()
        };
        if let Some(delayed) = delayed {
            self.updates.send(delayed).await.unwrap();
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
                return Err(BackendError::Unavailable("a simulated fault".into()));
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
        self.events.last().map(|last| Head { seq: last.seq, uid: last.uid.clone() }).unwrap_or_default()
    }

    fn slice(&self, from: usize, to: usize) -> EventRange {
        EventRange { epoch: self.epoch.clone(), head: self.head(), events: self.events[from..to].to_vec() }
    }
}

#[async_trait]
impl Broker for SimulatedBackend {
    async fn append(&self, room: &RoomName, draft: &EventDraft) -> Result<AppendReceipt> {
        let (receipt, updates, fault) = {
            let mut state = self.lock();
            let key = (draft.author.clone(), draft.id.to_string());
            if let Some(receipt) = state.receipts.get(&key) {
                return Ok(*receipt);
            }
            let Head { seq, uid } = state.head();
            let receipt = AppendReceipt { seq: seq + 1, at: draft.at };
            let event = StoredEvent { seq: seq + 1, uid: draft.uid.clone(), prev: uid, body: draft.body.clone() };
            state.events.push(event.clone());
            state.receipts.insert(key, receipt);
            let update = BackendUpdate::Appended { room: room.clone(), epoch: state.epoch.clone(), event };
            let fault = std::mem::replace(&mut state.fault, Fault::None);
            let mut updates = Vec::new();
            match fault {
                Fault::Dropped => {}
                Fault::Duplicated => updates.extend([update.clone(), update]),
                Fault::Delayed => updates.extend(state.delayed.replace(update)),
                Fault::None | Fault::ResponseLost => {
                    updates.push(update);
                    updates.extend(state.delayed.take());
                }
            }
            (receipt, if state.subscribed { updates } else { Vec::new() }, fault)
        };
        for update in updates {
            // As in the Redis backend: a full queue becomes a possible gap and never blocks.
            if self.updates.try_send(update).is_err() {
                self.updates.send(BackendUpdate::PossibleGap).await.unwrap();
            }
        }
        if fault == Fault::ResponseLost {
            Err(BackendError::Unavailable("the response was lost".into()))
        } else {
            Ok(receipt)
        }
    }

    async fn subscribe(&self, _: &RoomName) -> Result<()> {
        self.lock().subscribed = true;
        Ok(())
    }

    fn unsubscribe(&self, _: &RoomName) {
        self.lock().subscribed = false;
    }

    async fn publish_ephemeral(&self, _: &RoomName, _: &Ephemeral) -> Result<()> {
        Ok(())
    }

    fn is_subscribed(&self) -> bool {
        true
    }

    fn subscription_is_down(&self) -> bool {
        false
    }

    fn may_lose_publications(&self) -> bool {
        !self.lock().is_lossless
    }
}

#[async_trait]
impl History for SimulatedBackend {
    async fn after(&self, _: &RoomName, seq: u64, limit: usize) -> Result<EventRange> {
        self.panic_if_armed("after");
        self.read(|state| {
            let from = (seq as usize).min(state.events.len());
            state.slice(from, (from + limit).min(state.events.len()))
        })
        .await
    }

    async fn before(&self, _: &RoomName, before: Option<u64>, limit: usize) -> Result<EventRange> {
        self.read(|state| {
            let to = before.map_or(usize::MAX, |before| before.saturating_sub(1) as usize).min(state.events.len());
            state.slice(to.saturating_sub(limit), to)
        })
        .await
    }

    async fn heads(&self, rooms: &[RoomName]) -> Vec<Result<Cursor>> {
        self.panic_if_armed("heads");
        let head = self.read(|state| {
            let Head { seq, uid } = state.head();
            Cursor { epoch: state.epoch.clone(), seq, uid }
        });
        vec![head.await; rooms.len()]
    }
}

/// The simulation does not cover read markers.
#[async_trait]
impl ReadMarkers for SimulatedBackend {
    async fn store(&self, _: &[ReadMarkerUpdate]) -> Result<()> {
        self.panic_if_armed("store");
        Ok(())
    }

    async fn position(&self, _: &str, _: &RoomName) -> Result<Option<ReadPosition>> {
        Ok(None)
    }
}

#[async_trait]
impl Presence for SimulatedBackend {
    async fn enter(&self, _: &RoomName, _: &str, _: &User) -> Result<Roster> {
        Ok(Roster::default())
    }

    async fn leave(&self, _: &RoomName, _: &str) -> Result<()> {
        self.panic_if_armed("leave");
        Ok(())
    }

    async fn refresh(&self, _: &RoomName, _: &[(String, User)], _: u64) -> Result<()> {
        self.panic_if_armed("refresh");
        Ok(())
    }

    async fn sweep(&self, _: &[RoomName]) -> Result<()> {
        Ok(())
    }

    async fn roster(&self, _: &RoomName) -> Result<Roster> {
        Ok(Roster::default())
    }
}
