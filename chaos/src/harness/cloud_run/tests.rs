//! The load balancer and the request queue with a real HAProxy, in front of instances that only answer with their name.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};

use testkit::{Request, Response, accept_connections, free_port};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Semaphore,
    task::{JoinHandle, JoinSet},
    time::{sleep, timeout},
};

use super::{
    load_balancer::{LoadBalancer, name},
    request_queue::RequestQueue,
};

const MAX_WAIT: Duration = Duration::from_secs(1);

/// An instance that answers one request per permit.
struct FakeInstance {
    permits: Arc<Semaphore>,
    address: SocketAddr,
    _connections: JoinSet<()>,
}

impl FakeInstance {
    async fn start(name: &'static str) -> Self {
        let permits = Arc::new(Semaphore::new(0));
        let shared = Arc::clone(&permits);
        let (address, _connections) =
            accept_connections(move |request| answer(request, name, Arc::clone(&shared))).await.unwrap();
        Self { permits, address, _connections }
    }
}

async fn answer(mut request: TcpStream, name: &str, permits: Arc<Semaphore>) {
    let mut head = [0; 4_096];
    let read = request.read(&mut head).await.unwrap();
    let head = String::from_utf8_lossy(&head[..read]).into_owned();
    permits.acquire().await.unwrap().forget();
    let body = format!("{name} {}", head.lines().next().unwrap());
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
    // A request that was closed needs no answer.
    let _ = request.write_all(answer.as_bytes()).await;
}

struct TestBalancer {
    address: SocketAddr,
    load_balancer: LoadBalancer,
    queue: RequestQueue,
}

impl TestBalancer {
    async fn new(concurrency: usize) -> Self {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port().unwrap()));
        let queue = RequestQueue::start(MAX_WAIT).await.unwrap();
        let load_balancer = LoadBalancer::start(address, concurrency, &queue).await.unwrap();
        Self { address, load_balancer, queue }
    }

    /// With two instances in the first two slots.
    async fn with_two_instances() -> (Self, FakeInstance, FakeInstance) {
        let test = Self::new(2).await;
        let (one, other) = (FakeInstance::start("one").await, FakeInstance::start("other").await);
        test.enable(0, &one).await;
        test.enable(1, &other).await;
        (test, one, other)
    }

    async fn enable(&self, slot: usize, instance: &FakeInstance) {
        self.load_balancer.enable(slot, instance.address).await.unwrap();
        self.load_balancer.set_weights(&[(slot, 256)]).await.unwrap();
        self.queue.set_released(true);
    }

    async fn get(&self) -> Response {
        Request::get("/").send(self.address).await.unwrap()
    }

    /// Sends a request with the affinity cookie of a slot.
    fn get_with_affinity(&self, slot: usize) -> JoinHandle<String> {
        let (address, request) = (self.address, Request::get("/").cookies(&format!("GAESA={}", name(slot))));
        tokio::spawn(async move { request.send(address).await.unwrap().text() })
    }

    /// Waits until the first two slots have so many requests, and so many are queued.
    async fn wait_for_load(&self, first: usize, second: usize, queued: usize) {
        let waiting = async {
            loop {
                let load = self.load_balancer.load().await.unwrap();
                let [one, other] = [0, 1].map(|slot| load.of(&name(slot)).unwrap().current);
                if (one, other, load.queued) == (first, second, queued) {
                    return;
                }
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(Duration::from_secs(5), waiting).await.expect("the load is never reached");
    }
}

#[tokio::test]
async fn the_first_request_waits_for_an_instance() {
    let (test, instance) = (TestBalancer::new(2).await, FakeInstance::start("one").await);
    instance.permits.add_permits(1);
    let (address, mut waiting) = (test.address, test.queue.waiting());
    let form = Request::post("/api/sign_in", &[("name", "ana"), ("room", "")]);
    let first = tokio::spawn(async move { form.send(address).await.unwrap() });
    waiting.wait_for(|waiting| *waiting == 1).await.unwrap();
    test.enable(0, &instance).await;
    let response = first.await.unwrap();
    assert_eq!((response.status, response.text().as_str()), (200, "one POST /api/sign_in HTTP/1.1"));
    assert!(response.header("set-cookie").starts_with("GAESA=slot0;"), "{response:?}");
}

#[tokio::test]
async fn a_request_that_waits_too_long_is_answered_with_429() {
    let test = TestBalancer::new(2).await;
    let start = Instant::now();
    let without_instance = test.get().await;
    assert!(start.elapsed() >= MAX_WAIT);
    let instance = FakeInstance::start("one").await;
    test.enable(0, &instance).await;
    let _held = [test.get_with_affinity(0), test.get_with_affinity(0)];
    test.wait_for_load(2, 0, 0).await;
    let without_capacity = test.get().await;
    for response in [without_instance, without_capacity] {
        assert_eq!((response.status, response.text().contains("no available instance")), (429, true), "{response:?}");
    }
}

#[tokio::test]
async fn clients_of_a_full_instance_go_to_another_one() {
    let (test, one, other) = TestBalancer::with_two_instances().await;
    let held = [test.get_with_affinity(0), test.get_with_affinity(0)];
    test.wait_for_load(2, 0, 0).await;
    other.permits.add_permits(1);
    assert_eq!(test.get_with_affinity(0).await.unwrap(), "other GET / HTTP/1.1");
    // With capacity, clients are led back.
    one.permits.add_permits(3);
    for request in held {
        assert_eq!(request.await.unwrap(), "one GET / HTTP/1.1");
    }
    assert_eq!(test.get_with_affinity(0).await.unwrap(), "one GET / HTTP/1.1");
}

#[tokio::test]
async fn a_disabled_instance_finishes_its_requests_and_gets_no_more() {
    let (test, one, other) = TestBalancer::with_two_instances().await;
    let held = test.get_with_affinity(0);
    test.wait_for_load(1, 0, 0).await;
    test.load_balancer.disable(0).await.unwrap();
    other.permits.add_permits(1);
    assert_eq!(test.get_with_affinity(0).await.unwrap(), "other GET / HTTP/1.1");
    one.permits.add_permits(1);
    assert_eq!(held.await.unwrap(), "one GET / HTTP/1.1");
}

#[tokio::test]
async fn a_new_instance_is_not_overloaded_by_queued_requests() {
    let test = TestBalancer::new(50).await;
    let (one, other) = (FakeInstance::start("one").await, FakeInstance::start("other").await);
    test.enable(0, &one).await;
    let _queued: Vec<_> = (0..80).map(|_| test.get_with_affinity(0)).collect();
    test.wait_for_load(50, 0, 30).await;
    let _new: Vec<_> = (0..80).map(|_| test.get_with_affinity(1)).collect();
    test.enable(1, &other).await;
    test.wait_for_load(50, 50, 60).await;
}

#[tokio::test]
async fn a_request_is_closed_at_the_timeout() {
    let (test, instance) = (TestBalancer::new(2).await, FakeInstance::start("one").await);
    test.enable(0, &instance).await;
    let _held = test.get_with_affinity(0);
    test.wait_for_load(1, 0, 0).await;
    assert_eq!(test.load_balancer.close_older_than(Duration::from_secs(60)).await.unwrap(), 0);
    assert_eq!(test.load_balancer.close_older_than(Duration::ZERO).await.unwrap(), 1);
    test.wait_for_load(0, 0, 0).await;
}
