use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use tokio::runtime::{self, Runtime};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::broker::Relay;
use super::lock::DataDirLock;
use super::store::{Store, WriteBatch};
use crate::backend::{BackendError, BackendUpdate, Result};
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
    jobs: Option<mpsc::Sender<Box<dyn WriteJob>>>,
    closing: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

/// One write and its reply.
trait WriteJob: Send {
    /// Runs the write in a transaction.
    fn write(&mut self, batch: &mut WriteBatch<'_>) -> rusqlite::Result<()>;

    /// Replies after the transaction was committed, or was not for this reason. A caller that has gone is not an error.
    fn reply(self: Box<Self>, committed: std::result::Result<(), &str>);
}

struct Job<T, W> {
    write: Option<W>,
    result: Option<T>,
    reply: oneshot::Sender<Result<T>>,
}

impl<T: Send, W: FnOnce(&mut WriteBatch<'_>) -> rusqlite::Result<T> + Send> WriteJob for Job<T, W> {
    fn write(&mut self, batch: &mut WriteBatch<'_>) -> rusqlite::Result<()> {
        let write = self.write.take().expect("a job is in one transaction");
        self.result = Some(write(batch)?);
        Ok(())
    }

    fn reply(self: Box<Self>, committed: std::result::Result<(), &str>) {
        let result = match committed {
            Ok(()) => Ok(self.result.expect("every write of a committed transaction has run")),
            Err(reason) => Err(BackendError::Unavailable(reason.to_owned())),
        };
        let _ = self.reply.send(result);
    }
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

    /// Runs a write in the next transaction, and returns its result when it is committed.
    pub async fn write<T: Send + 'static>(
        &self,
        write: impl FnOnce(&mut WriteBatch<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T> {
        let gone = || BackendError::Unavailable(LOST_REPLY.into());
        let (reply, answer) = oneshot::channel();
        let jobs = self.jobs.as_ref().expect("only drop takes the queue");
        jobs.send(Box::new(Job { write: Some(write), result: None, reply })).await.map_err(|_| gone())?;
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
    fn run(mut self, mut queue: mpsc::Receiver<Box<dyn WriteJob>>) {
        let mut jobs = Vec::with_capacity(BATCH);
        while queue.blocking_recv_many(&mut jobs, BATCH) > 0 {
            if catch_unwind(AssertUnwindSafe(|| self.commit(&mut jobs))).is_err() {
                record_panic("sqlite_writer");
                self.recover(&mut jobs);
            }
        }
    }

    /// Continues after a panic. The transaction may have been committed without its replies and updates, so callers
    /// retry and the hub compares heads.
    fn recover(&mut self, jobs: &mut Vec<Box<dyn WriteJob>>) {
        self.store.clear_cache();
        jobs.drain(..).for_each(|job| job.reply(Err(LOST_REPLY)));
        self.relay.send_blocking(BackendUpdate::PossibleGap, &self.runtime, &self.closing);
    }

    fn commit(&mut self, jobs: &mut Vec<Box<dyn WriteJob>>) {
        let committed = self.store.commit(|batch| jobs.iter_mut().try_for_each(|job| job.write(batch)));
        let reason = committed.as_ref().err().map(ToString::to_string);
        let updates = committed.unwrap_or_default();
        #[cfg(test)]
        tests::panic_if_armed(&updates);
        // Which rooms are subscribed to is read before the replies, because their callers may then unsubscribe.
        let is_subscribed = |update: &BackendUpdate| match update {
            BackendUpdate::Appended { room, .. } | BackendUpdate::Ephemeral { room, .. } => {
                self.relay.is_subscribed(room)
            }
            BackendUpdate::PossibleGap => true,
        };
        let updates: Vec<_> = updates.into_iter().filter(is_subscribed).collect();
        for job in jobs.drain(..) {
            job.reply(reason.as_deref().map_or(Ok(()), Err));
        }
        for update in updates {
            self.relay.send_blocking(update, &self.runtime, &self.closing);
        }
    }
}

#[cfg(test)]
mod tests {
    use protocol::{MessageId, RoomName};

    use super::super::{lock, schema};
    use super::*;
    use crate::backend::EventDraft;

    /// The body of an event that makes the thread panic after the commit.
    const PANIC: &str = "panic";

    pub fn panic_if_armed(updates: &[BackendUpdate]) {
        let is_armed =
            |update: &BackendUpdate| matches!(update, BackendUpdate::Appended { event, .. } if event.body == PANIC);
        assert!(!updates.iter().any(is_armed), "armed by the test");
    }

    fn draft(id: &str, body: String) -> EventDraft {
        let (epoch, uid, author) = ("epoch".into(), format!("uid-{id}"), "u_ana".into());
        EventDraft { epoch, uid, author, id: MessageId::new(id).unwrap(), at: 1, body }
    }

    #[tokio::test]
    async fn continues_after_a_panic_and_reports_a_possible_gap() {
        let dir = tempfile::tempdir().unwrap();
        let db = schema::open(&dir.path().join("sala.db")).unwrap();
        let (updates, mut receiver) = mpsc::channel(8);
        let (relay, room) = (Arc::new(Relay::new(updates)), RoomName::new("lobby").unwrap());
        relay.subscribe(&room);
        let lock = lock::acquire(dir.path()).unwrap();
        let writer = Writer::start(Store::new(db, 100), relay, lock).unwrap();
        let append = |id: &str, body: &str| {
            let (room, draft) = (room.clone(), draft(id, body.to_owned()));
            writer.write(move |batch| batch.append(room, draft))
        };

        let lost = append("1", PANIC).await;
        assert!(matches!(&lost, Err(BackendError::Unavailable(_))), "{lost:?}");
        assert_eq!(receiver.recv().await, Some(BackendUpdate::PossibleGap));
        assert_eq!(append("1", PANIC).await.unwrap().seq, 1, "the event was stored before the panic");
        assert_eq!(append("2", "x").await.unwrap().seq, 2);
        let Some(BackendUpdate::Appended { event, .. }) = receiver.recv().await else { panic!("an event") };
        assert_eq!(event.seq, 2);
    }

    #[tokio::test]
    async fn reports_a_full_disk_and_goes_on() {
        let dir = tempfile::tempdir().unwrap();
        let db = schema::open(&dir.path().join("sala.db")).unwrap();
        let pages: i64 = db.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
        // Makes SQLite answer SQLITE_FULL, as on a full disk.
        db.pragma_update(None, "max_page_count", pages + 8).unwrap();
        let (updates, mut receiver) = mpsc::channel(8);
        let (relay, room) = (Arc::new(Relay::new(updates)), RoomName::new("lobby").unwrap());
        relay.subscribe(&room);
        let lock = lock::acquire(dir.path()).unwrap();
        let writer = Writer::start(Store::new(db, 100), relay, lock).unwrap();
        let append = |id: &str, length: usize| {
            let (room, draft) = (room.clone(), draft(id, "x".repeat(length)));
            writer.write(move |batch| batch.append(room, draft))
        };

        assert_eq!(append("1", 10).await.unwrap().seq, 1);
        let full = append("2", 1_000_000).await;
        assert!(matches!(&full, Err(BackendError::Unavailable(reason)) if reason.contains("full")), "{full:?}");
        assert_eq!(append("2", 10).await.unwrap().seq, 2);
        for expected in [1, 2] {
            let Some(BackendUpdate::Appended { event, .. }) = receiver.recv().await else { panic!("an event") };
            assert_eq!(event.seq, expected);
        }
    }
}
