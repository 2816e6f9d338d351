use protocol::{User, limits};
use std::collections::{BTreeSet, HashMap};
use tokio::time::Instant;

use crate::backend::{Ephemeral, Roster};

/// The users in one room. Deterministic: `now` is an argument.
#[derive(Default)]
pub struct PresenceTable {
    /// Each connection's user id and expiry.
    connections: HashMap<String, (String, Instant)>,
    /// Connections by expiry, soonest first.
    expiries: BTreeSet<(Instant, String)>,
    /// Users by id, with the name of their latest connection.
    people: HashMap<String, Person>,
    /// Name and id of each user, in the order of the roster.
    by_name: BTreeSet<(String, String)>,
}

#[derive(Default)]
struct Person {
    name: String,
    connections: usize,
}

/// Users that entered and left, not yet published.
#[derive(Default)]
pub struct PresenceChanges {
    joined: Vec<User>,
    left: Vec<String>,
}

impl PresenceTable {
    /// Adds a connection, or changes its expiry.
    pub fn enter(&mut self, connection: &str, user: &User, expiry: Instant, changes: &mut PresenceChanges) {
        if let Some((_, known)) = self.connections.get_mut(connection) {
            let before = std::mem::replace(known, expiry);
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
            let before = std::mem::replace(&mut person.name, user.name.clone());
            self.by_name.remove(&(before, user.id.clone()));
            self.by_name.insert((user.name.clone(), user.id.clone()));
            changes.joined.push(user.clone());
        }
    }

    /// Removes a connection, if it exists.
    pub fn leave(&mut self, connection: &str, changes: &mut PresenceChanges) {
        let Some((id, expiry)) = self.connections.remove(connection) else { return };
        self.expiries.remove(&(expiry, connection.to_owned()));
        let person = self.people.get_mut(&id).expect("every connection has its user in the table");
        person.connections -= 1;
        if person.connections == 0 {
            let name = std::mem::take(&mut person.name);
            self.people.remove(&id);
            self.by_name.remove(&(name, id.clone()));
            changes.left.push(id);
        }
    }

    /// Removes the expired connections.
    pub fn sweep(&mut self, now: Instant, changes: &mut PresenceChanges) {
        while let Some((expiry, connection)) = self.expiries.first()
            && *expiry <= now
        {
            let connection = connection.clone();
            self.leave(&connection, changes);
        }
    }

    pub fn roster(&self) -> Roster {
        let user = |(name, id): &(String, String)| User { id: id.clone(), name: name.clone() };
        Roster { people: self.by_name.iter().take(limits::PEOPLE).map(user).collect(), count: self.count() }
    }

    pub fn is_empty(&self) -> bool {
        self.connections.is_empty()
    }

    /// The publication of the changes, if there are any.
    pub fn to_ephemeral(&self, changes: PresenceChanges) -> Option<Ephemeral> {
        let PresenceChanges { joined, left } = changes;
        let any = !joined.is_empty() || !left.is_empty();
        any.then(|| Ephemeral::PresenceChange { joined, left, count: self.count() })
    }

    fn count(&self) -> u64 {
        self.people.len() as u64
    }
}
