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
use tokio::time::{Instant, sleep};

/// The pause before a restart. It doubles from one panic to the next, so that a task that always panics occupies neither
/// a thread nor the log.
const MIN_RESTART_DELAY: Duration = Duration::from_millis(200);
const MAX_RESTART_DELAY: Duration = Duration::from_secs(10);

/// After a run of this length the pause is short again.
const HEALTHY_RUN: Duration = Duration::from_secs(60);

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
    let (mut start, mut delay) = (Start::First, MIN_RESTART_DELAY);
    loop {
        let started = Instant::now();
        if AssertUnwindSafe(task(start)).catch_unwind().await.is_ok() {
            return;
        }
        record_panic(name);
        if started.elapsed() >= HEALTHY_RUN {
            delay = MIN_RESTART_DELAY;
        }
        sleep(delay).await;
        (start, delay) = (Start::AfterPanic, (delay * 2).min(MAX_RESTART_DELAY));
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

#[cfg(test)]
mod tests {
    use tokio::time::timeout;

    use super::*;

    /// How often a task that panics after each run of this length is started within ten minutes.
    async fn starts_within_ten_minutes(run: Duration) -> u32 {
        let mut starts = 0;
        let task = supervise("test", |_| {
            starts += 1;
            async move {
                sleep(run).await;
                panic!("by the test");
            }
        });
        let ended = timeout(Duration::from_secs(600), task).await;
        assert!(ended.is_err(), "the task is started again and again");
        starts
    }

    #[tokio::test(start_paused = true)]
    async fn restarts_back_off_until_a_run_is_long() {
        let at_once = starts_within_ten_minutes(Duration::ZERO).await;
        assert!((60..70).contains(&at_once), "one every ten seconds in the end: {at_once}");
        let healthy = starts_within_ten_minutes(HEALTHY_RUN).await;
        assert_eq!(healthy, 10, "with a short pause after each");
    }
}
