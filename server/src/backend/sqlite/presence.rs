use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use protocol::{RoomName, User};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::register::{News, Register};
use super::relay::Relay;
use crate::backend::{BackendUpdate, PRESENCE_TTL_MS, Presence, Result, Roster};

/// Who is here, in memory: with the process all connections are gone, too.
pub struct SqlitePresence {
    /// Held until the ephemeral is in the queue, so that ephemerals tell changes in the order they happened.
    rooms: Mutex<HashMap<RoomName, Register>>,
    relay: Arc<Relay>,
}

impl SqlitePresence {
    pub fn new(relay: Arc<Relay>) -> Self {
        Self { rooms: Mutex::default(), relay }
    }

    /// Makes a change to a room's register and tells everyone. The place for the ephemeral comes first: a caller that gives up
    /// while waiting for it has changed nothing.
    async fn change<T>(
        &self,
        room: &RoomName,
        change: impl FnOnce(&mut Register, Instant, &mut News) -> T + Send,
    ) -> T {
        let mut rooms = self.rooms.lock().await;
        let place = self.relay.place().await;
        let (now, mut news) = (Instant::now(), News::default());
        let register = rooms.entry(room.clone()).or_default();
        let result = change(register, now, &mut news);
        if let (Some(ephemeral), Some(place)) = (register.tell(news), place)
            && self.relay.reaches(room)
        {
            place.send(BackendUpdate::Ephemeral { room: room.clone(), ephemeral });
        }
        if register.is_empty() {
            rooms.remove(room);
        }
        result
    }
}

#[async_trait]
impl Presence for SqlitePresence {
    async fn enter(&self, room: &RoomName, connection: &str, user: &User) -> Result<Roster> {
        let enter = |register: &mut Register, now, news: &mut News| {
            register.enter(connection, user, now + Duration::from_millis(PRESENCE_TTL_MS), news);
            register.sweep(now, news);
            register.roster()
        };
        Ok(self.change(room, enter).await)
    }

    async fn leave(&self, room: &RoomName, connection: &str) -> Result<()> {
        let leave = |register: &mut Register, now, news: &mut News| {
            register.leave(connection, news);
            register.sweep(now, news);
        };
        self.change(room, leave).await;
        Ok(())
    }

    async fn refresh(&self, room: &RoomName, here: &[(String, User)], ttl_ms: u64) -> Result<()> {
        let refresh = |register: &mut Register, now, news: &mut News| {
            for (connection, user) in here {
                register.enter(connection, user, now + Duration::from_millis(ttl_ms), news);
            }
            register.sweep(now, news);
        };
        self.change(room, refresh).await;
        Ok(())
    }

    async fn sweep(&self, rooms: &[RoomName]) -> Result<()> {
        for room in rooms {
            self.change(room, |register: &mut Register, now, news: &mut News| register.sweep(now, news)).await;
        }
        Ok(())
    }

    async fn roster(&self, room: &RoomName) -> Result<Roster> {
        let look = |register: &mut Register, now, news: &mut News| {
            register.sweep(now, news);
            register.roster()
        };
        Ok(self.change(room, look).await)
    }
}
