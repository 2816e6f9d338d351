//! Bringing a room's log up to date: when it is opened, when an event does not fit, and when signals may have been missed
//!. One range read serves the whole room, however many its members are.

use std::{sync::Arc, time::Duration};

use protocol::{Head, Reason, RoomName, ServerFrame};
use rand::Rng;
use tokio::time::sleep;

use super::{
    Hub,
    encoded_event::{self, EncodedEvent},
    event_log::{Placement, RING_EVENTS, is_chain},
    room::{Delivery, Room, RoomState},
};
use crate::{
    backend::{Result, Slice},
    defence::same,
};

/// How many events one read brings.
const READ_BATCH: usize = 1_000;

/// A part of the history, as lines.
pub(super) struct EncodedSlice {
    pub epoch: String,
    pub head: Head,
    pub events: Vec<EncodedEvent>,
}

impl EncodedSlice {
    pub fn new(room: &RoomName, slice: Slice) -> Self {
        let events = slice.entries.into_iter().map(|entry| EncodedEvent::new(room, entry)).collect();
        Self { epoch: slice.epoch, head: slice.head, events }
    }

    /// Whether this is all of what came after an event of a life of the room, or the first part of it; or why it is neither.
    pub fn follows(&self, epoch: &str, head: &Head) -> std::result::Result<bool, Reason> {
        if self.epoch != epoch {
            return Err(Reason::Epoch);
        }
        let before = self.events.first().map_or(self.head.seq, |first| first.seq.saturating_sub(1));
        match self.events.last() {
            None if self.head.seq == head.seq && same(&self.head.uid, &head.uid) => Ok(true),
            Some(last) if is_chain(head, &self.events) => Ok(last.seq == self.head.seq),
            _ if before > head.seq => Err(Reason::Trimmed),
            _ => Err(Reason::Fork),
        }
    }
}

impl Hub {
    /// Primes the log of a room that was just subscribed to.
    pub(super) async fn prime(&self, room: &Room) -> Result<()> {
        let EncodedSlice { epoch, head, events } =
            EncodedSlice::new(&room.name, self.history.before(&room.name, None, RING_EVENTS).await?);
        let is_live = {
            let mut state = room.lock();
            state.log.prime(epoch, head, events);
            state.place_buffered(0)
        };
        if is_live { Ok(()) } else { self.catch_up_with_history(room).await }
    }

    /// Repairs a room in the background, for as long as it takes.
    pub(super) fn repair(self: &Arc<Self>, room: Arc<Room>) {
        metrics::counter!("sala_repairs_total").increment(1);
        let hub = Arc::clone(self);
        self.spawn(async move {
            let mut wait = Duration::from_millis(100);
            while let Err(error) = hub.catch_up_with_history(&room).await {
                tracing::warn!(%error, "a room waits for its history");
                let jitter = rand::rng().random_range(0.5..1.0);
                sleep(wait.mul_f64(jitter)).await;
                wait = (wait * 2).min(Duration::from_secs(2));
            }
        });
    }

    /// Reads what is missing until the held events fit, or resets the room where nothing can make them fit. An error leaves
    /// everything held, to be settled later.
    async fn catch_up_with_history(&self, room: &Room) -> Result<()> {
        loop {
            let (from, buffered_before) = room.lock().begin_read();
            let slice = EncodedSlice::new(&room.name, self.history.after(&room.name, from, READ_BATCH).await?);
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

    /// Replaces the log and the view of every member by the latest page.
    async fn reset(&self, room: &Room, reason: Reason) -> Result<()> {
        let EncodedSlice { epoch, head, events } =
            EncodedSlice::new(&room.name, self.history.before(&room.name, None, RING_EVENTS).await?);
        tracing::warn!(?reason, "a room was reset");
        metrics::counter!("sala_resets_total", "reason" => format!("{reason:?}").to_lowercase()).increment(1);
        let count = page_after(reason, events.iter().rev());
        let page = encoded_event::newest_page(&events[events.len().saturating_sub(count)..]);
        let name = room.name.to_string();
        let events = encoded_event::raw_events(page);
        let reset = ServerFrame::Reset { room: name, reason, epoch: epoch.clone(), events, head: head.clone() };
        let reset = encoded_event::EncodedFrame::from(reset.encode());
        let mut state = room.lock();
        for member in state.members.values_mut() {
            member.reset(&reset, head.clone());
        }
        state.log.prime(epoch, head, events);
        Ok(())
    }
}

/// How many of the newest lines are the page that replaces a view. After a fork it reaches back as far as it can, so that
/// authors see which of their messages are lost.
pub(super) fn page_after<'a>(reason: Reason, newest_first: impl Iterator<Item = &'a EncodedEvent>) -> usize {
    if reason == Reason::Fork { RING_EVENTS } else { encoded_event::latest_page_len(newest_first) }
}

impl RoomState {
    /// Where to read from, and how many events were held before the reading began.
    fn begin_read(&mut self) -> (u64, usize) {
        let buffered = self.buffered.get_or_insert_default();
        buffered.missed = false;
        (self.log.head().seq, buffered.events.len())
    }

    /// Places the held events and goes live, or returns false where the history has to be read (again). The first `older` of
    /// them were held before the last read: whatever was published by then has been read, so what still does not fit belongs
    /// to a history that is no more.
    fn place_buffered(&mut self, buffered_before: usize) -> bool {
        let Some(mut buffered) = self.buffered.take() else { return true };
        let mut placed = 0;
        while let Some((epoch, event)) = buffered.events.pop_front() {
            match self.log.place(&epoch, &event) {
                Placement::Next => self.append(event, Delivery::Repaired),
                Placement::Mismatch if placed >= buffered_before => {
                    buffered.events.push_front((epoch, event));
                    buffered.missed = true;
                    break;
                }
                Placement::Known | Placement::Mismatch => {}
            }
            placed += 1;
        }
        let is_live = !buffered.missed;
        if !is_live {
            self.buffered = Some(buffered);
        }
        is_live
    }

    /// Appends what was read after the head. Returns whether that was all of it, or why it does not follow.
    fn extend(&mut self, slice: EncodedSlice) -> std::result::Result<bool, Reason> {
        let is_whole = slice.follows(self.log.epoch(), self.log.head())?;
        slice.events.into_iter().for_each(|event| self.append(event, Delivery::Repaired));
        Ok(is_whole)
    }
}
