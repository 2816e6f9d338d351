//! Presence of this instance's connections: refreshed while sockets are open, and kept for a while after a disconnect.

use std::{
    collections::HashSet,
    sync::{Arc, Weak, atomic::Ordering},
    time::Duration,
};

use futures_util::StreamExt;
use protocol::{RoomName, User};
use rand::Rng;
use tokio::time::{interval, sleep};

use super::{Hub, room::LocalRoom};
use crate::backend::{PRESENCE_TTL_MS, Roster};

/// Interval between two refreshes: a third of the time after which connections expire.
const REFRESH_INTERVAL: Duration = Duration::from_millis(PRESENCE_TTL_MS / 3);

/// How many rooms are refreshed concurrently.
const CONCURRENT_REFRESHES: usize = 16;

/// Expiry of connections during shutdown, in milliseconds: clients reconnect to another instance within seconds.
const SHUTDOWN_TTL_MS: u64 = 10_000;

/// How long a disconnected connection stays present, so that a reload or reconnection is not broadcast as leaving and
/// joining.
const DISCONNECT_GRACE: Duration = Duration::from_secs(10);

/// Why a connection leaves a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeaveReason {
    /// The client sent `leave`.
    Requested,
    /// The socket closed; the client may reconnect.
    Disconnected,
}

impl Hub {
    /// Removes a connection from a room.
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
        self.spawn("leave", move |_| {
            let (hub, name, connection) = (Arc::clone(&hub), name.clone(), connection.clone());
            async move {
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
                // If this fails, the connection expires by itself.
                if let Err(error) = hub.presence.leave(&name, &connection).await {
                    tracing::warn!(%error, "a connection was not removed from presence");
                }
                // A connection that rejoined meanwhile was removed as well.
                if let Some(room) = hub.find_room(&name)
                    && let Some(user) = room.member(&connection)
                    && let Err(error) = hub.presence.enter(&name, &connection, &user).await
                {
                    tracing::warn!(%error, "a connection is not present until the next refresh");
                }
            }
        });
    }

    /// Begins the shutdown of this instance. Its connections are not removed, so that moving to another instance is not
    /// broadcast as leaving and joining, but they expire soon.
    pub async fn begin_shutdown(&self) {
        self.shutting_down.store(true, Ordering::Relaxed);
        self.refresh_presence().await;
    }

    /// Broadcasts the list of people in a room: single changes were missed, or are too many to broadcast each.
    pub(super) async fn broadcast_people(&self, room: &LocalRoom) {
        let seen_changes = room.lock().unsent_people_changes;
        match self.presence.roster(&room.name).await {
            Ok(Roster { people, count }) => room.broadcast_people(people, count, seen_changes),
            // The next sweep tries again.
            Err(error) => tracing::warn!(%error, "the list of people in a room could not be read"),
        }
    }

    async fn refresh_presence(&self) {
        let rooms: Vec<_> = self.lock().values().cloned().collect();
        futures_util::stream::iter(rooms)
            .for_each_concurrent(CONCURRENT_REFRESHES, |room| self.refresh_room_presence(room))
            .await;
    }

    async fn refresh_room_presence(&self, room: Arc<LocalRoom>) {
        let registered = room.registered();
        if registered.is_empty() {
            return;
        }
        let ttl = if self.shutting_down.load(Ordering::Relaxed) { SHUTDOWN_TTL_MS } else { PRESENCE_TTL_MS };
        let mut refreshed = self.presence.refresh(&room.name, &registered, ttl).await;
        // The refresh also restored connections that left meanwhile.
        let still_here: HashSet<String> = room.registered().into_iter().map(|(connection, _)| connection).collect();
        for (connection, _) in registered.iter().filter(|(connection, _)| !still_here.contains(connection)) {
            refreshed = refreshed.and(self.presence.leave(&room.name, connection).await);
        }
        if let Err(error) = refreshed {
            tracing::warn!(%error, "presence was not refreshed");
        }
    }
}

impl LocalRoom {
    /// This instance's connections in the room, including those disconnected a moment ago.
    fn registered(&self) -> Vec<(String, User)> {
        let state = self.lock();
        let members = state.members.iter().map(|(connection, member)| (connection, &member.user));
        members.chain(&state.disconnected).map(|(connection, user)| (connection.clone(), user.clone())).collect()
    }

    fn member(&self, connection: &str) -> Option<User> {
        self.lock().members.get(connection).map(|member| member.user.clone())
    }
}

/// Refreshes presence until the hub is dropped.
pub(super) async fn run(hub: Weak<Hub>) {
    // Instances that started together must not refresh at the same time.
    let offset = REFRESH_INTERVAL.mul_f64(rand::rng().random());
    sleep(offset).await;
    let mut ticks = interval(REFRESH_INTERVAL);
    loop {
        ticks.tick().await;
        let Some(hub) = hub.upgrade() else { return };
        hub.refresh_presence().await;
    }
}
