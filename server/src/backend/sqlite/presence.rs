use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use protocol::{RoomName, User};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::presence_table::{PresenceChanges, PresenceTable};
use super::relay::Relay;
use crate::backend::{BackendUpdate, PRESENCE_TTL_MS, Presence, Result, Roster};

/// Presence in memory: all connections end with the process.
pub struct SqlitePresence {
    /// Held until the update is queued, so that updates are sent in the order of the changes.
    rooms: Mutex<HashMap<RoomName, PresenceTable>>,
    relay: Arc<Relay>,
}

impl SqlitePresence {
    pub fn new(relay: Arc<Relay>) -> Self {
        Self { rooms: Mutex::default(), relay }
    }

    /// Changes a room's table and publishes the difference. The permit is taken first, so a caller that is cancelled
    /// while waiting for it has changed nothing.
    async fn change<T>(
        &self,
        room: &RoomName,
        change: impl FnOnce(&mut PresenceTable, Instant, &mut PresenceChanges) -> T + Send,
    ) -> T {
        let mut rooms = self.rooms.lock().await;
        let permit = self.relay.reserve().await;
        let (now, mut changes) = (Instant::now(), PresenceChanges::default());
        let table = rooms.entry(room.clone()).or_default();
        let result = change(table, now, &mut changes);
        if let (Some(ephemeral), Some(permit)) = (table.to_ephemeral(changes), permit)
            && self.relay.is_subscribed(room)
        {
            permit.send(BackendUpdate::Ephemeral { room: room.clone(), ephemeral });
        }
        if table.is_empty() {
            rooms.remove(room);
        }
        result
    }
}

#[async_trait]
impl Presence for SqlitePresence {
    async fn enter(&self, room: &RoomName, connection: &str, user: &User) -> Result<Roster> {
        let enter = |table: &mut PresenceTable, now, changes: &mut PresenceChanges| {
            table.enter(connection, user, now + Duration::from_millis(PRESENCE_TTL_MS), changes);
            table.sweep(now, changes);
            table.roster()
        };
        Ok(self.change(room, enter).await)
    }

    async fn leave(&self, room: &RoomName, connection: &str) -> Result<()> {
        let leave = |table: &mut PresenceTable, now, changes: &mut PresenceChanges| {
            table.leave(connection, changes);
            table.sweep(now, changes);
        };
        self.change(room, leave).await;
        Ok(())
    }

    async fn refresh(&self, room: &RoomName, here: &[(String, User)], ttl_ms: u64) -> Result<()> {
        let refresh = |table: &mut PresenceTable, now, changes: &mut PresenceChanges| {
            for (connection, user) in here {
                table.enter(connection, user, now + Duration::from_millis(ttl_ms), changes);
            }
            table.sweep(now, changes);
        };
        self.change(room, refresh).await;
        Ok(())
    }

    async fn sweep(&self, rooms: &[RoomName]) -> Result<()> {
        for room in rooms {
            self.change(room, |table: &mut PresenceTable, now, changes: &mut PresenceChanges| {
                table.sweep(now, changes)
            })
            .await;
        }
        Ok(())
    }

    async fn roster(&self, room: &RoomName) -> Result<Roster> {
        let look = |table: &mut PresenceTable, now, changes: &mut PresenceChanges| {
            table.sweep(now, changes);
            table.roster()
        };
        Ok(self.change(room, look).await)
    }
}
