//! A real cluster for a test: three masters that share all slots.

use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::Duration;

use redis::{FromRedisValue, RedisResult};
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::{sleep, timeout};

use crate::redis::{run, try_to_run};
use crate::redis_server::RedisServer;
use crate::site::PATIENCE;

/// The first slot of each of the three masters, and the one after the last.
const SLOTS: [u16; 4] = [0, 5_461, 10_923, 16_384];

/// Room names, one on each of the masters in their order.
pub const ROOMS: [&str; 3] = ["b", "lobby", "a"];

/// Running nodes, masters first.
pub struct RedisCluster {
    pub nodes: Vec<RedisServer>,
}

impl RedisCluster {
    /// Starts one and returns when all its nodes say that it works, which they do two seconds after their start.
    pub async fn start() -> Self {
        let cluster = Self { nodes: (0..3).map(|_| node(&[])).collect() };
        cluster.join().await;
        cluster
    }

    /// Makes one cluster of the three nodes.
    pub async fn join(&self) {
        for (number, node) in self.nodes.iter().enumerate() {
            let [first, last] = [SLOTS[number], SLOTS[number + 1] - 1].map(|slot| slot.to_string());
            let _: () = run(node, &["CLUSTER", "SET-CONFIG-EPOCH", &(number + 1).to_string()]).await;
            let _: () = run(node, &["CLUSTER", "ADDSLOTSRANGE", &first, &last]).await;
            self.meet(node).await;
        }
        self.until_it_works().await;
    }

    /// Introduces a node to the first one.
    pub async fn meet(&self, node: &RedisServer) {
        let (port, bus) = (node.port().to_string(), bus_of(node).await);
        let _: () = run(&self.nodes[0], &["CLUSTER", "MEET", "127.0.0.1", &port, &bus]).await;
    }

    /// Waits until all know each other and say that all slots are served.
    pub async fn until_it_works(&self) {
        let known = format!("cluster_known_nodes:{}\r\n", self.nodes.len());
        for node in &self.nodes {
            until(node, &["CLUSTER", "INFO"], |info: &String| {
                info.contains("cluster_state:ok") && info.contains(&known)
            })
            .await;
        }
    }

    pub fn url(&self) -> String {
        format!("redis+cluster://127.0.0.1:{}", self.nodes[0].port())
    }

    /// Runs a command about a key, where it is.
    pub async fn run_at_key<T: FromRedisValue>(&self, command: &[&str]) -> T {
        for node in &self.nodes {
            if let Ok(answer) = try_to_run(node, command).await {
                return answer;
            }
        }
        panic!("no node can do {command:?}");
    }
}

/// A node that belongs to no cluster yet.
pub fn node(arguments: &[&str]) -> RedisServer {
    let bus = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let own = ["--cluster-enabled", "yes", "--cluster-node-timeout", "1000", "--cluster-port", &bus];
    RedisServer::with(&[&own, arguments].concat())
}

async fn bus_of(node: &RedisServer) -> String {
    let (_, port): (String, String) = run(node, &["CONFIG", "GET", "cluster-port"]).await;
    port
}

pub async fn id_of(node: &RedisServer) -> String {
    run(node, &["CLUSTER", "MYID"]).await
}

/// Asks again and again: nothing tells when it changes.
pub async fn until<T: FromRedisValue>(node: &RedisServer, question: &[&str], is_right: impl Fn(&T) -> bool) {
    let asking = async {
        loop {
            let answer: RedisResult<T> = try_to_run(node, question).await;
            if answer.is_ok_and(|answer| is_right(&answer)) {
                return;
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, asking).await.unwrap_or_else(|_| panic!("the right answer to {question:?}"));
}

/// The cluster that checks share one after the other, because it takes so long to start.
pub struct Shared {
    cluster: Option<RedisCluster>,
    guard: Option<Child>,
}

static SHARED: LazyLock<Mutex<Shared>> = LazyLock::new(|| Mutex::new(Shared { cluster: None, guard: None }));

/// Waits until it is free, and empties it.
pub async fn shared() -> MutexGuard<'static, Shared> {
    let mut shared = SHARED.lock().await;
    if shared.cluster.is_none() {
        let cluster = RedisCluster::start().await;
        shared.guard = Some(guard(&cluster));
        shared.cluster = Some(cluster);
    }
    for node in &shared.nodes {
        let _: () = run(node, &["FLUSHALL"]).await;
    }
    shared
}

impl std::ops::Deref for Shared {
    type Target = RedisCluster;

    fn deref(&self) -> &RedisCluster {
        self.cluster.as_ref().expect("it was started before it was lent")
    }
}

/// What is shared is never dropped. This ends the servers when its input ends, which happens however the tests end.
fn guard(cluster: &RedisCluster) -> Child {
    let servers = cluster.nodes.iter().flat_map(|node| [node.id().to_string(), node.dir().display().to_string()]);
    Command::new("sh")
        .args(["-c", "cat; while [ $# -gt 0 ]; do kill -KILL $1; rm -rf \"$2\"; shift 2; done", "sh"])
        .args(servers)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("there is a shell")
}
