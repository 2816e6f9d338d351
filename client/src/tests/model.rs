//! A randomized test of two people and a server over unreliable connections, driven by a seed. During the run, each
//! screen must match the state of its client. After it, every screen must match the end of the history.

mod fold;
mod person;
mod random;
mod server;

use std::collections::BTreeSet;

use super::harness::{ana, rui};
use crate::Input;
use person::ModelPerson;
use random::Random;
use server::{Faults, ModelServer, ROOMS};

const STEPS: u32 = 20_000;
/// After this many steps the faults stop for a while, and everything is checked.
const CALM: u32 = 400;

struct World {
    random: Random,
    now: u64,
    server: ModelServer,
    people: Vec<ModelPerson>,
    commands: u64,
}

#[test]
fn lost_frames_and_connections_lose_no_messages() {
    for seed in 1..=2 {
        let mut world = World::new(seed, Faults { refusals: false, losses: false });
        world.run();
        world.check_delivery();
        world.check_order();
    }
}

#[test]
fn refusals_lose_no_messages() {
    for seed in 11..=12 {
        let mut world = World::new(seed, Faults { refusals: true, losses: false });
        world.run();
        world.check_delivery();
        world.check_order();
    }
}

#[test]
fn clients_follow_a_history_that_loses_events() {
    for seed in 21..=22 {
        let mut world = World::new(seed, Faults { refusals: true, losses: true });
        world.run();
        assert!(world.server.lost > 100, "too few losses of history");
    }
}

impl World {
    fn new(seed: u64, faults: Faults) -> Self {
        let people = [ana(), rui()].map(|user| ModelPerson::new(user, seed)).into();
        Self { random: Random::new(seed), now: 1, server: ModelServer::new(faults, seed), people, commands: 0 }
    }

    fn run(&mut self) {
        for person in &mut self.people {
            person.start(self.now, &self.server);
        }
        for step in 1..=STEPS {
            self.step();
            if step % CALM == 0 {
                self.settle();
                self.check_screens();
            }
        }
    }

    fn step(&mut self) {
        let room = ROOMS[self.random.below(ROOMS.len())];
        let who = self.random.below(self.people.len());
        match self.random.below(100) {
            0..6 => self.send(who, room),
            6..10 => self.others_send(room, 1),
            10..45 => self.server.answer(who, &mut self.people),
            45..52 => self.change(who, room),
            52..84 => self.people[who].receive(self.now),
            84..92 => self.pass_time(),
            92 => self.disconnect(who),
            93 => self.people[who].rotate(),
            94 => self.people[who].handle(Input::Visible, self.now),
            95 => self.people[who].handle(Input::Online, self.now),
            96 => self.people[who].handle(Input::LoadOlder { room }, self.now),
            97 => self.people[who].toggle_room(room, self.now, &self.server),
            98 => self.people[who].handle(Input::Read { room }, self.now),
            _ => match self.random.below(8) {
                0 => self.people[who].reload(self.now, &self.server),
                1 | 2 => self.others_send(room, 30),
                _ => self.server.lose_history(room, &mut self.people),
            },
        }
    }

    fn send(&mut self, who: usize, room: &'static str) {
        self.commands += 1;
        self.people[who].send(room, format!("n{}", self.commands), self.now);
    }

    fn change(&mut self, who: usize, room: &'static str) {
        self.commands += 1;
        self.people[who].change(room, format!("n{}", self.commands), self.now);
    }

    fn others_send(&mut self, room: &'static str, count: u64) {
        for _ in 0..count {
            self.commands += 1;
            self.server.append_of_others(room, &format!("n{}", self.commands), &mut self.people);
        }
    }

    fn pass_time(&mut self) {
        self.now += self.random.below(1_500) as u64;
        for person in &mut self.people {
            person.handle(Input::Timeout, self.now);
        }
    }

    fn disconnect(&mut self, who: usize) {
        let code = [1006, 1006, 4100, 4200][self.random.below(4)];
        self.people[who].disconnect(code, self.now);
    }

    /// Stops the faults. Then either every connection is cut a last time, or every room receives a last message, which
    /// reveals earlier gaps.
    fn settle(&mut self) {
        self.server.set_reliable(true);
        if self.random.below(2) == 0 {
            self.people.iter_mut().for_each(|person| person.disconnect_all(self.now));
        }
        for person in &mut self.people {
            person.open_all(self.now, &self.server);
        }
        for round in 0..40 {
            if round == 20 {
                ROOMS.iter().for_each(|room| self.others_send(room, 1));
            }
            self.drain();
            let due = self.people.iter().filter_map(|person| person.client.deadline()).min();
            self.now = due.unwrap_or(self.now).max(self.now);
            for person in &mut self.people {
                person.handle(Input::Timeout, self.now);
                person.retry_all(self.now);
            }
        }
        self.drain();
        self.server.set_reliable(false);
    }

    /// Delivers every frame in flight, and every answer to it.
    fn drain(&mut self) {
        while !self.people.iter().all(ModelPerson::is_idle) {
            for who in 0..self.people.len() {
                self.server.answer(who, &mut self.people);
                self.people[who].receive(self.now);
            }
        }
    }

    fn check_screens(&self) {
        for person in &self.people {
            for room in ROOMS {
                let items = person.client.room(room).unwrap().timeline();
                self.server.check_is_end(room, items);
            }
            assert!(person.stored.is_empty(), "{:?}", person.stored);
        }
    }

    fn check_order(&self) {
        for person in &self.people {
            self.server.check_order(&person.user, &person.sent);
        }
    }

    fn check_delivery(&self) {
        let sent: BTreeSet<&String> = self.people.iter().flat_map(|person| &person.sent).map(|(_, id)| id).collect();
        assert!(sent.len() > 500, "{}", sent.len());
        self.server.check_each_once(&sent);
    }
}
