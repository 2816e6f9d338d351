//! A real cluster of three masters that share all slots.

use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::Duration;

use redis::{FromRedisValue, RedisResult};
use testkit::{RedisServer, free_port};
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::{sleep, timeout};

use crate::redis::run;
use crate::site::PATIENCE;

/// The first slot of each master, and the end.
const SLOTS: [u16; 4] = [0, 5_461, 10_923, 16_384];

/// One room name per master, in the order of the masters.
pub const ROOMS: [&str; 3] = ["b", "lobby", "a"];

/// Running nodes, masters first.
pub struct RedisCluster {
    pub nodes: Vec<RedisServer>,
}

impl RedisCluster {
    /// Starts a cluster and waits until all nodes report that it works, about two seconds.
    pub async fn start() -> Self {
        let cluster = Self { nodes: three_nodes().await };
        cluster.join().await;
        cluster
    }

    /// Joins the three nodes to one cluster.
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

    /// Waits until all nodes know each other and all slots are served.
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

    /// Runs a command on the node of a key.
    pub async fn run_at_key<T: FromRedisValue>(&self, command: &[&str]) -> T {
        for node in &self.nodes {
            if let Ok(answer) = node.query(command).await {
                return answer;
            }
        }
        panic!("no node can do {command:?}");
    }
}

/// Three nodes outside of any cluster.
pub async fn three_nodes() -> Vec<RedisServer> {
    let (first, second, third) = tokio::join!(node(&[]), node(&[]), node(&[]));
    vec![first, second, third]
}

/// A node outside of any cluster.
pub async fn node(arguments: &[&str]) -> RedisServer {
    let bus = free_port().unwrap().to_string();
    let own = ["--cluster-enabled", "yes", "--cluster-node-timeout", "1000", "--cluster-port", &bus];
    RedisServer::start_with(&[&own, arguments].concat()).await.unwrap()
}

async fn bus_of(node: &RedisServer) -> String {
    let (_, port): (String, String) = run(node, &["CONFIG", "GET", "cluster-port"]).await;
    port
}

pub async fn id_of(node: &RedisServer) -> String {
    run(node, &["CLUSTER", "MYID"]).await
}

/// Polls, because nothing announces the change.
pub async fn until<T: FromRedisValue>(node: &RedisServer, question: &[&str], is_right: impl Fn(&T) -> bool) {
    let asking = async {
        loop {
            let answer: RedisResult<T> = node.query(question).await;
            if answer.is_ok_and(|answer| is_right(&answer)) {
                return;
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, asking).await.unwrap_or_else(|_| panic!("the right answer to {question:?}"));
}

/// A cluster that tests use one after the other, because starting one takes long.
pub struct SharedCluster {
    cluster: Option<RedisCluster>,
    guard: Option<Child>,
}

static SHARED: LazyLock<Mutex<SharedCluster>> =
    LazyLock::new(|| Mutex::new(SharedCluster { cluster: None, guard: None }));

/// Waits until the cluster is free, and empties it.
pub async fn shared() -> MutexGuard<'static, SharedCluster> {
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

impl std::ops::Deref for SharedCluster {
    type Target = RedisCluster;

    fn deref(&self) -> &RedisCluster {
        self.cluster.as_ref().expect("it was started before it was lent")
    }
}

/// A static is never dropped. This process ends the servers when its input closes, however the tests end.
fn guard(cluster: &RedisCluster) -> Child {
    let servers = cluster
        .nodes
        .iter()
        .flat_map(|node| [node.process.id().unwrap().to_string(), node.folder().display().to_string()]);
    Command::new("sh")
        .args(["-c", "cat; while [ $# -gt 0 ]; do kill -KILL $1; rm -rf \"$2\"; shift 2; done", "sh"])
        .args(servers)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("there is a shell")
}
