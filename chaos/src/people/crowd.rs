use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use anyhow::Context;
use futures_util::{
    StreamExt, TryStreamExt,
    future::{join_all, select_ok},
    stream,
};
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
    time::timeout,
};

use super::{
    Journal, Standing,
    person::{Order, Person, Seat},
    sign_in,
};
use crate::{clock::Clock, run::Run, seed::Seed};

/// How many sign in at the same time.
const AT_ONCE: usize = 32;
/// How long coming in may take all of them.
const ENTRY: Duration = Duration::from_secs(60);

/// Who is there.
#[derive(Clone, Copy, Debug)]
pub struct Cast {
    pub rooms: usize,
    pub people: usize,
    /// How many of each room talk, and the mean time between two things that one of them says.
    pub talkers: usize,
    pub pace: Duration,
    /// Bytes that are added to each text.
    pub padding: usize,
}

impl Cast {
    /// As many as most scenarios have.
    pub fn usual(run: Run) -> Self {
        let pace = Duration::from_millis(run.pick(400, 200));
        Self { rooms: 10, people: run.pick(60, 150), talkers: run.pick(4, 8), pace, padding: 0 }
    }

    /// How many are in each room.
    pub fn in_a_room(self) -> usize {
        self.people / self.rooms
    }
}

/// Everybody.
pub struct Crowd {
    people: Vec<Member>,
    talking: watch::Sender<bool>,
}

struct Member {
    room: String,
    orders: mpsc::Sender<Order>,
    standing: watch::Receiver<Standing>,
    life: JoinHandle<Journal>,
}

impl Crowd {
    /// Signs everybody in, and returns when all are in their rooms.
    pub async fn gather(cast: Cast, address: SocketAddr, clock: Clock, seed: Seed) -> anyhow::Result<Self> {
        let mut crowd = Self { people: Vec::new(), talking: watch::channel(false).0 };
        crowd.add(cast, address, clock, seed).await?;
        Ok(crowd)
    }

    /// Lets more people come, by another way if need be.
    pub async fn add(&mut self, cast: Cast, address: SocketAddr, clock: Clock, seed: Seed) -> anyhow::Result<()> {
        let first = self.people.len();
        let talking = &self.talking;
        let coming = (0..cast.people).map(|number| async move {
            let number = first + number;
            let pass = sign_in(address, &format!("guest-{number}")).await?;
            let room = format!("room{}", number % cast.rooms);
            let pace = ((number - first) / cast.rooms < cast.talkers).then_some(cast.pace);
            let chance = seed.chance("person", number as u64);
            let (orders, to_do) = mpsc::channel(4);
            let seat = Seat { room: room.clone(), address, clock, chance, pace, padding: cast.padding };
            let (person, ears, standing) = Person::new(pass, seat, to_do, talking.subscribe());
            anyhow::Ok(Member { room, orders, standing, life: tokio::spawn(person.live(ears)) })
        });
        let came: Vec<_> = stream::iter(coming).buffered(AT_ONCE).try_collect().await?;
        self.people.extend(came);
        timeout(ENTRY, self.all_are(|standing| standing.live)).await.context("some cannot come in")
    }

    pub fn len(&self) -> usize {
        self.people.len()
    }

    /// Lets everybody talk. Whoever talks already is not interrupted: they would all pause at the very moment of a fault.
    pub fn talk(&self) {
        self.talking.send_if_modified(|talking| !std::mem::replace(talking, true));
    }

    pub fn hush(&self) {
        self.talking.send_replace(false);
    }

    /// How many messages were acknowledged so far.
    pub fn acknowledged(&self) -> usize {
        self.people.iter().map(|member| member.standing.borrow().acknowledged).sum()
    }

    /// Whether something waits, or does before the time is up.
    pub async fn waits(&self, patience: Duration) -> bool {
        let waiting = self.people.iter().map(|member| {
            let mut standing = member.standing.clone();
            Box::pin(async move { standing.wait_for(|now| now.pending > 0).await.map(drop) })
        });
        timeout(patience, select_ok(waiting)).await.is_ok_and(|first| first.is_ok())
    }

    /// How many have a link.
    pub fn live(&self) -> usize {
        self.people.iter().filter(|member| member.standing.borrow().live).count()
    }

    pub async fn order(&self, people: impl IntoIterator<Item = usize>, order: Order) {
        for number in people {
            // One who has left needs no orders.
            let _ = self.people[number].orders.send(order).await;
        }
    }

    /// Waits until everybody is live. False if it takes too long.
    pub async fn all_live(&self, patience: Duration) -> bool {
        timeout(patience, self.all_are(|standing| standing.live)).await.is_ok()
    }

    /// Waits until everybody who is there sees so many in the room. False if it takes too long.
    pub async fn all_see(&self, people: usize, patience: Duration) -> bool {
        let seen = |standing: &Standing| standing.here == people as u64;
        timeout(patience, self.all_are(seen)).await.is_ok()
    }

    /// Waits until nothing waits, and every screen shows its room up to these numbers. False if it takes too long.
    pub async fn settle(&self, heads: &BTreeMap<String, u64>, patience: Duration) -> bool {
        let settled = self.people.iter().map(|member| {
            let head = heads.get(&member.room).copied().unwrap_or_default();
            let mut standing = member.standing.clone();
            async move { drop(standing.wait_for(|now| now.live && now.pending == 0 && now.shown == head).await) }
        });
        timeout(patience, join_all(settled)).await.is_ok()
    }

    /// Everybody leaves, and hands over the journal.
    pub async fn part(self) -> anyhow::Result<Vec<Journal>> {
        let leaving = self.people.into_iter().map(|member| async move {
            let _ = member.orders.send(Order::Leave).await;
            member.life.await.context("a person panicked")
        });
        join_all(leaving).await.into_iter().collect()
    }

    async fn all_are(&self, state: impl Fn(&Standing) -> bool + Copy) {
        let waiting = self.people.iter().map(|member| {
            let mut standing = member.standing.clone();
            async move { drop(standing.wait_for(state).await) }
        });
        join_all(waiting).await;
    }
}
