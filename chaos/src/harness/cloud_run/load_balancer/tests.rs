//! With instances that only answer with their number.

use testkit::{Request, Response};
use tokio::{sync::Semaphore, task::JoinHandle};

use super::*;

const WAIT: Duration = Duration::from_secs(1);

/// An instance that answers one request per permit.
struct FakeInstance {
    permits: Arc<Semaphore>,
    address: SocketAddr,
    _connections: JoinSet<()>,
}

impl FakeInstance {
    async fn start(number: usize) -> Self {
        let permits = Arc::new(Semaphore::new(0));
        let shared = Arc::clone(&permits);
        let serve = move |request| answer(request, number, Arc::clone(&shared));
        let (address, _connections) = accept_connections(0, serve).await.unwrap();
        Self { permits, address, _connections }
    }
}

async fn answer(mut request: TcpStream, number: usize, permits: Arc<Semaphore>) {
    let head = read_head(&mut BufReader::new(&mut request)).await.unwrap();
    permits.acquire().await.unwrap().forget();
    let body = format!("{number} {}", head[0]);
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
    // A request that was closed needs no answer.
    let _ = request.write_all(answer.as_bytes()).await;
}

struct TestBalancer {
    address: SocketAddr,
    platform: watch::Sender<Platform>,
    _requests: JoinSet<()>,
}

impl TestBalancer {
    async fn start() -> Self {
        let platform = watch::channel(Platform::without_processes(2)).0;
        let (address, _requests) = balance(0, platform.clone(), WAIT).await.unwrap();
        Self { address, platform, _requests }
    }

    async fn with_two_instances() -> (Self, FakeInstance, FakeInstance) {
        let (test, one, other) = (Self::start().await, FakeInstance::start(1).await, FakeInstance::start(2).await);
        test.add(&one);
        test.add(&other);
        (test, one, other)
    }

    fn add(&self, instance: &FakeInstance) {
        self.platform.send_modify(|platform| {
            let revision = platform.revisions[0].name.clone();
            platform.add_serving(&revision, instance.address);
        });
    }

    async fn get(&self) -> Response {
        Request::get("/").send(self.address).await.unwrap()
    }

    /// Sends a request with the affinity cookie of an instance.
    fn get_with_affinity(&self, number: usize) -> JoinHandle<String> {
        let (address, cookies) = (self.address, format!("a=b; {AFFINITY_COOKIE}={number}"));
        tokio::spawn(async move { Request::get("/").cookies(&cookies).send(address).await.unwrap().text() })
    }

    /// Waits until each instance has the given number of requests, and `waiting` requests have no instance.
    async fn wait_for_load(&self, requests: &[usize], waiting: usize) {
        let mut platform = self.platform.subscribe();
        let is_reached = |platform: &Platform| {
            platform.instances.iter().map(|instance| instance.requests).eq(requests.iter().copied())
                && platform.waiting == waiting
        };
        let reached = timeout(Duration::from_secs(5), platform.wait_for(is_reached)).await;
        reached.expect("the load is never reached").unwrap();
    }
}

#[tokio::test]
async fn the_first_request_waits_for_an_instance() {
    let (test, instance) = (TestBalancer::start().await, FakeInstance::start(1).await);
    instance.permits.add_permits(1);
    let form = Request::post("/api/sign_in", &[("name", "ana"), ("room", "")]);
    let address = test.address;
    let first = tokio::spawn(async move { form.send(address).await.unwrap() });
    test.wait_for_load(&[], 1).await;
    test.add(&instance);
    let response = first.await.unwrap();
    assert_eq!((response.status, response.text().as_str()), (200, "1 POST /api/sign_in HTTP/1.1"));
    assert!(response.header("set-cookie").starts_with("GAESA=1;"), "{response:?}");
}

#[tokio::test]
async fn a_request_that_waits_too_long_is_answered_with_429() {
    let test = TestBalancer::start().await;
    let start = Instant::now();
    let without_instance = test.get().await;
    assert!(start.elapsed() >= WAIT);
    let instance = FakeInstance::start(1).await;
    test.add(&instance);
    let _held = [test.get_with_affinity(1), test.get_with_affinity(1)];
    test.wait_for_load(&[2], 0).await;
    let without_capacity = test.get().await;
    for response in [without_instance, without_capacity] {
        assert_eq!((response.status, response.text().contains("no available instance")), (429, true), "{response:?}");
    }
}

#[tokio::test]
async fn clients_of_a_full_instance_go_to_another_one() {
    let (test, one, other) = TestBalancer::with_two_instances().await;
    let held = [test.get_with_affinity(1), test.get_with_affinity(1)];
    test.wait_for_load(&[2, 0], 0).await;
    other.permits.add_permits(1);
    assert_eq!(test.get_with_affinity(1).await.unwrap(), "2 GET / HTTP/1.1");
    // With capacity, clients are led back.
    one.permits.add_permits(3);
    for request in held {
        assert_eq!(request.await.unwrap(), "1 GET / HTTP/1.1");
    }
    assert_eq!(test.get_with_affinity(1).await.unwrap(), "1 GET / HTTP/1.1");
}

#[tokio::test]
async fn an_ending_instance_finishes_its_requests_and_gets_no_more() {
    let (test, one, other) = TestBalancer::with_two_instances().await;
    let held = test.get_with_affinity(1);
    test.wait_for_load(&[1, 0], 0).await;
    test.platform.send_modify(|platform| platform.terminate(1, "it is tested"));
    other.permits.add_permits(1);
    assert_eq!(test.get_with_affinity(1).await.unwrap(), "2 GET / HTTP/1.1");
    test.wait_for_load(&[1, 0], 0).await;
    one.permits.add_permits(1);
    assert_eq!(held.await.unwrap(), "1 GET / HTTP/1.1");
}

#[tokio::test]
async fn a_new_instance_is_not_overloaded_by_waiting_requests() {
    let test = TestBalancer::start().await;
    let (one, other) = (FakeInstance::start(1).await, FakeInstance::start(2).await);
    test.add(&one);
    let _first: Vec<_> = (0..4).map(|_| test.get_with_affinity(1)).collect();
    test.wait_for_load(&[2], 2).await;
    let _more: Vec<_> = (0..4).map(|_| test.get_with_affinity(2)).collect();
    test.add(&other);
    test.wait_for_load(&[2, 2], 4).await;
}

#[tokio::test]
async fn a_request_is_closed_at_the_timeout() {
    let (test, instance) = (TestBalancer::start().await, FakeInstance::start(1).await);
    test.platform.send_modify(|platform| platform.service.timeout = Duration::from_millis(200));
    test.add(&instance);
    let held = test.get_with_affinity(1);
    test.wait_for_load(&[1], 0).await;
    assert_eq!(test.platform.borrow().timed_out, 0);
    test.wait_for_load(&[0], 0).await;
    assert!(held.await.is_err());
    assert_eq!(test.platform.borrow().timed_out, 1);
}

#[tokio::test]
async fn another_instance_serves_for_one_that_refuses_connections() {
    let (test, one, other) = TestBalancer::with_two_instances().await;
    drop(one);
    other.permits.add_permits(1);
    assert_eq!(test.get().await.text(), "2 GET / HTTP/1.1");
}
