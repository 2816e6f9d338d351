//! Bringing a room's log up to date: when it is opened, when an event does not fit, and when signals may have been missed
//!. One range read serves the whole room, however many its members are.

use std::{sync::Arc, time::Duration};

use protocol::{Head, Reason, RoomName, ServerFrame};
use rand::Rng;
use tokio::time::sleep;

use super::{
    Hub,
    frame::{self, Line},
    log::{Place, RING, is_chain},
    room::{Origin, Room, State},
};
use crate::{
    backend::{Result, Slice},
    defence::same,
};

/// How many events one read brings.
const READ: usize = 1_000;

/// A part of the history, as lines.
pub(super) struct Part {
    pub epoch: String,
    pub head: Head,
    pub lines: Vec<Line>,
}

impl Part {
    pub fn new(room: &RoomName, slice: Slice) -> Self {
        let lines = slice.entries.into_iter().map(|entry| Line::new(room, entry)).collect();
        Self { epoch: slice.epoch, head: slice.head, lines }
    }

    /// Whether this is all of what came after an event of a life of the room, or the first part of it; or why it is neither.
    pub fn follows(&self, epoch: &str, head: &Head) -> std::result::Result<bool, Reason> {
        if self.epoch != epoch {
            return Err(Reason::Epoch);
        }
        let before = self.lines.first().map_or(self.head.seq, |first| first.seq.saturating_sub(1));
        match self.lines.last() {
            None if self.head.seq == head.seq && same(&self.head.uid, &head.uid) => Ok(true),
            Some(last) if is_chain(head, &self.lines) => Ok(last.seq == self.head.seq),
            _ if before > head.seq => Err(Reason::Trimmed),
            _ => Err(Reason::Fork),
        }
    }
}

impl Hub {
    /// Primes the log of a room that was just subscribed to.
    pub(super) async fn prime(&self, room: &Room) -> Result<()> {
        let Part { epoch, head, lines } = Part::new(&room.name, self.history.before(&room.name, None, RING).await?);
        let is_live = {
            let mut state = room.lock();
            state.log.prime(epoch, head, lines);
            state.place_held(0)
        };
        if is_live { Ok(()) } else { self.settle(room).await }
    }

    /// Repairs a room in the background, for as long as it takes.
    pub(super) fn repair(self: &Arc<Self>, room: Arc<Room>) {
        metrics::counter!("sala_repairs_total").increment(1);
        let hub = Arc::clone(self);
        self.spawn(async move {
            let mut wait = Duration::from_millis(100);
            while let Err(error) = hub.settle(&room).await {
                tracing::warn!(%error, "a room waits for its history");
                let jitter = rand::rng().random_range(0.5..1.0);
                sleep(wait.mul_f64(jitter)).await;
                wait = (wait * 2).min(Duration::from_secs(2));
            }
        });
    }

    /// Reads what is missing until the held events fit, or resets the room where nothing can make them fit. An error leaves
    /// everything held, to be settled later.
    async fn settle(&self, room: &Room) -> Result<()> {
        loop {
            let (from, older) = room.lock().before_read();
            let part = Part::new(&room.name, self.history.after(&room.name, from, READ).await?);
            let extended = room.lock().extend(part);
            let is_whole = match extended {
                Ok(is_whole) => is_whole,
                Err(reason) => {
                    self.reset(room, reason).await?;
                    true
                }
            };
            if is_whole && room.lock().place_held(older) {
                return Ok(());
            }
        }
    }

    /// Replaces the log and the view of every member by the latest page.
    async fn reset(&self, room: &Room, reason: Reason) -> Result<()> {
        let Part { epoch, head, lines } = Part::new(&room.name, self.history.before(&room.name, None, RING).await?);
        tracing::warn!(?reason, "a room was reset");
        metrics::counter!("sala_resets_total", "reason" => format!("{reason:?}").to_lowercase()).increment(1);
        let count = page_after(reason, lines.iter().rev());
        let page = frame::newest(&lines[lines.len().saturating_sub(count)..]);
        let name = room.name.to_string();
        let events = frame::events(page);
        let reset = ServerFrame::Reset { room: name, reason, epoch: epoch.clone(), events, head: head.clone() };
        let reset = frame::Frame::from(reset.encode());
        let mut state = room.lock();
        for member in state.members.values_mut() {
            member.start_over(&reset, head.clone());
        }
        state.log.prime(epoch, head, lines);
        Ok(())
    }
}

/// How many of the newest lines are the page that replaces a view. After a fork it reaches back as far as it can, so that
/// authors see which of their messages are lost.
pub(super) fn page_after<'a>(reason: Reason, newest_first: impl Iterator<Item = &'a Line>) -> usize {
    if reason == Reason::Fork { RING } else { frame::latest_page(newest_first) }
}

impl State {
    /// Where to read from, and how many events were held before the reading began.
    fn before_read(&mut self) -> (u64, usize) {
        let held = self.held.get_or_insert_default();
        held.missed = false;
        (self.log.head().seq, held.events.len())
    }

    /// Places the held events and goes live, or returns false where the history has to be read (again). The first `older` of
    /// them were held before the last read: whatever was published by then has been read, so what still does not fit belongs
    /// to a history that is no more.
    fn place_held(&mut self, older: usize) -> bool {
        let Some(mut held) = self.held.take() else { return true };
        let mut placed = 0;
        while let Some((epoch, line)) = held.events.pop_front() {
            match self.log.place(&epoch, &line) {
                Place::Next => self.append(line, Origin::Repair),
                Place::Astray if placed >= older => {
                    held.events.push_front((epoch, line));
                    held.missed = true;
                    break;
                }
                Place::Seen | Place::Astray => {}
            }
            placed += 1;
        }
        let is_live = !held.missed;
        if !is_live {
            self.held = Some(held);
        }
        is_live
    }

    /// Appends what was read after the head. Returns whether that was all of it, or why it does not follow.
    fn extend(&mut self, part: Part) -> std::result::Result<bool, Reason> {
        let is_whole = part.follows(self.log.epoch(), self.log.head())?;
        part.lines.into_iter().for_each(|line| self.append(line, Origin::Repair));
        Ok(is_whole)
    }
}
