use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use protocol::RoomName;
use tokio::runtime::{self, Runtime};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::lock::Claim;
use super::relay::Relay;
use super::store::{Done, Request, Store};
use crate::backend::{AppendReceipt, BackendError, BackendUpdate, EventDraft, ReadReceipt, Result, StoredEvent};

/// How many orders may wait for the writer. When it is full, whoever has another one waits.
const QUEUE: usize = 1_024;
/// How many orders share one transaction, and so one wait for the disk.
const BATCH: usize = 256;

/// The one thread that writes the history. While it waits for the disk orders gather; then they share the next wait.
///
/// Dropping it finishes the orders that are in the queue and ends the thread, which blocks for the time of one commit.
pub struct Writer {
    orders: Option<mpsc::Sender<Order>>,
    closing: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

enum Order {
    Append { room: RoomName, draft: EventDraft, reply: oneshot::Sender<Result<AppendReceipt>> },
    Open { room: RoomName, epoch: String, at: u64, reply: oneshot::Sender<Result<()>> },
    Keep { positions: Vec<ReadReceipt>, reply: oneshot::Sender<Result<()>> },
}

impl Writer {
    /// Starts the thread, which keeps `claim` for as long as it has the file.
    pub fn start(store: Store, relay: Arc<Relay>, claim: Claim) -> io::Result<Self> {
        let (orders, queue) = mpsc::channel(QUEUE);
        let closing = CancellationToken::new();
        let waiting = runtime::Builder::new_current_thread().build()?;
        let desk = Desk { store, relay, waiting, closing: closing.clone() };
        let thread = thread::Builder::new().name("sala-writer".into()).spawn(move || {
            desk.work(queue);
            drop(claim);
        })?;
        Ok(Self { orders: Some(orders), closing, thread: Some(thread) })
    }

    pub async fn append(&self, room: RoomName, draft: EventDraft) -> Result<AppendReceipt> {
        self.order(|reply| Order::Append { room, draft, reply }).await
    }

    /// Gives a room that was never seen an epoch.
    pub async fn open(&self, room: RoomName, epoch: String, at: u64) -> Result<()> {
        self.order(|reply| Order::Open { room, epoch, at, reply }).await
    }

    /// Notes how far people have read.
    pub async fn keep(&self, positions: Vec<ReadReceipt>) -> Result<()> {
        self.order(|reply| Order::Keep { positions, reply }).await
    }

    async fn order<T>(&self, order: impl FnOnce(oneshot::Sender<Result<T>>) -> Order) -> Result<T> {
        let gone = || BackendError::Unavailable("the thread that writes the history has ended".into());
        let (reply, answer) = oneshot::channel();
        let orders = self.orders.as_ref().expect("only dropping takes the queue away");
        orders.send(order(reply)).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.closing.cancel();
        self.orders = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that writes the history has panicked");
        }
    }
}

/// Where the thread works.
struct Desk {
    store: Store,
    relay: Arc<Relay>,
    /// Runs nothing but the wait for a place in the queue of updates.
    waiting: Runtime,
    closing: CancellationToken,
}

impl Desk {
    fn work(mut self, mut queue: mpsc::Receiver<Order>) {
        let mut batch = Vec::with_capacity(BATCH);
        while queue.blocking_recv_many(&mut batch, BATCH) > 0 {
            self.settle(&mut batch);
        }
    }

    fn settle(&mut self, batch: &mut Vec<Order>) {
        match self.store.commit(batch.iter().map(Order::request)) {
            Ok(done) => {
                let done = batch.drain(..).zip(done);
                let news: Vec<_> = done.filter_map(|(order, done)| order.answer(done, &self.relay)).collect();
                for update in news {
                    self.relay.update(update, &self.waiting, &self.closing);
                }
            }
            Err(error) => {
                let reason = error.to_string();
                batch.drain(..).for_each(|order| order.refuse(&reason));
            }
        }
    }
}

impl Order {
    fn request(&self) -> Request<'_> {
        match self {
            Self::Append { room, draft, .. } => Request::Append(room, draft),
            Self::Open { room, epoch, at, .. } => Request::Open(room, epoch, *at),
            Self::Keep { positions, .. } => Request::Keep(positions),
        }
    }

    /// Answers, and gives what is to be signalled: who is listening is seen before anyone can act on the answer. Whoever asked
    /// may have gone meanwhile; that is no failure.
    fn answer(self, done: Done, relay: &Relay) -> Option<BackendUpdate> {
        match (self, done) {
            (Self::Append { room, draft, reply }, Done::Appended { receipt, epoch, prev }) => {
                let is_heard = relay.reaches(&room);
                let _ = reply.send(Ok(receipt));
                let event = StoredEvent { seq: receipt.seq, uid: draft.uid, prev, body: draft.body };
                is_heard.then_some(BackendUpdate::Appended { room, epoch, event })
            }
            (Self::Append { reply, .. }, Done::Known(receipt)) => {
                let _ = reply.send(Ok(receipt));
                None
            }
            (Self::Open { reply, .. }, Done::Opened) | (Self::Keep { reply, .. }, Done::Kept) => {
                let _ = reply.send(Ok(()));
                None
            }
            (Self::Append { .. }, Done::Opened | Done::Kept)
            | (Self::Open { .. }, Done::Appended { .. } | Done::Known(_) | Done::Kept)
            | (Self::Keep { .. }, Done::Appended { .. } | Done::Known(_) | Done::Opened) => {
                unreachable!("the store answers requests in their order")
            }
        }
    }

    fn refuse(self, reason: &str) {
        let error = BackendError::Unavailable(reason.to_owned());
        match self {
            Self::Append { reply, .. } => drop(reply.send(Err(error))),
            Self::Open { reply, .. } | Self::Keep { reply, .. } => drop(reply.send(Err(error))),
        }
    }
}

#[cfg(test)]
mod tests {
    use protocol::MessageId;

    use super::super::{lock, schema};
    use super::*;

    fn draft(id: &str, body: String) -> EventDraft {
        let (epoch, uid, author) = ("epoch".into(), format!("uid-{id}"), "u_ana".into());
        EventDraft { epoch, uid, author, id: MessageId::new(id).unwrap(), at: 1, body }
    }

    #[tokio::test]
    async fn a_full_disk_is_said_and_survived() {
        let dir = tempfile::tempdir().unwrap();
        let db = schema::open(&dir.path().join("sala.db")).unwrap();
        let pages: i64 = db.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
        // As good as a full disk: SQLite answers SQLITE_FULL.
        db.pragma_update(None, "max_page_count", pages + 8).unwrap();
        let (updates, mut heard) = mpsc::channel(8);
        let (relay, room) = (Arc::new(Relay::new(updates)), RoomName::new("lobby").unwrap());
        relay.subscribe(&room);
        let claim = lock::claim(dir.path()).unwrap();
        let writer = Writer::start(Store::new(db, 100), relay, claim).unwrap();
        let append = |id: &str, length: usize| writer.append(room.clone(), draft(id, "x".repeat(length)));

        assert_eq!(append("1", 10).await.unwrap().seq, 1);
        let full = append("2", 1_000_000).await;
        assert!(matches!(&full, Err(BackendError::Unavailable(reason)) if reason.contains("full")), "{full:?}");
        assert_eq!(append("2", 10).await.unwrap().seq, 2);
        for expected in [1, 2] {
            let Some(BackendUpdate::Appended { event, .. }) = heard.recv().await else { panic!("an event") };
            assert_eq!(event.seq, expected);
        }
    }
}
