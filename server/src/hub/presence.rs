//! Keeping the register of who is here: refreshed while sockets are open, and slow to forget one who may come right back.

use std::{
    collections::HashSet,
    sync::{Arc, Weak, atomic::Ordering},
    time::Duration,
};

use futures_util::StreamExt;
use protocol::{RoomName, User};
use rand::Rng;
use tokio::time::{interval, sleep};

use super::{Hub, room::Room};
use crate::backend::{PRESENCE_TTL_MS, Roster};

/// How often the register is told that this instance's connections live, a third of the time after which it forgets them.
const REFRESH_INTERVAL: Duration = Duration::from_millis(PRESENCE_TTL_MS / 3);

/// How many rooms are refreshed at once.
const CONCURRENT_REFRESHES: usize = 16;

/// How long the connections of an instance that goes away stay in the register, in milliseconds: they are on another one soon.
const SHUTDOWN_TTL_MS: u64 = 10_000;

/// How long a lost connection stays in the register, so that nobody is seen to go and come over a reload or a reconnection.
const DISCONNECT_GRACE: Duration = Duration::from_secs(10);

/// How somebody leaves a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeaveReason {
    /// They said so.
    Requested,
    /// Their socket ended, and they may be back in a moment.
    Disconnected,
}

impl Hub {
    /// Takes a connection out of a room.
    pub fn leave(self: &Arc<Self>, name: &RoomName, connection: &str, reason: LeaveReason) {
        if let Some(room) = self.find_room(name) {
            let mut state = room.lock();
            if let Some(member) = state.members.remove(connection)
                && reason == LeaveReason::Disconnected
            {
                state.disconnected.insert(connection.to_owned(), member.user);
            }
            state.last_used = std::time::Instant::now();
        }
        let (hub, name, connection) = (Arc::clone(self), name.clone(), connection.to_owned());
        self.spawn(async move {
            if reason == LeaveReason::Disconnected {
                sleep(DISCONNECT_GRACE).await;
            }
            let is_back = hub.find_room(&name).is_some_and(|room| {
                let mut state = room.lock();
                state.disconnected.remove(&connection);
                state.members.contains_key(&connection)
            });
            if is_back {
                return;
            }
            // The register forgets the connection by itself if it cannot be told.
            if let Err(error) = hub.presence.leave(&name, &connection).await {
                tracing::warn!(%error, "a leave was not registered");
            }
            // One who came back meanwhile was taken away by it.
            if let Some(room) = hub.find_room(&name)
                && let Some(user) = room.member(&connection)
                && let Err(error) = hub.presence.enter(&name, &connection, &user).await
            {
                tracing::warn!(%error, "a connection is not registered until the next refresh");
            }
        });
    }

    /// The instance goes away. Its people are not taken out of their rooms, so that nobody is seen to go and come who only
    /// changes instances; but those who do not come back are gone soon.
    pub async fn begin_shutdown(&self) {
        self.shutting_down.store(true, Ordering::Relaxed);
        self.refresh_presence().await;
    }

    /// Reads who is in a room, for all members: changes were missed, or are too many to be told one by one.
    pub(super) async fn broadcast_people(&self, room: &Room) {
        let seen_changes = room.lock().unsent_people_changes;
        match self.presence.people(&room.name).await {
            Ok(Roster { people, count }) => room.broadcast_people(people, count, seen_changes),
            // It stays to be told.
            Err(error) => tracing::warn!(%error, "the people of a room could not be read"),
        }
    }

    async fn refresh_presence(&self) {
        let rooms: Vec<_> = self.lock().values().cloned().collect();
        futures_util::stream::iter(rooms)
            .for_each_concurrent(CONCURRENT_REFRESHES, |room| self.refresh_room_presence(room))
            .await;
    }

    async fn refresh_room_presence(&self, room: Arc<Room>) {
        let registered = room.registered();
        if registered.is_empty() {
            return;
        }
        let ttl = if self.shutting_down.load(Ordering::Relaxed) { SHUTDOWN_TTL_MS } else { PRESENCE_TTL_MS };
        let mut refreshed = self.presence.refresh(&room.name, &registered, ttl).await;
        // One who left meanwhile was brought back by it.
        let still_here: HashSet<String> = room.registered().into_iter().map(|(connection, _)| connection).collect();
        for (connection, _) in registered.iter().filter(|(connection, _)| !still_here.contains(connection)) {
            refreshed = refreshed.and(self.presence.leave(&room.name, connection).await);
        }
        if let Err(error) = refreshed {
            tracing::warn!(%error, "presence was not refreshed");
        }
    }
}

impl Room {
    /// Whose connections are registered from here, also those who may be back in a moment.
    fn registered(&self) -> Vec<(String, User)> {
        let state = self.lock();
        let members = state.members.iter().map(|(connection, member)| (connection, &member.user));
        members.chain(&state.disconnected).map(|(connection, user)| (connection.clone(), user.clone())).collect()
    }

    fn member(&self, connection: &str) -> Option<User> {
        self.lock().members.get(connection).map(|member| member.user.clone())
    }
}

/// Refreshes the register until the hub is gone.
pub(super) async fn run(hub: Weak<Hub>) {
    // Instances that started together should not refresh together.
    let offset = REFRESH_INTERVAL.mul_f64(rand::rng().random());
    sleep(offset).await;
    let mut ticks = interval(REFRESH_INTERVAL);
    loop {
        ticks.tick().await;
        let Some(hub) = hub.upgrade() else { return };
        hub.refresh_presence().await;
    }
}
