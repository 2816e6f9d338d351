use std::collections::{BTreeSet, HashMap};
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use protocol::{RoomName, User, limits};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::broker::Relay;
use crate::backend::{BackendUpdate, Ephemeral, PRESENCE_TTL_MS, Presence, Result, Roster};

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

    /// Changes a room's table, removes its expired connections, publishes the difference, and reads the table. The
    /// permit is taken first, so a caller that is cancelled while waiting for it has changed nothing.
    async fn change<T>(
        &self,
        room: &RoomName,
        change: impl FnOnce(&mut PresenceTable, Instant) + Send,
        read: fn(&PresenceTable) -> T,
    ) -> Result<T> {
        let mut rooms = self.rooms.lock().await;
        let permit = self.relay.reserve().await;
        let now = Instant::now();
        let table = rooms.entry(room.clone()).or_default();
        change(table, now);
        table.sweep(now);
        if let (Some(ephemeral), Some(permit)) = (table.take_changes(), permit)
            && self.relay.is_subscribed(room)
        {
            permit.send(BackendUpdate::Ephemeral { room: room.clone(), ephemeral });
        }
        let result = read(table);
        if table.is_empty() {
            rooms.remove(room);
        }
        Ok(result)
    }
}

#[async_trait]
impl Presence for SqlitePresence {
    async fn enter(&self, room: &RoomName, connection: &str, user: &User) -> Result<Roster> {
        let ttl = Duration::from_millis(PRESENCE_TTL_MS);
        self.change(room, |table, now| table.enter(connection, user, now + ttl), PresenceTable::roster).await
    }

    async fn leave(&self, room: &RoomName, connection: &str) -> Result<()> {
        self.change(room, |table, _| table.leave(connection), |_| ()).await
    }

    async fn refresh(&self, room: &RoomName, here: &[(String, User)], ttl_ms: u64) -> Result<()> {
        let refresh = |table: &mut PresenceTable, now| {
            for (connection, user) in here {
                table.enter(connection, user, now + Duration::from_millis(ttl_ms));
            }
        };
        self.change(room, refresh, |_| ()).await
    }

    async fn sweep(&self, rooms: &[RoomName]) -> Result<()> {
        for room in rooms {
            self.change(room, |_, _| {}, |_| ()).await?;
        }
        Ok(())
    }

    async fn roster(&self, room: &RoomName) -> Result<Roster> {
        self.change(room, |_, _| {}, PresenceTable::roster).await
    }
}

/// The users in one room. Deterministic: `now` is an argument.
#[derive(Default)]
struct PresenceTable {
    /// Each connection's user id and expiry.
    connections: HashMap<String, (String, Instant)>,
    /// Connections by expiry, soonest first.
    expiries: BTreeSet<(Instant, String)>,
    /// Users by id, with the name of their latest connection.
    people: HashMap<String, PresentUser>,
    /// Name and id of each user, in the order of the roster.
    by_name: BTreeSet<(String, String)>,
    /// Users that entered and left, not yet published.
    joined: Vec<User>,
    left: Vec<String>,
}

#[derive(Default)]
struct PresentUser {
    name: String,
    connections: usize,
}

impl PresenceTable {
    /// Adds a connection, or changes its expiry.
    fn enter(&mut self, connection: &str, user: &User, expiry: Instant) {
        if let Some((_, known)) = self.connections.get_mut(connection) {
            let before = mem::replace(known, expiry);
            self.expiries.remove(&(before, connection.to_owned()));
            self.expiries.insert((expiry, connection.to_owned()));
            return;
        }
        self.expiries.insert((expiry, connection.to_owned()));
        self.connections.insert(connection.to_owned(), (user.id.clone(), expiry));
        let person = self.people.entry(user.id.clone()).or_default();
        person.connections += 1;
        // A name is never empty, so a new user differs as well.
        if person.name != user.name {
            let before = mem::replace(&mut person.name, user.name.clone());
            self.by_name.remove(&(before, user.id.clone()));
            self.by_name.insert((user.name.clone(), user.id.clone()));
            self.joined.push(user.clone());
        }
    }

    /// Removes a connection, if it exists.
    fn leave(&mut self, connection: &str) {
        let Some((id, expiry)) = self.connections.remove(connection) else { return };
        self.expiries.remove(&(expiry, connection.to_owned()));
        let person = self.people.get_mut(&id).expect("every connection has its user in the table");
        person.connections -= 1;
        if person.connections == 0 {
            let name = mem::take(&mut person.name);
            self.people.remove(&id);
            self.by_name.remove(&(name, id.clone()));
            self.left.push(id);
        }
    }

    /// Removes the expired connections.
    fn sweep(&mut self, now: Instant) {
        while let Some((expiry, connection)) = self.expiries.first()
            && *expiry <= now
        {
            let connection = connection.clone();
            self.leave(&connection);
        }
    }

    fn roster(&self) -> Roster {
        let user = |(name, id): &(String, String)| User { id: id.clone(), name: name.clone() };
        Roster { people: self.by_name.iter().take(limits::PEOPLE).map(user).collect(), count: self.count() }
    }

    fn is_empty(&self) -> bool {
        self.connections.is_empty()
    }

    /// The publication of the changes, if there are any.
    fn take_changes(&mut self) -> Option<Ephemeral> {
        let (joined, left) = (mem::take(&mut self.joined), mem::take(&mut self.left));
        let any = !joined.is_empty() || !left.is_empty();
        any.then(|| Ephemeral::PresenceChange { joined, left, count: self.count() })
    }

    fn count(&self) -> u64 {
        self.people.len() as u64
    }
}
