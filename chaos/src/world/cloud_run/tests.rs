//! The balancer and the waiting room with a real HAProxy, before instances that only tell their name.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Semaphore,
    task::{JoinHandle, JoinSet},
    time::timeout,
};

use super::{
    balancer::{Balancer, name},
    statistics::Load,
    waiting_room::WaitingRoom,
};
use crate::{
    http::{Answer, get, post},
    world::{accept::accept, free_port},
};

const PATIENCE: Duration = Duration::from_secs(1);

/// An instance that answers a request for each permit.
struct Instance {
    permits: Arc<Semaphore>,
    address: SocketAddr,
    _accepting: JoinSet<()>,
}

impl Instance {
    async fn start(name: &'static str) -> Self {
        let permits = Arc::new(Semaphore::new(0));
        let given = Arc::clone(&permits);
        let (address, _accepting) = accept(move |request| answer(request, name, Arc::clone(&given))).await.unwrap();
        Self { permits, address, _accepting }
    }
}

async fn answer(mut request: TcpStream, name: &str, permits: Arc<Semaphore>) {
    let mut head = [0; 4_096];
    let read = request.read(&mut head).await.unwrap();
    let asked = String::from_utf8_lossy(&head[..read]).into_owned();
    permits.acquire().await.unwrap().forget();
    let body = format!("{name} {}", asked.lines().next().unwrap());
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
    // One that was cut has nobody to answer.
    let _ = request.write_all(answer.as_bytes()).await;
}

struct World {
    address: SocketAddr,
    balancer: Balancer,
    room: WaitingRoom,
}

impl World {
    async fn new(concurrency: usize) -> Self {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port().await.unwrap()));
        let room = WaitingRoom::open(PATIENCE).await.unwrap();
        let balancer = Balancer::start(address, concurrency, &room).await.unwrap();
        Self { address, balancer, room }
    }

    /// With two instances of two requests each.
    async fn with_two() -> (Self, Instance, Instance) {
        let world = Self::new(2).await;
        let (one, other) = (Instance::start("one").await, Instance::start("other").await);
        world.admit(0, &one).await;
        world.admit(1, &other).await;
        (world, one, other)
    }

    async fn admit(&self, slot: usize, instance: &Instance) {
        self.balancer.admit(slot, instance.address).await.unwrap();
        self.balancer.weigh(&[(slot, 256)]).await.unwrap();
        self.room.set_open(true);
    }

    /// A request of somebody who comes from that slot.
    fn ask_from(&self, slot: usize) -> JoinHandle<anyhow::Result<Answer>> {
        let (address, cookie) = (self.address, format!("Cookie: GAESA={}\r\n", name(slot)));
        tokio::spawn(async move { get(address, "/", &cookie).await })
    }

    async fn until(&self, state: impl Fn(&Load) -> bool) {
        let waiting = async {
            while !state(&self.balancer.load().await.unwrap()) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(Duration::from_secs(5), waiting).await.expect("it never comes to that");
    }

    /// How many requests the first two slots have, and how many wait.
    async fn until_loaded(&self, first: usize, second: usize, queued: usize) {
        let now = |load: &Load, slot| load.of(&name(slot)).unwrap().now;
        self.until(|load| (now(load, 0), now(load, 1), load.queued) == (first, second, queued)).await;
    }
}

fn body(answer: Result<anyhow::Result<Answer>, tokio::task::JoinError>) -> String {
    answer.unwrap().unwrap().body
}

#[tokio::test]
async fn the_first_request_waits_for_an_instance() {
    let (world, instance) = (World::new(2).await, Instance::start("one").await);
    instance.permits.add_permits(1);
    let (address, mut waiting) = (world.address, world.room.waiting());
    let first = tokio::spawn(async move { post(address, "/api/sign_in", "name=ana&room=").await });
    waiting.wait_for(|waiting| *waiting == 1).await.unwrap();
    world.admit(0, &instance).await;
    let answer = first.await.unwrap().unwrap();
    assert_eq!((answer.status, answer.body.as_str()), (200, "one POST /api/sign_in HTTP/1.1"));
    let cookie = answer.headers("set-cookie").next().unwrap();
    assert!(cookie.starts_with("GAESA=slot0;"), "{cookie}");
}

#[tokio::test]
async fn what_waits_in_vain_is_answered_with_429() {
    let world = World::new(2).await;
    let started = Instant::now();
    let nobody = get(world.address, "/", "").await.unwrap();
    assert!(started.elapsed() >= PATIENCE);
    let instance = Instance::start("one").await;
    world.admit(0, &instance).await;
    let _held = [world.ask_from(0), world.ask_from(0)];
    world.until_loaded(2, 0, 0).await;
    let full = get(world.address, "/", "").await.unwrap();
    for answer in [nobody, full] {
        assert_eq!((answer.status, answer.body.contains("no available instance")), (429, true), "{answer:?}");
    }
}

#[tokio::test]
async fn a_full_instance_lets_its_people_go_elsewhere() {
    let (world, one, other) = World::with_two().await;
    let held = [world.ask_from(0), world.ask_from(0)];
    world.until_loaded(2, 0, 0).await;
    other.permits.add_permits(1);
    assert_eq!(body(world.ask_from(0).await), "other GET / HTTP/1.1");
    // There is room again, so whoever comes is led back.
    one.permits.add_permits(3);
    for held in held {
        assert_eq!(body(held.await), "one GET / HTTP/1.1");
    }
    assert_eq!(body(world.ask_from(0).await), "one GET / HTTP/1.1");
}

#[tokio::test]
async fn an_instance_that_is_taken_out_ends_what_it_has_and_gets_no_more() {
    let (world, one, other) = World::with_two().await;
    let held = world.ask_from(0);
    world.until_loaded(1, 0, 0).await;
    world.balancer.take_out(0).await.unwrap();
    other.permits.add_permits(1);
    assert_eq!(body(world.ask_from(0).await), "other GET / HTTP/1.1");
    one.permits.add_permits(1);
    assert_eq!(body(held.await), "one GET / HTTP/1.1");
}

/// HAProxy would give a server that comes up as many requests as it may have, besides those that come by themselves.
#[tokio::test]
async fn many_that_wait_and_come_do_not_overfill_a_new_instance() {
    let world = World::new(50).await;
    let (one, other) = (Instance::start("one").await, Instance::start("other").await);
    world.admit(0, &one).await;
    let _waiting: Vec<_> = (0..80).map(|_| world.ask_from(0)).collect();
    world.until_loaded(50, 0, 30).await;
    let _coming: Vec<_> = (0..80).map(|_| world.ask_from(1)).collect();
    world.admit(1, &other).await;
    world.until_loaded(50, 50, 60).await;
}

#[tokio::test]
async fn a_request_is_cut_when_its_time_is_up() {
    let (world, instance) = (World::new(2).await, Instance::start("one").await);
    world.admit(0, &instance).await;
    let _held = world.ask_from(0);
    world.until_loaded(1, 0, 0).await;
    assert_eq!(world.balancer.cut(Duration::from_secs(60)).await.unwrap(), 0);
    assert_eq!(world.balancer.cut(Duration::ZERO).await.unwrap(), 1);
    world.until_loaded(0, 0, 0).await;
}
