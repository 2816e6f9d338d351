//! What waits to be written to one socket.

use std::{collections::VecDeque, sync::Mutex};

use protocol::CloseCode;
use tokio::sync::{Notify, OwnedSemaphorePermit};

use super::frame::Frame;

/// How many bytes of live events may wait, or be on their way to the kernel. A reader that falls further behind is closed with 4100 and resumes from its
/// cursor, so a slow one harms nobody but itself.
pub const LIVE_BYTES: usize = 256 * 1_024;

/// How many bytes of repaired events may wait. They come many at once, before any writer can run, and are shared by all members.
const REPAIR_BYTES: usize = 4 * 1_024 * 1_024;

/// How many bytes of replies may wait before the socket's next request is read. One reply may be larger than that.
const REPLY_BYTES: usize = 64 * 1_024;

/// The bounded queue of one socket. Events are pushed by rooms, which never wait; replies by the socket's own reader, which
/// waits for them to be written before it reads on.
#[derive(Debug, Default)]
pub struct Mailbox {
    inner: Mutex<Inner>,
    filled: Notify,
    emptied: Notify,
}

#[derive(Debug, Default)]
struct Inner {
    frames: VecDeque<Frame>,
    /// What `frames` weigh.
    waiting: Load,
    /// What was collected weighs, until it is written.
    writing: Load,
    closing: Option<Closing>,
}

#[derive(Debug, Default)]
struct Load {
    live_bytes: usize,
    reply_bytes: usize,
    /// The leave to hold large answers, which others wait for.
    permits: Vec<OwnedSemaphorePermit>,
}

/// Why and how a socket ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    /// What waits is dropped; the reader is too slow for it.
    Now(CloseCode),
    /// After what waits is written.
    AfterFlush(CloseCode),
    /// The peer is gone.
    Gone,
}

/// What the writer does next.
#[derive(Debug, PartialEq, Eq)]
pub enum Post {
    /// Write these, then flush once.
    Frames(VecDeque<Frame>),
    /// End the socket.
    Close(Closing),
}

impl Mailbox {
    /// Puts a live event in, or closes the mailbox where the reader is too slow for it.
    pub fn deliver(&self, frame: Frame) {
        self.put(frame, LIVE_BYTES, |load| &mut load.live_bytes);
    }

    /// Puts in an event that was missed and read again.
    pub fn repair(&self, frame: Frame) {
        self.put(frame, REPAIR_BYTES, |load| &mut load.reply_bytes);
    }

    /// Puts in what nobody misses, unless the reader lags.
    pub fn whisper(&self, frame: Frame) {
        let lags = {
            let inner = self.lock();
            inner.waiting.live_bytes + inner.writing.live_bytes > LIVE_BYTES / 4
        };
        if !lags {
            self.deliver(frame);
        }
    }

    fn put(&self, frame: Frame, most: usize, bytes: impl Fn(&mut Load) -> &mut usize) {
        let mut inner = self.lock();
        if inner.closing.is_some() {
            return;
        }
        if *bytes(&mut inner.waiting) + *bytes(&mut inner.writing) + frame.len() > most {
            metrics::counter!("sala_slow_readers_total").increment(1);
            inner.end(Closing::Now(CloseCode::TooSlow));
        } else {
            *bytes(&mut inner.waiting) += frame.len();
            inner.frames.push_back(frame);
        }
        drop(inner);
        self.filled.notify_one();
    }

    /// Puts the reply to a request in.
    pub fn reply(&self, frame: Frame) {
        self.reply_with(frame, None);
    }

    /// Puts the reply to a request in. The permit is given back when the reply is written, or will never be.
    pub fn reply_with(&self, frame: Frame, permit: Option<OwnedSemaphorePermit>) {
        let mut inner = self.lock();
        if inner.closing.is_none() {
            inner.waiting.reply_bytes += frame.len();
            inner.waiting.permits.extend(permit);
            inner.frames.push_back(frame);
        }
        drop(inner);
        self.filled.notify_one();
    }

    /// Ends the socket; the first reason stands.
    pub fn close(&self, closing: Closing) {
        self.lock().end(closing);
        self.filled.notify_one();
        self.emptied.notify_one();
    }

    /// Waits until there is room for the reply to another request.
    pub async fn has_room(&self) {
        loop {
            let emptied = self.emptied.notified();
            {
                let inner = self.lock();
                let bytes = inner.waiting.reply_bytes + inner.writing.reply_bytes;
                if bytes < REPLY_BYTES || inner.closing.is_some() {
                    return;
                }
            }
            emptied.await;
        }
    }

    /// Waits for something to write, which counts as waiting until it is [`Mailbox::written`]. Cancel-safe: nothing is taken
    /// before it is returned.
    pub async fn collect(&self) -> Post {
        loop {
            let filled = self.filled.notified();
            if let Some(post) = self.post() {
                return post;
            }
            filled.await;
        }
    }

    /// What is to be written now, if anything.
    pub fn post(&self) -> Option<Post> {
        let mut inner = self.lock();
        match inner.closing {
            Some(closing @ (Closing::Now(_) | Closing::Gone)) => Some(Post::Close(closing)),
            Some(closing) if inner.frames.is_empty() => Some(Post::Close(closing)),
            _ if !inner.frames.is_empty() => Some(Post::Frames(inner.collect())),
            _ => None,
        }
    }

    /// Says that what was collected is written, and makes room for more.
    pub fn written(&self) {
        self.lock().writing = Load::default();
        self.emptied.notify_one();
    }

    /// Waits until the socket must end without delay, while a write to it hangs.
    pub async fn cut(&self) -> Closing {
        loop {
            let filled = self.filled.notified();
            if let Some(closing @ (Closing::Now(_) | Closing::Gone)) = self.lock().closing {
                return closing;
            }
            filled.await;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().expect("no one panics while holding a mailbox")
    }
}

impl Inner {
    fn collect(&mut self) -> VecDeque<Frame> {
        self.writing = std::mem::take(&mut self.waiting);
        std::mem::take(&mut self.frames)
    }

    fn end(&mut self, closing: Closing) {
        if self.closing.is_none() || closing == Closing::Gone {
            self.closing = Some(closing);
        }
        if matches!(closing, Closing::Now(_) | Closing::Gone) {
            self.frames = VecDeque::new();
            self.waiting = Load::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::sync::Semaphore;

    use super::*;

    fn frame(bytes: usize) -> Frame {
        vec![b'x'; bytes].into()
    }

    #[tokio::test]
    async fn a_slow_reader_is_closed_and_its_queue_dropped() {
        let mailbox = Mailbox::default();
        mailbox.deliver(frame(LIVE_BYTES));
        mailbox.deliver(frame(1));
        assert_eq!(mailbox.collect().await, Post::Close(Closing::Now(CloseCode::TooSlow)));
        assert!(mailbox.lock().frames.is_empty());
    }

    #[tokio::test]
    async fn a_large_reply_is_no_slow_reader() {
        let mailbox = Mailbox::default();
        mailbox.reply(frame(4 * LIVE_BYTES));
        mailbox.deliver(frame(1));
        let Post::Frames(frames) = mailbox.collect().await else { panic!("frames") };
        assert_eq!(frames.len(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_of_requests_waits_for_its_replies_to_be_written() {
        let mailbox = Mailbox::default();
        mailbox.has_room().await;
        mailbox.reply(frame(REPLY_BYTES));
        let waiting = tokio::time::timeout(std::time::Duration::from_secs(1), mailbox.has_room()).await;
        assert!(waiting.is_err());
        let (_, post) = tokio::join!(mailbox.has_room(), async {
            let post = mailbox.collect().await;
            mailbox.written();
            post
        });
        assert!(matches!(post, Post::Frames(_)));
    }

    #[tokio::test]
    async fn what_is_being_written_still_counts() {
        let mailbox = Mailbox::default();
        mailbox.deliver(frame(LIVE_BYTES));
        mailbox.collect().await;
        mailbox.deliver(frame(1));
        assert_eq!(mailbox.collect().await, Post::Close(Closing::Now(CloseCode::TooSlow)));

        let mailbox = Mailbox::default();
        mailbox.deliver(frame(LIVE_BYTES));
        mailbox.collect().await;
        mailbox.written();
        mailbox.deliver(frame(1));
        assert!(matches!(mailbox.collect().await, Post::Frames(_)));
    }

    #[tokio::test]
    async fn a_permit_comes_back_when_its_reply_is_written_or_dropped() {
        let permits = Arc::new(Semaphore::new(1));
        let permit = || Arc::clone(&permits).try_acquire_owned().ok();
        let mailbox = Mailbox::default();
        mailbox.reply_with(frame(1), permit());
        mailbox.collect().await;
        assert!(permit().is_none());
        mailbox.written();
        mailbox.reply_with(frame(1), permit());
        assert!(permit().is_none());
        mailbox.close(Closing::Gone);
        mailbox.reply_with(frame(1), permit());
        assert!(permit().is_some());
    }

    #[tokio::test]
    async fn a_polite_close_comes_after_what_waits() {
        let mailbox = Mailbox::default();
        mailbox.reply(frame(1));
        mailbox.close(Closing::AfterFlush(CloseCode::GoingAway));
        mailbox.reply(frame(1));
        assert!(matches!(mailbox.collect().await, Post::Frames(frames) if frames.len() == 1));
        assert_eq!(mailbox.collect().await, Post::Close(Closing::AfterFlush(CloseCode::GoingAway)));
    }
}
