//! What waits to be written to one socket.

use std::{collections::VecDeque, sync::Mutex};

use protocol::CloseCode;
use tokio::sync::{Notify, OwnedSemaphorePermit};

use super::encoded_event::EncodedFrame;

/// How many bytes of live events may wait, or be on their way to the kernel. A reader that falls further behind is closed with 4100 and resumes from its
/// cursor, so a slow one harms nobody but itself.
pub const MAX_LIVE_BYTES: usize = 256 * 1_024;

/// How many bytes of repaired events may wait. They come many at once, before any writer can run, and are shared by all members.
const MAX_REPAIR_BYTES: usize = 4 * 1_024 * 1_024;

/// How many bytes of replies may wait before the socket's next request is read. One reply may be larger than that.
const MAX_REPLY_BYTES: usize = 64 * 1_024;

/// The bounded queue of one socket. Events are pushed by rooms, which never wait; replies by the socket's own reader, which
/// waits for them to be written before it reads on.
#[derive(Debug, Default)]
pub struct SendQueue {
    state: Mutex<QueueState>,
    pushed: Notify,
    drained: Notify,
}

#[derive(Debug, Default)]
struct QueueState {
    frames: VecDeque<EncodedFrame>,
    /// What `frames` weigh.
    waiting: QueueUsage,
    /// What was collected weighs, until it is written.
    writing: QueueUsage,
    close_mode: Option<CloseMode>,
}

#[derive(Debug, Default)]
struct QueueUsage {
    live_bytes: usize,
    reply_bytes: usize,
    /// The leave to hold large answers, which others wait for.
    permits: Vec<OwnedSemaphorePermit>,
}

/// Why and how a socket ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseMode {
    /// What waits is dropped; the reader is too slow for it.
    Now(CloseCode),
    /// After what waits is written.
    AfterFlush(CloseCode),
    /// The peer is gone.
    Gone,
}

/// What the writer does next.
#[derive(Debug, PartialEq, Eq)]
pub enum NextWrite {
    /// Write these, then flush once.
    Frames(VecDeque<EncodedFrame>),
    /// End the socket.
    Close(CloseMode),
}

impl SendQueue {
    /// Puts a live event in, or closes the mailbox where the reader is too slow for it.
    pub fn push_event(&self, frame: EncodedFrame) {
        self.push_bounded(frame, MAX_LIVE_BYTES, |usage| &mut usage.live_bytes);
    }

    /// Puts in an event that was missed and read again.
    pub fn push_repaired(&self, frame: EncodedFrame) {
        self.push_bounded(frame, MAX_REPAIR_BYTES, |usage| &mut usage.reply_bytes);
    }

    /// Puts in what nobody misses, unless the reader lags.
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

    /// Puts the reply to a request in.
    pub fn push_reply(&self, frame: EncodedFrame) {
        self.push_reply_with_permit(frame, None);
    }

    /// Puts the reply to a request in. The permit is given back when the reply is written, or will never be.
    pub fn push_reply_with_permit(&self, frame: EncodedFrame, permit: Option<OwnedSemaphorePermit>) {
        let mut state = self.lock();
        if state.close_mode.is_none() {
            state.waiting.reply_bytes += frame.len();
            state.waiting.permits.extend(permit);
            state.frames.push_back(frame);
        }
        drop(state);
        self.pushed.notify_one();
    }

    /// Ends the socket; the first reason stands.
    pub fn close(&self, close_mode: CloseMode) {
        self.lock().end(close_mode);
        self.pushed.notify_one();
        self.drained.notify_one();
    }

    /// Waits until there is room for the reply to another request.
    pub async fn reply_capacity(&self) {
        loop {
            let drained = self.drained.notified();
            {
                let state = self.lock();
                let bytes = state.waiting.reply_bytes + state.writing.reply_bytes;
                if bytes < MAX_REPLY_BYTES || state.close_mode.is_some() {
                    return;
                }
            }
            drained.await;
        }
    }

    /// Waits for something to write, which counts as waiting until it is [`Mailbox::written`]. Cancel-safe: nothing is taken
    /// before it is returned.
    pub async fn next(&self) -> NextWrite {
        loop {
            let pushed = self.pushed.notified();
            if let Some(next) = self.try_next() {
                return next;
            }
            pushed.await;
        }
    }

    /// What is to be written now, if anything.
    pub fn try_next(&self) -> Option<NextWrite> {
        let mut state = self.lock();
        match state.close_mode {
            Some(close_mode @ (CloseMode::Now(_) | CloseMode::Gone)) => Some(NextWrite::Close(close_mode)),
            Some(close_mode) if state.frames.is_empty() => Some(NextWrite::Close(close_mode)),
            _ if !state.frames.is_empty() => Some(NextWrite::Frames(state.take_waiting())),
            _ => None,
        }
    }

    /// Says that what was collected is written, and makes room for more.
    pub fn mark_written(&self) {
        self.lock().writing = QueueUsage::default();
        self.drained.notify_one();
    }

    /// Waits until the socket must end without delay, while a write to it hangs.
    pub async fn closed_now(&self) -> CloseMode {
        loop {
            let pushed = self.pushed.notified();
            if let Some(close_mode @ (CloseMode::Now(_) | CloseMode::Gone)) = self.lock().close_mode {
                return close_mode;
            }
            pushed.await;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, QueueState> {
        self.state.lock().expect("no one panics while holding a send_queue")
    }
}

impl QueueState {
    fn take_waiting(&mut self) -> VecDeque<EncodedFrame> {
        self.writing = std::mem::take(&mut self.waiting);
        std::mem::take(&mut self.frames)
    }

    fn end(&mut self, close_mode: CloseMode) {
        if self.close_mode.is_none() || close_mode == CloseMode::Gone {
            self.close_mode = Some(close_mode);
        }
        if matches!(close_mode, CloseMode::Now(_) | CloseMode::Gone) {
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
    async fn a_slow_reader_is_closed_and_its_queue_dropped() {
        let send_queue = SendQueue::default();
        send_queue.push_event(frame(MAX_LIVE_BYTES));
        send_queue.push_event(frame(1));
        assert_eq!(send_queue.next().await, NextWrite::Close(CloseMode::Now(CloseCode::TooSlow)));
        assert!(send_queue.lock().frames.is_empty());
    }

    #[tokio::test]
    async fn a_large_reply_is_no_slow_reader() {
        let send_queue = SendQueue::default();
        send_queue.push_reply(frame(4 * MAX_LIVE_BYTES));
        send_queue.push_event(frame(1));
        let NextWrite::Frames(frames) = send_queue.next().await else { panic!("frames") };
        assert_eq!(frames.len(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_of_requests_waits_for_its_replies_to_be_written() {
        let send_queue = SendQueue::default();
        send_queue.reply_capacity().await;
        send_queue.push_reply(frame(MAX_REPLY_BYTES));
        let waiting = tokio::time::timeout(std::time::Duration::from_secs(1), send_queue.reply_capacity()).await;
        assert!(waiting.is_err());
        let (_, next) = tokio::join!(send_queue.reply_capacity(), async {
            let next = send_queue.next().await;
            send_queue.mark_written();
            next
        });
        assert!(matches!(next, NextWrite::Frames(_)));
    }

    #[tokio::test]
    async fn what_is_being_written_still_counts() {
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
    async fn a_permit_comes_back_when_its_reply_is_written_or_dropped() {
        let permits = Arc::new(Semaphore::new(1));
        let permit = || Arc::clone(&permits).try_acquire_owned().ok();
        let send_queue = SendQueue::default();
        send_queue.push_reply_with_permit(frame(1), permit());
        send_queue.next().await;
        assert!(permit().is_none());
        send_queue.mark_written();
        send_queue.push_reply_with_permit(frame(1), permit());
        assert!(permit().is_none());
        send_queue.close(CloseMode::Gone);
        send_queue.push_reply_with_permit(frame(1), permit());
        assert!(permit().is_some());
    }

    #[tokio::test]
    async fn a_polite_close_comes_after_what_waits() {
        let send_queue = SendQueue::default();
        send_queue.push_reply(frame(1));
        send_queue.close(CloseMode::AfterFlush(CloseCode::GoingAway));
        send_queue.push_reply(frame(1));
        assert!(matches!(send_queue.next().await, NextWrite::Frames(frames) if frames.len() == 1));
        assert_eq!(send_queue.next().await, NextWrite::Close(CloseMode::AfterFlush(CloseCode::GoingAway)));
    }
}
