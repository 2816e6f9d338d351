//! Keeping the register of who is here: refreshed while sockets are open, and slow to forget one who may come right back.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use protocol::RoomName;
use rand::Rng;
use tokio::time::{interval, sleep};

use super::{Hub, room::Room};

/// How often the register is told that this instance's connections live, a third of the time after which it forgets them.
const REFRESH: Duration = Duration::from_millis(crate::backend::PRESENCE_TTL_MS / 3);

/// How long a lost connection stays in the register, so that nobody is seen to go and come over a reload or a reconnection.
const GRACE: Duration = Duration::from_secs(10);

/// How somebody leaves a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parting {
    /// They said so.
    Now,
    /// Their socket ended, and they may be back in a moment.
    Lost,
}

impl Hub {
    /// Takes a connection out of a room.
    pub fn leave(self: &Arc<Self>, name: &RoomName, connection: &str, parting: Parting) {
        if let Some(room) = self.find(name) {
            let mut state = room.lock();
            state.members.remove(connection);
            state.last_used = std::time::Instant::now();
        }
        let (hub, name, connection) = (Arc::clone(self), name.clone(), connection.to_owned());
        self.spawn(async move {
            if parting == Parting::Lost {
                sleep(GRACE).await;
            }
            let is_back = hub.find(&name).is_some_and(|room| room.lock().members.contains_key(&connection));
            if is_back {
                return;
            }
            // The register forgets the connection by itself if it cannot be told.
            if let Err(error) = hub.presence.leave(&name, &connection).await {
                tracing::warn!(%error, "a leave was not registered");
            }
        });
    }

    /// After signals may have been missed: finds the rooms whose head is not the broker's, and repairs them.
    pub(super) fn compare_heads(self: &Arc<Self>) {
        let hub = Arc::clone(self);
        self.spawn(async move {
            let rooms: Vec<_> = hub.lock().values().filter(|room| room.opened.initialized()).cloned().collect();
            let names: Vec<_> = rooms.iter().map(|room| room.name.clone()).collect();
            let heads = hub.history.heads(&names).await;
            if let Err(error) = &heads {
                tracing::warn!(%error, "heads cannot be compared; every room is repaired");
            }
            for (index, room) in rooms.into_iter().enumerate() {
                let is_known = heads.as_ref().is_ok_and(|heads| room.lock().log.knows(&heads[index]));
                if !is_known && room.suspect() {
                    hub.repair(room);
                }
            }
        });
    }

    async fn refresh(&self) {
        let rooms: Vec<_> = self.lock().values().cloned().collect();
        for room in rooms {
            let here = room.here();
            if here.is_empty() {
                continue;
            }
            if let Err(error) = self.presence.refresh(&room.name, &here).await {
                tracing::warn!(%error, "presence was not refreshed");
            }
        }
    }
}

impl Room {
    fn here(&self) -> Vec<(String, protocol::User)> {
        self.lock().members.iter().map(|(connection, member)| (connection.clone(), member.user.clone())).collect()
    }
}

/// Refreshes the register and sweeps the rooms until the hub is gone.
pub(super) async fn keep(hub: Weak<Hub>) {
    // Instances that started together should not refresh together.
    let offset = REFRESH.mul_f64(rand::rng().random());
    sleep(offset).await;
    let mut ticks = interval(REFRESH);
    loop {
        ticks.tick().await;
        let Some(hub) = hub.upgrade() else { return };
        hub.refresh().await;
        hub.sweep();
    }
}
