use protocol::{RoomName, User, limits};
use server::backend::{Ephemeral, PRESENCE_TTL_MS, Roster};

use crate::site::{BackendInstance, Site, room, user};

impl BackendInstance {
    async fn enter(&self, room: &RoomName, connection: &str, user: &User) -> Roster {
        self.0.presence.enter(room, connection, user).await.unwrap()
    }

    async fn leave(&self, room: &RoomName, connection: &str) {
        self.0.presence.leave(room, connection).await.unwrap();
    }

    async fn refresh(&self, room: &RoomName, connection: &str, user: &User) {
        let here = [(connection.to_owned(), user.clone())];
        self.0.presence.refresh(room, &here, PRESENCE_TTL_MS).await.unwrap();
    }

    async fn people(&self, room: &RoomName) -> Roster {
        self.0.presence.roster(room).await.unwrap()
    }
}

fn joined(user: &User, count: u64) -> Ephemeral {
    Ephemeral::PresenceChange { joined: vec![user.clone()], left: vec![], count }
}

fn left(user: &User, count: u64) -> Ephemeral {
    Ephemeral::PresenceChange { joined: vec![], left: vec![user.id.clone()], count }
}

fn roster(people: &[&User]) -> Roster {
    Roster { people: people.iter().copied().cloned().collect(), count: people.len() as u64 }
}

pub async fn a_user_with_two_connections_enters_and_leaves_once(site: Site) {
    let (mut instance, room, ana) = (site.open().await, room("lobby"), user("Ana"));
    instance.subscribe(&room).await;
    assert_eq!(instance.enter(&room, "c1", &ana).await, roster(&[&ana]));
    assert_eq!(instance.ephemeral().await, joined(&ana, 1));
    assert_eq!(instance.enter(&room, "c2", &ana).await, roster(&[&ana]));
    instance.leave(&room, "c1").await;
    assert_eq!(instance.people(&room).await, roster(&[&ana]));
    instance.receives_nothing_more().await;
    instance.leave(&room, "c2").await;
    assert_eq!(instance.ephemeral().await, left(&ana, 0));
    assert_eq!(instance.people(&room).await, Roster::default());
    instance.receives_nothing_more().await;
}

pub async fn the_latest_connection_determines_the_users_name(site: Site) {
    let (mut instance, room, ana) = (site.open().await, room("lobby"), user("Ana"));
    let zoe = User { name: "Zoe".into(), ..ana.clone() };
    instance.subscribe(&room).await;
    instance.enter(&room, "c1", &ana).await;
    assert_eq!(instance.ephemeral().await, joined(&ana, 1));
    assert_eq!(instance.enter(&room, "c2", &zoe).await, roster(&[&zoe]));
    assert_eq!(instance.ephemeral().await, joined(&zoe, 1));
    // A refresh of the earlier connection changes nothing.
    instance.refresh(&room, "c1", &ana).await;
    instance.leave(&room, "c1").await;
    assert_eq!(instance.people(&room).await, roster(&[&zoe]));
    instance.receives_nothing_more().await;
    instance.leave(&room, "c2").await;
    assert_eq!(instance.ephemeral().await, left(&zoe, 0));
    assert_eq!(instance.people(&room).await, Roster::default());
}

pub async fn unknown_connections_cause_no_publication(site: Site) {
    let (mut instance, room, ana) = (site.open().await, room("lobby"), user("Ana"));
    instance.subscribe(&room).await;
    instance.leave(&room, "c1").await;
    instance.enter(&room, "c1", &ana).await;
    instance.ephemeral().await;
    instance.enter(&room, "c1", &ana).await;
    instance.leave(&room, "c2").await;
    instance.receives_nothing_more().await;
    instance.leave(&room, "c1").await;
    assert_eq!(instance.ephemeral().await, left(&ana, 0));
    instance.leave(&room, "c1").await;
    instance.receives_nothing_more().await;
}

pub async fn expired_connections_return_with_a_refresh(site: Site) {
    let (mut instance, room, ana, rui) = (site.open().await, room("lobby"), user("Ana"), user("Rui"));
    instance.enter(&room, "c1", &ana).await;
    instance.enter(&room, "c2", &rui).await;
    instance.subscribe(&room).await;
    instance.refresh(&room, "c1", &ana).await;
    instance.receives_nothing_more().await;
    site.expire(&room, &["c1", "c2"]).await;
    // The first refresh keeps its own connections only; the others have expired.
    instance.refresh(&room, "c1", &ana).await;
    assert_eq!(instance.ephemeral().await, left(&rui, 1));
    instance.refresh(&room, "c2", &rui).await;
    assert_eq!(instance.ephemeral().await, joined(&rui, 2));
    assert_eq!(instance.people(&room).await, roster(&[&ana, &rui]));
    instance.receives_nothing_more().await;
}

pub async fn a_sweep_removes_expired_connections_and_publishes_once(site: Site) {
    let (mut instance, lobby, other) = (site.open().await, room("lobby"), room("other"));
    let (ana, rui) = (user("Ana"), user("Rui"));
    instance.enter(&lobby, "c1", &ana).await;
    instance.enter(&other, "c2", &rui).await;
    instance.subscribe(&lobby).await;
    instance.subscribe(&other).await;
    let rooms = [lobby.clone(), other.clone()];
    instance.0.presence.sweep(&rooms).await.unwrap();
    instance.receives_nothing_more().await;
    // As a draining instance does: the expiry moves forward.
    instance.0.presence.refresh(&lobby, &[("c1".to_owned(), ana.clone())], 0).await.unwrap();
    instance.0.presence.sweep(&rooms).await.unwrap();
    assert_eq!(instance.ephemeral().await, left(&ana, 0));
    instance.0.presence.sweep(&rooms).await.unwrap();
    instance.receives_nothing_more().await;
    assert_eq!(instance.people(&other).await, roster(&[&rui]));
}

pub async fn the_roster_excludes_expired_connections(site: Site) {
    let (mut instance, room, ana, rui) = (site.open().await, room("lobby"), user("Ana"), user("Rui"));
    instance.enter(&room, "c1", &ana).await;
    instance.enter(&room, "c2", &ana).await;
    instance.subscribe(&room).await;
    site.expire(&room, &["c1", "c2"]).await;
    assert_eq!(instance.people(&room).await, Roster::default());
    assert_eq!(instance.ephemeral().await, left(&ana, 0));
    assert_eq!(instance.enter(&room, "c3", &rui).await, roster(&[&rui]));
    assert_eq!(instance.ephemeral().await, joined(&rui, 1));
    instance.receives_nothing_more().await;
}

pub async fn the_roster_is_sorted_by_name_and_limited(site: Site) {
    let (instance, room) = (site.open().await, room("lobby"));
    let all = limits::PEOPLE + 5;
    let people: Vec<User> = (0..all).map(|number| user(&format!("Person {number:03}"))).collect();
    for (number, person) in people.iter().enumerate().rev() {
        instance.enter(&room, &format!("c{number}"), person).await;
    }
    let full = instance.people(&room).await;
    assert_eq!((full.people.as_slice(), full.count), (&people[..limits::PEOPLE], all as u64));
    instance.leave(&room, "c0").await;
    let full = instance.people(&room).await;
    assert_eq!((full.people.as_slice(), full.count), (&people[1..=limits::PEOPLE], all as u64 - 1));
}

pub async fn a_large_refresh_publishes_no_change(site: Site) {
    let (mut instance, room) = (site.open().await, room("lobby"));
    let here: Vec<_> = (0..1_100).map(|number| (format!("c{number}"), user(&format!("P{number}")))).collect();
    instance.0.presence.refresh(&room, &here, PRESENCE_TTL_MS).await.unwrap();
    instance.subscribe(&room).await;
    site.expire(&room, &here.iter().map(|(connection, _)| connection.as_str()).collect::<Vec<_>>()).await;
    instance.0.presence.refresh(&room, &here, PRESENCE_TTL_MS).await.unwrap();
    instance.receives_nothing_more().await;
    assert_eq!(instance.people(&room).await.count, 1_100);
}

pub async fn presence_is_per_room(site: Site) {
    let (mut instance, lobby, other, ana) = (site.open().await, room("lobby"), room("other"), user("Ana"));
    instance.subscribe(&other).await;
    instance.enter(&lobby, "c1", &ana).await;
    instance.receives_nothing_more().await;
    assert_eq!(instance.enter(&other, "c1", &ana).await.count, 1);
    instance.leave(&lobby, "c1").await;
    assert_eq!(instance.people(&other).await, roster(&[&ana]));
}
