use protocol::{User, limits};
use std::collections::{BTreeSet, HashMap};
use tokio::time::Instant;

use crate::backend::{Ephemeral, Roster};

/// Who is in one room. It knows no clock: `now` is an argument.
#[derive(Default)]
pub struct Register {
    /// Every connection, with its person and the moment it expires.
    connections: HashMap<String, (String, Instant)>,
    /// The same, soonest first.
    expiries: BTreeSet<(Instant, String)>,
    /// Every person, by id. The name is that of the latest connection: one may take another.
    people: HashMap<String, Person>,
    /// The same as name and id, in the order of the roster.
    by_name: BTreeSet<(String, String)>,
}

#[derive(Default)]
struct Person {
    name: String,
    connections: usize,
}

/// Who came and who went, so far unsaid.
#[derive(Default)]
pub struct News {
    joined: Vec<User>,
    left: Vec<String>,
}

impl Register {
    /// Adds a connection, or changes when it expires.
    pub fn enter(&mut self, connection: &str, user: &User, expiry: Instant, news: &mut News) {
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
        // A name is never empty, so one who is new here differs as well.
        if person.name != user.name {
            let before = std::mem::replace(&mut person.name, user.name.clone());
            self.by_name.remove(&(before, user.id.clone()));
            self.by_name.insert((user.name.clone(), user.id.clone()));
            news.joined.push(user.clone());
        }
    }

    /// Takes a connection away, if it is there.
    pub fn leave(&mut self, connection: &str, news: &mut News) {
        let Some((id, expiry)) = self.connections.remove(connection) else { return };
        self.expiries.remove(&(expiry, connection.to_owned()));
        let person = self.people.get_mut(&id).expect("the person of every connection is listed");
        person.connections -= 1;
        if person.connections == 0 {
            let name = std::mem::take(&mut person.name);
            self.people.remove(&id);
            self.by_name.remove(&(name, id.clone()));
            news.left.push(id);
        }
    }

    /// Takes away the connections that have expired.
    pub fn sweep(&mut self, now: Instant, news: &mut News) {
        while let Some((expiry, connection)) = self.expiries.first()
            && *expiry <= now
        {
            let connection = connection.clone();
            self.leave(&connection, news);
        }
    }

    pub fn roster(&self) -> Roster {
        let user = |(name, id): &(String, String)| User { id: id.clone(), name: name.clone() };
        Roster { people: self.by_name.iter().take(limits::PEOPLE).map(user).collect(), count: self.count() }
    }

    pub fn is_empty(&self) -> bool {
        self.connections.is_empty()
    }

    /// The ephemeral that tells the news, if there are any.
    pub fn tell(&self, news: News) -> Option<Ephemeral> {
        let News { joined, left } = news;
        let any = !joined.is_empty() || !left.is_empty();
        any.then(|| Ephemeral::PresenceChange { joined, left, count: self.count() })
    }

    fn count(&self) -> u64 {
        self.people.len() as u64
    }
}
