//! How far people have read. It is noted in memory at once, and once a second it is told to their other sockets and kept, so
//! that no message ever waits for it. What is lost of it does no harm.

use std::{
    collections::HashMap,
    mem,
    sync::{Mutex, MutexGuard, Weak},
    time::Duration,
};

use futures_util::future;
use protocol::{RoomName, limits};
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::{Hub, room::Room};
use crate::{
    backend::{Mark, Position, Whisper},
    clock,
};

/// How often it is told and kept.
const PACE: Duration = Duration::from_secs(1);

/// How many positions may wait for that. When it is full others are not noted, until their people read on.
const WAITING: usize = 8_192;

/// How long keeping them, or looking for one, may take.
const PATIENCE: Duration = Duration::from_secs(1);

/// Positions that wait, by person and room.
#[derive(Debug, Default)]
pub(super) struct Waiting(Mutex<HashMap<(String, RoomName), Noted>>);

#[derive(Debug)]
struct Noted {
    mark: Mark,
    /// Where it was read: this connection need not be told.
    connection: String,
}

impl Hub {
    /// Notes that a person has read a room up to there.
    pub fn read(&self, name: &RoomName, user: &str, connection: &str, seq: u64, uid: Option<&str>) {
        if let Some(mark) = self.find(name).and_then(|room| room.mark(seq, uid)) {
            self.reads_waiting.note(user, name, Noted { mark, connection: connection.to_owned() });
        }
    }

    /// How far a person has read a room. Nobody waits long for it.
    pub async fn mark(&self, name: &RoomName, user: &str) -> Option<Mark> {
        let waiting = self.reads_waiting.mark(user, name);
        let kept = match timeout(PATIENCE, self.reads.mark(user, name)).await {
            Ok(Ok(kept)) => kept,
            Ok(Err(error)) => {
                tracing::debug!(%error, "how far somebody has read is not known");
                None
            }
            Err(_) => None,
        };
        match (waiting, kept) {
            (Some(waiting), Some(kept)) if kept.epoch == waiting.epoch && kept.seq > waiting.seq => Some(kept),
            (waiting, kept) => waiting.or(kept),
        }
    }

    /// Tells and keeps what waits.
    pub(super) async fn keep_reads(&self) {
        let noted = mem::take(&mut *self.reads_waiting.lock());
        if noted.is_empty() {
            return;
        }
        let at = clock::now_ms();
        let (mut positions, mut telling) = (Vec::new(), Vec::new());
        for ((user, room), Noted { mark, connection }) in noted {
            let Mark { epoch, seq } = mark.clone();
            telling.push(self.tell_read(room.clone(), Whisper::Read { user: user.clone(), connection, epoch, seq }));
            positions.push(Position { user, room, mark, at });
        }
        let both = future::join(self.reads.keep(&positions), future::join_all(telling));
        match timeout(PATIENCE, both).await {
            Ok((Ok(()), _)) => {}
            Ok((Err(error), _)) => tracing::warn!(%error, "how far people have read was not kept"),
            Err(_) => tracing::warn!("how far people have read was not kept in time"),
        }
    }

    /// To all instances; of a crowd's room only to this one, since in such a room they would be as many as its messages times its
    /// people. The others say it with the next join.
    async fn tell_read(&self, name: RoomName, whisper: Whisper) {
        let Some(room) = self.find(&name) else { return };
        if room.is_crowded() {
            room.whisper(whisper);
        } else if let Err(error) = self.broker.whisper(&name, &whisper).await {
            tracing::debug!(%error, "how far somebody has read was not told");
        }
    }
}

impl Waiting {
    fn note(&self, user: &str, room: &RoomName, noted: Noted) {
        let mut waiting = self.lock();
        let has_space = waiting.len() < WAITING;
        match waiting.get_mut(&(user.to_owned(), room.clone())) {
            Some(known) if known.mark.epoch == noted.mark.epoch && known.mark.seq >= noted.mark.seq => {}
            Some(known) => *known = noted,
            None if has_space => _ = waiting.insert((user.to_owned(), room.clone()), noted),
            None => {}
        }
    }

    fn mark(&self, user: &str, room: &RoomName) -> Option<Mark> {
        self.lock().get(&(user.to_owned(), room.clone())).map(|noted| noted.mark.clone())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(String, RoomName), Noted>> {
        self.0.lock().expect("no one panics while holding the positions")
    }
}

impl Room {
    /// A place in its present life that somebody names; 0 is where an empty room was looked at. Nobody has read beyond its end, or
    /// what is not in this history.
    fn mark(&self, seq: u64, uid: Option<&str>) -> Option<Mark> {
        let state = self.lock();
        let end = state.log.head().seq;
        let is_here = seq > end || uid.is_none_or(|uid| state.log.may_name(seq, uid));
        is_here.then(|| Mark { epoch: state.log.epoch().to_owned(), seq: seq.min(end) })
    }

    fn is_crowded(&self) -> bool {
        let state = self.lock();
        state.people_untold > 0 || state.members.len() > limits::PEOPLE
    }
}

/// Tells and keeps what waits until the hub is gone.
pub(super) async fn keep(hub: Weak<Hub>) {
    let mut ticks = interval(PACE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let Some(hub) = hub.upgrade() else { return };
        hub.keep_reads().await;
    }
}
