//! Supervision of background tasks. A task that panics is logged, counted, and started again.
//!
//! The same rule covers locks: [`lock`] ignores poison. A panic while a lock is held may leave half a change behind,
//! and the restarted task compares its state with the backend before it goes on.

use std::{
    panic::AssertUnwindSafe,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::FutureExt;
use tokio::time::sleep;

/// The pause before a restart, so that a task that always panics does not occupy a thread.
const RESTART_DELAY: Duration = Duration::from_millis(200);

/// Whether a task starts for the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// The first start.
    First,
    /// A restart after a panic. What the task was doing is lost.
    AfterPanic,
}

/// Runs a task until it returns, and starts it again after each panic.
pub async fn supervise<F, T>(name: &'static str, mut task: F)
where
    F: FnMut(Start) -> T,
    T: Future<Output = ()>,
{
    let mut start = Start::First;
    while AssertUnwindSafe(task(start)).catch_unwind().await.is_err() {
        record_panic(name);
        start = Start::AfterPanic;
        sleep(RESTART_DELAY).await;
    }
}

/// Logs and counts the panic of a task. The payload is not logged, because it may contain what people wrote.
pub fn record_panic(task: &'static str) {
    tracing::error!(task, "a background task panicked");
    metrics::counter!("sala_task_panics_total", "task" => task).increment(1);
}

/// Locks a mutex, poisoned or not.
pub fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
