use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use protocol::RoomName;
use tokio::runtime::{self, Runtime};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::lock::DataDirLock;
use super::relay::Relay;
use super::store::{Store, Write, WriteResult};
use crate::backend::{AppendReceipt, BackendError, BackendUpdate, EventDraft, ReadReceipt, Result, StoredEvent};
use crate::supervisor::record_panic;

/// How many jobs may wait for the thread. When the queue is full, callers wait.
const QUEUE: usize = 1_024;
/// How many jobs share one transaction, and so one fsync.
const BATCH: usize = 256;
/// The reason of an error when a job was dropped without a reply.
const LOST_REPLY: &str = "the writer thread has ended or panicked";

/// The thread that writes the history. Jobs that arrive during a commit share the next one.
///
/// Dropping it completes the queued jobs and ends the thread, which blocks for the time of one commit.
pub struct Writer {
    jobs: Option<mpsc::Sender<WriteJob>>,
    closing: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

enum WriteJob {
    Append { room: RoomName, draft: EventDraft, reply: oneshot::Sender<Result<AppendReceipt>> },
    CreateRoom { room: RoomName, epoch: String, at: u64, reply: oneshot::Sender<Result<()>> },
    StoreReads { receipts: Vec<ReadReceipt>, reply: oneshot::Sender<Result<()>> },
}

impl Writer {
    /// Starts the thread, which holds `lock` for as long as the file is open.
    pub fn start(store: Store, relay: Arc<Relay>, lock: DataDirLock) -> io::Result<Self> {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let closing = CancellationToken::new();
        let runtime = runtime::Builder::new_current_thread().build()?;
        let thread_state = WriterThread { store, relay, runtime, closing: closing.clone() };
        let thread = thread::Builder::new().name("sala-writer".into()).spawn(move || {
            thread_state.run(queue);
            drop(lock);
        })?;
        Ok(Self { jobs: Some(jobs), closing, thread: Some(thread) })
    }

    pub async fn append(&self, room: RoomName, draft: EventDraft) -> Result<AppendReceipt> {
        self.submit(|reply| WriteJob::Append { room, draft, reply }).await
    }

    /// Creates a room that does not exist.
    pub async fn create_room(&self, room: RoomName, epoch: String, at: u64) -> Result<()> {
        self.submit(|reply| WriteJob::CreateRoom { room, epoch, at, reply }).await
    }

    /// Stores read positions.
    pub async fn store_reads(&self, receipts: Vec<ReadReceipt>) -> Result<()> {
        self.submit(|reply| WriteJob::StoreReads { receipts, reply }).await
    }

    async fn submit<T>(&self, job: impl FnOnce(oneshot::Sender<Result<T>>) -> WriteJob) -> Result<T> {
        let gone = || BackendError::Unavailable(LOST_REPLY.into());
        let (reply, answer) = oneshot::channel();
        let jobs = self.jobs.as_ref().expect("only drop takes the queue");
        jobs.send(job(reply)).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.closing.cancel();
        self.jobs = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the writer thread has panicked");
        }
    }
}

/// State of the writer thread.
struct WriterThread {
    store: Store,
    relay: Arc<Relay>,
    /// Runs only the wait for space in the queue of updates.
    runtime: Runtime,
    closing: CancellationToken,
}

impl WriterThread {
    fn run(mut self, mut queue: mpsc::Receiver<WriteJob>) {
        let mut batch = Vec::with_capacity(BATCH);
        while queue.blocking_recv_many(&mut batch, BATCH) > 0 {
            if catch_unwind(AssertUnwindSafe(|| self.commit(&mut batch))).is_err() {
                record_panic("sqlite_writer");
                self.recover(&mut batch);
            }
        }
    }

    /// Continues after a panic. The transaction may have been committed without its replies and updates, so callers
    /// retry and the hub compares heads.
    fn recover(&mut self, batch: &mut Vec<WriteJob>) {
        self.store.clear_cache();
        batch.drain(..).for_each(|job| job.fail(LOST_REPLY));
        self.relay.send_blocking(BackendUpdate::PossibleGap, &self.runtime, &self.closing);
    }

    fn commit(&mut self, batch: &mut Vec<WriteJob>) {
        match self.store.commit(batch.iter().map(WriteJob::as_write)) {
            Ok(done) => {
                let done = batch.drain(..).zip(done);
                let changes: Vec<_> = done.filter_map(|(job, done)| job.finish(done, &self.relay)).collect();
                for update in changes {
                    self.relay.send_blocking(update, &self.runtime, &self.closing);
                }
            }
            Err(error) => {
                let reason = error.to_string();
                batch.drain(..).for_each(|job| job.fail(&reason));
            }
        }
    }
}

impl WriteJob {
    fn as_write(&self) -> Write<'_> {
        match self {
            Self::Append { room, draft, .. } => Write::Append(room, draft),
            Self::CreateRoom { room, epoch, at, .. } => Write::CreateRoom(room, epoch, *at),
            Self::StoreReads { receipts, .. } => Write::StoreReads(receipts),
        }
    }

    /// Replies, and returns the update to send. Whether the room is subscribed to is read before the reply, because the
    /// caller may then unsubscribe. A caller that has gone is not an error.
    fn finish(self, done: WriteResult, relay: &Relay) -> Option<BackendUpdate> {
        match (self, done) {
            (Self::Append { room, draft, reply }, WriteResult::Appended { receipt, epoch, prev }) => {
                #[cfg(test)]
                assert_ne!(draft.body, tests::PANIC, "armed by the test");
                let is_heard = relay.is_subscribed(&room);
                let _ = reply.send(Ok(receipt));
                let event = StoredEvent { seq: receipt.seq, uid: draft.uid, prev, body: draft.body };
                is_heard.then_some(BackendUpdate::Appended { room, epoch, event })
            }
            (Self::Append { reply, .. }, WriteResult::Duplicate(receipt)) => {
                let _ = reply.send(Ok(receipt));
                None
            }
            (Self::CreateRoom { reply, .. }, WriteResult::RoomCreated)
            | (Self::StoreReads { reply, .. }, WriteResult::ReadsStored) => {
                let _ = reply.send(Ok(()));
                None
            }
            (Self::Append { .. }, WriteResult::RoomCreated | WriteResult::ReadsStored)
            | (
                Self::CreateRoom { .. },
                WriteResult::Appended { .. } | WriteResult::Duplicate(_) | WriteResult::ReadsStored,
            )
            | (
                Self::StoreReads { .. },
                WriteResult::Appended { .. } | WriteResult::Duplicate(_) | WriteResult::RoomCreated,
            ) => {
                unreachable!("the store answers requests in their job")
            }
        }
    }

    fn fail(self, reason: &str) {
        let error = BackendError::Unavailable(reason.to_owned());
        match self {
            Self::Append { reply, .. } => drop(reply.send(Err(error))),
            Self::CreateRoom { reply, .. } | Self::StoreReads { reply, .. } => drop(reply.send(Err(error))),
        }
    }
}

#[cfg(test)]
mod tests {
    use protocol::MessageId;

    use super::super::{lock, schema};
    use super::*;

    /// The body of an event that makes the thread panic after the commit.
    pub const PANIC: &str = "panic";

    fn draft(id: &str, body: String) -> EventDraft {
        let (epoch, uid, author) = ("epoch".into(), format!("uid-{id}"), "u_ana".into());
        EventDraft { epoch, uid, author, id: MessageId::new(id).unwrap(), at: 1, body }
    }

    #[tokio::test]
    async fn continues_after_a_panic_and_reports_a_possible_gap() {
        let dir = tempfile::tempdir().unwrap();
        let db = schema::open(&dir.path().join("sala.db")).unwrap();
        let (updates, mut heard) = mpsc::channel(8);
        let (relay, room) = (Arc::new(Relay::new(updates)), RoomName::new("lobby").unwrap());
        relay.subscribe(&room);
        let lock = lock::acquire(dir.path()).unwrap();
        let writer = Writer::start(Store::new(db, 100), relay, lock).unwrap();
        let append = |id: &str, body: &str| writer.append(room.clone(), draft(id, body.to_owned()));

        let lost = append("1", PANIC).await;
        assert!(matches!(&lost, Err(BackendError::Unavailable(_))), "{lost:?}");
        assert_eq!(heard.recv().await, Some(BackendUpdate::PossibleGap));
        assert_eq!(append("1", PANIC).await.unwrap().seq, 1, "the event was stored before the panic");
        assert_eq!(append("2", "x").await.unwrap().seq, 2);
        let Some(BackendUpdate::Appended { event, .. }) = heard.recv().await else { panic!("an event") };
        assert_eq!(event.seq, 2);
    }

    #[tokio::test]
    async fn reports_a_full_disk_and_goes_on() {
        let dir = tempfile::tempdir().unwrap();
        let db = schema::open(&dir.path().join("sala.db")).unwrap();
        let pages: i64 = db.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
        // Makes SQLite answer SQLITE_FULL, as on a full disk.
        db.pragma_update(None, "max_page_count", pages + 8).unwrap();
        let (updates, mut heard) = mpsc::channel(8);
        let (relay, room) = (Arc::new(Relay::new(updates)), RoomName::new("lobby").unwrap());
        relay.subscribe(&room);
        let lock = lock::acquire(dir.path()).unwrap();
        let writer = Writer::start(Store::new(db, 100), relay, lock).unwrap();
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
