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
    haproxy_stats::BackendLoad,
    load_balancer::{LoadBalancer, name},
    request_queue::RequestQueue,
};
use crate::{
    harness::{accept::accept, free_port},
    http::{Response, get, post},
};

const TIMEOUT: Duration = Duration::from_secs(1);

/// An instance that answers a request for each permit.
struct FakeInstance {
    permits: Arc<Semaphore>,
    address: SocketAddr,
    _accepting: JoinSet<()>,
}

impl FakeInstance {
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

struct TestBalancer {
    address: SocketAddr,
    balancer: LoadBalancer,
    room: RequestQueue,
}

impl TestBalancer {
    async fn new(concurrency: usize) -> Self {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port().await.unwrap()));
        let room = RequestQueue::open(TIMEOUT).await.unwrap();
        let balancer = LoadBalancer::start(address, concurrency, &room).await.unwrap();
        Self { address, balancer, room }
    }

    /// With two instances of two requests each.
    async fn with_two() -> (Self, FakeInstance, FakeInstance) {
        let test = Self::new(2).await;
        let (one, other) = (FakeInstance::start("one").await, FakeInstance::start("other").await);
        test.admit(0, &one).await;
        test.admit(1, &other).await;
        (test, one, other)
    }

    async fn admit(&self, slot: usize, instance: &FakeInstance) {
        self.balancer.admit(slot, instance.address).await.unwrap();
        self.balancer.update_weights(&[(slot, 256)]).await.unwrap();
        self.room.set_open(true);
    }

    /// A request of somebody who comes from that slot.
    fn ask_from(&self, slot: usize) -> JoinHandle<anyhow::Result<Response>> {
        let (address, cookie) = (self.address, format!("Cookie: GAESA={}\r\n", name(slot)));
        tokio::spawn(async move { get(address, "/", &cookie).await })
    }

    async fn until(&self, state: impl Fn(&BackendLoad) -> bool) {
        let waiting = async {
            while !state(&self.balancer.load().await.unwrap()) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(Duration::from_secs(5), waiting).await.expect("it never comes to that");
    }

    /// How many requests the first two slots have, and how many wait.
    async fn until_loaded(&self, first: usize, second: usize, queued: usize) {
        let now = |load: &BackendLoad, slot| load.of(&name(slot)).unwrap().now;
        self.until(|load| (now(load, 0), now(load, 1), load.queued) == (first, second, queued)).await;
    }
}

fn body(answer: Result<anyhow::Result<Response>, tokio::task::JoinError>) -> String {
    answer.unwrap().unwrap().body
}

#[tokio::test]
async fn the_first_request_waits_for_an_instance() {
    let (test, instance) = (TestBalancer::new(2).await, FakeInstance::start("one").await);
    instance.permits.add_permits(1);
    let (address, mut waiting) = (test.address, test.room.waiting());
    let first = tokio::spawn(async move { post(address, "/api/sign_in", "name=ana&room=").await });
    waiting.wait_for(|waiting| *waiting == 1).await.unwrap();
    test.admit(0, &instance).await;
    let answer = first.await.unwrap().unwrap();
    assert_eq!((answer.status, answer.body.as_str()), (200, "one POST /api/sign_in HTTP/1.1"));
    let cookie = answer.headers("set-cookie").next().unwrap();
    assert!(cookie.starts_with("GAESA=slot0;"), "{cookie}");
}

#[tokio::test]
async fn what_waits_in_vain_is_answered_with_429() {
    let test = TestBalancer::new(2).await;
    let started = Instant::now();
    let nobody = get(test.address, "/", "").await.unwrap();
    assert!(started.elapsed() >= TIMEOUT);
    let instance = FakeInstance::start("one").await;
    test.admit(0, &instance).await;
    let _held = [test.ask_from(0), test.ask_from(0)];
    test.until_loaded(2, 0, 0).await;
    let full = get(test.address, "/", "").await.unwrap();
    for answer in [nobody, full] {
        assert_eq!((answer.status, answer.body.contains("no available instance")), (429, true), "{answer:?}");
    }
}

#[tokio::test]
async fn a_full_instance_lets_its_people_go_elsewhere() {
    let (test, one, other) = TestBalancer::with_two().await;
    let held = [test.ask_from(0), test.ask_from(0)];
    test.until_loaded(2, 0, 0).await;
    other.permits.add_permits(1);
    assert_eq!(body(test.ask_from(0).await), "other GET / HTTP/1.1");
    // There is room again, so whoever comes is led back.
    one.permits.add_permits(3);
    for held in held {
        assert_eq!(body(held.await), "one GET / HTTP/1.1");
    }
    assert_eq!(body(test.ask_from(0).await), "one GET / HTTP/1.1");
}

#[tokio::test]
async fn an_instance_that_is_taken_out_ends_what_it_has_and_gets_no_more() {
    let (test, one, other) = TestBalancer::with_two().await;
    let held = test.ask_from(0);
    test.until_loaded(1, 0, 0).await;
    test.balancer.take_out(0).await.unwrap();
    other.permits.add_permits(1);
    assert_eq!(body(test.ask_from(0).await), "other GET / HTTP/1.1");
    one.permits.add_permits(1);
    assert_eq!(body(held.await), "one GET / HTTP/1.1");
}

/// HAProxy would give a server that comes up as many requests as it may have, besides those that come by themselves.
#[tokio::test]
async fn many_that_wait_and_come_do_not_overfill_a_new_instance() {
    let test = TestBalancer::new(50).await;
    let (one, other) = (FakeInstance::start("one").await, FakeInstance::start("other").await);
    test.admit(0, &one).await;
    let _waiting: Vec<_> = (0..80).map(|_| test.ask_from(0)).collect();
    test.until_loaded(50, 0, 30).await;
    let _coming: Vec<_> = (0..80).map(|_| test.ask_from(1)).collect();
    test.admit(1, &other).await;
    test.until_loaded(50, 50, 60).await;
}

#[tokio::test]
async fn a_request_is_cut_when_its_time_is_up() {
    let (test, instance) = (TestBalancer::new(2).await, FakeInstance::start("one").await);
    test.admit(0, &instance).await;
    let _held = test.ask_from(0);
    test.until_loaded(1, 0, 0).await;
    assert_eq!(test.balancer.cut(Duration::from_secs(60)).await.unwrap(), 0);
    assert_eq!(test.balancer.cut(Duration::ZERO).await.unwrap(), 1);
    test.until_loaded(0, 0, 0).await;
}
