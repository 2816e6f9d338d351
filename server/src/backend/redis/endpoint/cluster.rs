use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ::redis::{Client, ErrorKind, RedisError, RedisResult, Value};
use futures_util::future::select_ok;
use rand::seq::IteratorRandom;
use tokio::time::timeout;

use super::slot_map::{ClusterNode, SlotMap};
use crate::supervisor::lock;

/// Limit for the answers of the nodes.
const WAIT: Duration = Duration::from_secs(1);
/// How many nodes are asked at once. One answer is enough, and a large cluster must not be asked as a whole.
const ASKED: usize = 8;

/// A cluster of which at least one node is known.
#[derive(Clone)]
pub struct Cluster {
    seeds: Vec<ClusterNode>,
    /// The nodes at the last read, because all seeds may be gone one day.
    known: Arc<Mutex<BTreeSet<ClusterNode>>>,
}

impl Cluster {
    pub fn new(seeds: Vec<ClusterNode>) -> Self {
        let known = seeds.iter().cloned().collect();
        Self { seeds, known: Arc::new(Mutex::new(known)) }
    }

    /// Reads which master has which slots. Asks several nodes and takes the first answer of one that reports a working
    /// cluster; a node that is cut off from the others does not.
    ///
    /// # Errors
    /// No node gives such an answer.
    pub async fn slots(&self, at: impl Fn(&ClusterNode) -> RedisResult<Client>) -> RedisResult<SlotMap> {
        let asked = self.known().iter().cloned().choose_multiple(&mut rand::rng(), ASKED);
        let asking = asked.iter().map(|node| Box::pin(ask(node, at(node))));
        match timeout(WAIT, select_ok(asking)).await {
            Ok(answer) => {
                let ((slots, nodes), _) = answer?;
                *self.known() = nodes.into_iter().chain(self.seeds.iter().cloned()).collect();
                Ok(slots)
            }
            Err(_) => Err(RedisError::from((ErrorKind::Io, "no node of the cluster answers"))),
        }
    }

    /// For log messages.
    pub fn describe(&self) -> String {
        let seeds: Vec<_> = self.seeds.iter().map(ToString::to_string).collect();
        format!("a cluster with the nodes {}", seeds.join(", "))
    }

    fn known(&self) -> std::sync::MutexGuard<'_, BTreeSet<ClusterNode>> {
        lock(&self.known)
    }
}

async fn ask(node: &ClusterNode, client: RedisResult<Client>) -> RedisResult<(SlotMap, Vec<ClusterNode>)> {
    let mut connection = client?.get_multiplexed_async_connection().await?;
    let info: String = ::redis::cmd("CLUSTER").arg("INFO").query_async(&mut connection).await?;
    if !info.contains("cluster_state:ok") {
        return Err(RedisError::from((ErrorKind::Io, "a node says that its cluster does not work")));
    }
    let slots: Value = ::redis::cmd("CLUSTER").arg("SLOTS").query_async(&mut connection).await?;
    SlotMap::read(slots, node)
}
