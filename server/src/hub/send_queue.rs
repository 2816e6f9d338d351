//! The bounded queue of encoded frames that wait for one socket.

use std::{collections::VecDeque, sync::Mutex};

use protocol::CloseCode;
use tokio::sync::{Notify, OwnedSemaphorePermit};

use super::encoded_event::EncodedFrame;
use crate::supervisor::lock;

/// Limit in bytes for live events that are queued or being written. When it is exceeded, the socket is closed with 4100
/// and the client resumes from its cursor, so a slow reader affects nobody else.
pub const MAX_LIVE_BYTES: usize = 256 * 1_024;

/// Limit in bytes for repaired events. A repair pushes many events at once, before any writer task can run, and all
/// members share their allocations. When it is exceeded, the socket is closed with 4100.
const MAX_REPAIR_BYTES: usize = 4 * 1_024 * 1_024;

/// Limit in bytes for queued responses. When it is reached, the socket's next request is not read. A single response may be
/// larger.
const MAX_RESPONSE_BYTES: usize = 64 * 1_024;

/// The send queue of one socket. Rooms push events and never wait. The socket's own read loop pushes responses, and waits
/// for them to be written before it reads the next request.
#[derive(Debug, Default)]
pub struct SendQueue {
    state: Mutex<QueueState>,
    pushed: Notify,
    written: Notify,
}

#[derive(Debug, Default)]
struct QueueState {
    frames: VecDeque<EncodedFrame>,
    /// Usage of `frames`.
    waiting: QueueUsage,
    /// Usage of the frames taken from the queue but not yet flushed.
    writing: QueueUsage,
    close_mode: Option<CloseMode>,
}

#[derive(Debug, Default)]
struct QueueUsage {
    live_bytes: usize,
    response_bytes: usize,
    /// Permits to hold large responses in memory; other joins wait for them.
    permits: Vec<OwnedSemaphorePermit>,
}

/// How a socket is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseMode {
    /// Immediately; queued frames are dropped.
    Now(CloseCode),
    /// After the queued frames are written.
    AfterFlush(CloseCode),
    /// The peer has disconnected; queued frames are dropped.
    Disconnected,
}

/// The next action of the writer task.
#[derive(Debug, PartialEq, Eq)]
pub enum NextWrite {
    /// Write these frames, then flush once.
    Frames(VecDeque<EncodedFrame>),
    /// Close the socket.
    Close(CloseMode),
}

impl SendQueue {
    /// Queues a live event. Closes the queue if the reader is too slow.
    pub fn push_event(&self, frame: EncodedFrame) {
        self.push_bounded(frame, MAX_LIVE_BYTES, |usage| &mut usage.live_bytes);
    }

    /// Queues an event that was missed and then read from the history.
    pub fn push_repaired(&self, frame: EncodedFrame) {
        self.push_bounded(frame, MAX_REPAIR_BYTES, |usage| &mut usage.response_bytes);
    }

    /// Queues an ephemeral frame. Drops it if the reader is slow.
    pub fn push_ephemeral(&self, frame: EncodedFrame) {
        let lags = {
            let state = self.lock();
            state.waiting.live_bytes + state.writing.live_bytes > MAX_LIVE_BYTES / 4
        };
        if !lags {
            self.push_event(frame);
        }
    }

    fn push_bounded(&self, frame: EncodedFrame, limit: usize, bytes: impl Fn(&mut QueueUsage) -> &mut usize) {
        let mut state = self.lock();
        if state.close_mode.is_some() {
            return;
        }
        if *bytes(&mut state.waiting) + *bytes(&mut state.writing) + frame.len() > limit {
            metrics::counter!("sala_slow_readers_total").increment(1);
            state.end(CloseMode::Now(CloseCode::TooSlow));
        } else {
            *bytes(&mut state.waiting) += frame.len();
            state.frames.push_back(frame);
        }
        drop(state);
        self.pushed.notify_one();
    }

    /// Queues the response to a request.
    pub fn push_response(&self, frame: EncodedFrame) {
        self.push_response_with_permit(frame, None);
    }

    /// Queues the response to a request. The permit is released when the response is written or dropped.
    pub fn push_response_with_permit(&self, frame: EncodedFrame, permit: Option<OwnedSemaphorePermit>) {
        let mut state = self.lock();
        if state.close_mode.is_none() {
            state.waiting.response_bytes += frame.len();
            state.waiting.permits.extend(permit);
            state.frames.push_back(frame);
        }
        drop(state);
        self.pushed.notify_one();
    }

    /// Closes the socket. The first close mode is kept, except that [`CloseMode::Disconnected`] replaces any other.
    pub fn close(&self, close_mode: CloseMode) {
        self.lock().end(close_mode);
        self.pushed.notify_one();
        self.written.notify_one();
    }

    /// Waits until the response to another request fits.
    pub async fn response_capacity(&self) {
        loop {
            let written = self.written.notified();
            {
                let state = self.lock();
                let bytes = state.waiting.response_bytes + state.writing.response_bytes;
                if bytes < MAX_RESPONSE_BYTES || state.close_mode.is_some() {
                    return;
                }
            }
            written.await;
        }
    }

    /// Waits for the next action of the writer task. Frames count towards the limits until [`SendQueue::mark_written`].
    /// Cancel-safe: frames are only taken when they are returned.
    pub async fn next(&self) -> NextWrite {
        loop {
            let pushed = self.pushed.notified();
            if let Some(next) = self.try_next() {
                return next;
            }
            pushed.await;
        }
    }

    /// The next action of the writer task, if there is one now.
    pub fn try_next(&self) -> Option<NextWrite> {
        let mut state = self.lock();
        match state.close_mode {
            Some(close_mode @ (CloseMode::Now(_) | CloseMode::Disconnected)) => Some(NextWrite::Close(close_mode)),
            Some(close_mode) if state.frames.is_empty() => Some(NextWrite::Close(close_mode)),
            _ if !state.frames.is_empty() => Some(NextWrite::Frames(state.take_waiting())),
            _ => None,
        }
    }

    /// Records that the frames taken last are flushed.
    pub fn mark_written(&self) {
        self.lock().writing = QueueUsage::default();
        self.written.notify_one();
    }

    /// Waits until the socket must be closed immediately. The writer task polls it while a write hangs.
    pub async fn closed_now(&self) -> CloseMode {
        loop {
            let pushed = self.pushed.notified();
            if let Some(close_mode @ (CloseMode::Now(_) | CloseMode::Disconnected)) = self.lock().close_mode {
                return close_mode;
            }
            pushed.await;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, QueueState> {
        lock(&self.state)
    }
}

impl QueueState {
    fn take_waiting(&mut self) -> VecDeque<EncodedFrame> {
        self.writing = std::mem::take(&mut self.waiting);
        std::mem::take(&mut self.frames)
    }

    fn end(&mut self, close_mode: CloseMode) {
        if self.close_mode.is_none() || close_mode == CloseMode::Disconnected {
            self.close_mode = Some(close_mode);
        }
        if matches!(close_mode, CloseMode::Now(_) | CloseMode::Disconnected) {
            self.frames = VecDeque::new();
            self.waiting = QueueUsage::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::sync::Semaphore;

    use super::*;

    fn frame(bytes: usize) -> EncodedFrame {
        vec![b'x'; bytes].into()
    }

    #[tokio::test]
    async fn closes_a_slow_reader_and_drops_its_queue() {
        let send_queue = SendQueue::default();
        send_queue.push_event(frame(MAX_LIVE_BYTES));
        send_queue.push_event(frame(1));
        assert_eq!(send_queue.next().await, NextWrite::Close(CloseMode::Now(CloseCode::TooSlow)));
        assert!(send_queue.lock().frames.is_empty());
    }

    #[tokio::test]
    async fn does_not_close_for_one_large_response() {
        let send_queue = SendQueue::default();
        send_queue.push_response(frame(4 * MAX_LIVE_BYTES));
        send_queue.push_event(frame(1));
        let NextWrite::Frames(frames) = send_queue.next().await else { panic!("frames") };
        assert_eq!(frames.len(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn reads_no_request_before_responses_are_written() {
        let send_queue = SendQueue::default();
        send_queue.response_capacity().await;
        send_queue.push_response(frame(MAX_RESPONSE_BYTES));
        let waiting = tokio::time::timeout(std::time::Duration::from_secs(1), send_queue.response_capacity()).await;
        assert!(waiting.is_err());
        let (_, next) = tokio::join!(send_queue.response_capacity(), async {
            let next = send_queue.next().await;
            send_queue.mark_written();
            next
        });
        assert!(matches!(next, NextWrite::Frames(_)));
    }

    #[tokio::test]
    async fn counts_frames_until_they_are_written() {
        let send_queue = SendQueue::default();
        send_queue.push_event(frame(MAX_LIVE_BYTES));
        send_queue.next().await;
        send_queue.push_event(frame(1));
        assert_eq!(send_queue.next().await, NextWrite::Close(CloseMode::Now(CloseCode::TooSlow)));

        let send_queue = SendQueue::default();
        send_queue.push_event(frame(MAX_LIVE_BYTES));
        send_queue.next().await;
        send_queue.mark_written();
        send_queue.push_event(frame(1));
        assert!(matches!(send_queue.next().await, NextWrite::Frames(_)));
    }

    #[tokio::test]
    async fn releases_a_permit_when_its_response_is_written_or_dropped() {
        let permits = Arc::new(Semaphore::new(1));
        let permit = || Arc::clone(&permits).try_acquire_owned().ok();
        let send_queue = SendQueue::default();
        send_queue.push_response_with_permit(frame(1), permit());
        send_queue.next().await;
        assert!(permit().is_none());
        send_queue.mark_written();
        send_queue.push_response_with_permit(frame(1), permit());
        assert!(permit().is_none());
        send_queue.close(CloseMode::Disconnected);
        send_queue.push_response_with_permit(frame(1), permit());
        assert!(permit().is_some());
    }

    #[tokio::test]
    async fn closes_after_queued_frames_are_written() {
        let send_queue = SendQueue::default();
        send_queue.push_response(frame(1));
        send_queue.close(CloseMode::AfterFlush(CloseCode::GoingAway));
        send_queue.push_response(frame(1));
        assert!(matches!(send_queue.next().await, NextWrite::Frames(frames) if frames.len() == 1));
        assert_eq!(send_queue.next().await, NextWrite::Close(CloseMode::AfterFlush(CloseCode::GoingAway)));
    }
}
