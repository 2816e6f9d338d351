//! Brings a room's log up to date: when it is opened, when an event does not follow, and when updates may have been
//! missed. One range read serves all members of the room.

use std::{sync::Arc, time::Duration};

use protocol::{Head, Reason, RoomName, ServerFrame};
use rand::Rng;
use tokio::time::sleep;

use super::{
    Hub,
    encoded_event::{self, EncodedEvent},
    event_log::{LogRelation, RING_EVENTS, is_chain},
    room::{Delivery, LocalRoom, LocalRoomState},
};
use crate::backend::{EventRange, Result};

/// How many events one read of the history returns.
const READ_BATCH: usize = 1_000;

/// A part of the history with its events encoded.
pub(super) struct EncodedRange {
    pub epoch: String,
    pub head: Head,
    pub events: Vec<EncodedEvent>,
}

impl EncodedRange {
    pub fn new(room: &RoomName, slice: EventRange) -> Self {
        let events = slice.events.into_iter().map(|event| EncodedEvent::new(room, event)).collect();
        Self { epoch: slice.epoch, head: slice.head, events }
    }

    /// Whether this slice holds all events after `head` of `epoch` (true) or the first of them (false); or the reason
    /// why it does not follow `head`.
    pub fn follows(&self, epoch: &str, head: &Head) -> std::result::Result<bool, Reason> {
        if self.epoch != epoch {
            return Err(Reason::Epoch);
        }
        let before = self.events.first().map_or(self.head.seq, |first| first.seq.saturating_sub(1));
        match self.events.last() {
            None if self.head.seq == head.seq && self.head.uid == head.uid => Ok(true),
            Some(last) if is_chain(head, &self.events) => Ok(last.seq == self.head.seq),
            _ if before > head.seq => Err(Reason::Trimmed),
            _ => Err(Reason::Fork),
        }
    }
}

impl Hub {
    /// Loads the log of a room that was just subscribed to.
    pub(super) async fn load_log(&self, room: &LocalRoom) -> Result<()> {
        let EncodedRange { epoch, head, events } =
            EncodedRange::new(&room.name, self.history.before(&room.name, None, RING_EVENTS).await?);
        let is_complete = {
            let mut state = room.lock();
            state.log.replace(epoch, head, events);
            state.place_buffered(0)
        };
        if is_complete { Ok(()) } else { self.read_missing_events(room).await }
    }

    /// Repairs a room in the background, and retries until it succeeds.
    pub(super) fn repair(self: &Arc<Self>, room: Arc<LocalRoom>) {
        metrics::counter!("sala_repairs_total").increment(1);
        let hub = Arc::clone(self);
        self.spawn("repair", move |_| {
            let (hub, room) = (Arc::clone(&hub), Arc::clone(&room));
            async move {
                let mut wait = Duration::from_millis(100);
                while let Err(error) = hub.read_missing_events(&room).await {
                    tracing::warn!(%error, "the history of a room cannot be read");
                    let jitter = rand::rng().random_range(0.5..1.0);
                    sleep(wait.mul_f64(jitter)).await;
                    wait = (wait * 2).min(Duration::from_secs(2));
                }
            }
        });
    }

    /// Reads missing events until the buffered ones follow, or resets the room if they belong to another history. After
    /// an error the events stay buffered, and the next attempt continues.
    async fn read_missing_events(&self, room: &LocalRoom) -> Result<()> {
        loop {
            let (from, buffered_before) = room.lock().begin_read();
            let slice = EncodedRange::new(&room.name, self.history.after(&room.name, from, READ_BATCH).await?);
            let extended = room.lock().extend(slice);
            let is_whole = match extended {
                Ok(is_whole) => is_whole,
                Err(reason) => {
                    self.reset(room, reason).await?;
                    true
                }
            };
            if is_whole && room.lock().place_buffered(buffered_before) {
                return Ok(());
            }
        }
    }

    /// Replaces the log and every member's view by the latest page.
    async fn reset(&self, room: &LocalRoom, reason: Reason) -> Result<()> {
        let EncodedRange { epoch, head, events } =
            EncodedRange::new(&room.name, self.history.before(&room.name, None, RING_EVENTS).await?);
        tracing::warn!(?reason, "a room was reset");
        metrics::counter!("sala_resets_total", "reason" => format!("{reason:?}").to_lowercase()).increment(1);
        let count = page_after(reason, events.iter().rev());
        let page = encoded_event::newest_page(&events[events.len().saturating_sub(count)..]);
        let name = room.name.to_string();
        let frame = ServerFrame::Reset {
            room: name,
            reason,
            epoch: epoch.clone(),
            events: encoded_event::raw_events(page),
            head: head.clone(),
        };
        let reset = encoded_event::EncodedFrame::from(frame.encode());
        let mut state = room.lock();
        state.reset_members(&reset, &head);
        state.log.replace(epoch, head, events);
        Ok(())
    }
}

/// How many of the newest events replace a client's view. After a fork these are as many as possible, so that authors
/// see which of their messages were lost.
pub(super) fn page_after<'a>(reason: Reason, newest_first: impl Iterator<Item = &'a EncodedEvent>) -> usize {
    if reason == Reason::Fork { RING_EVENTS } else { encoded_event::latest_page_len(newest_first) }
}

impl LocalRoomState {
    /// The `seq` to read after, and how many events were buffered before the read began.
    fn begin_read(&mut self) -> (u64, usize) {
        let buffered = self.buffered.get_or_insert_default();
        buffered.missed = false;
        (self.log.head().seq, buffered.events.len())
    }

    /// Appends the buffered events and ends buffering, or returns false if the history has to be read again. The first
    /// `buffered_before` events were buffered before the last read. That read included everything published by then, so
    /// those that still do not follow belong to a lost history and are dropped.
    fn place_buffered(&mut self, buffered_before: usize) -> bool {
        let Some(mut buffered) = self.buffered.take() else { return true };
        let mut placed = 0;
        while let Some((epoch, event)) = buffered.events.pop_front() {
            match self.log.relation(&epoch, &event) {
                LogRelation::Next => self.append(event, Delivery::Repaired),
                LogRelation::Mismatch if placed >= buffered_before => {
                    buffered.events.push_front((epoch, event));
                    buffered.missed = true;
                    break;
                }
                LogRelation::Known | LogRelation::Mismatch => {}
            }
            placed += 1;
        }
        let is_complete = !buffered.missed;
        if !is_complete {
            self.buffered = Some(buffered);
        }
        is_complete
    }

    /// Appends the events read after the head. Returns whether these were all of them, or the reason why they do not
    /// follow.
    fn extend(&mut self, slice: EncodedRange) -> std::result::Result<bool, Reason> {
        let is_whole = slice.follows(self.log.epoch(), self.log.head())?;
        slice.events.into_iter().for_each(|event| self.append(event, Delivery::Repaired));
        Ok(is_whole)
    }
}
