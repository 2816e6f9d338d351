use std::collections::HashMap;
use std::future::Future;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use ::redis::aio::ConnectionManager;
use ::redis::{ErrorKind, RedisError, RedisResult, ServerErrorKind};
use futures_util::future::{join_all, try_join_all};
use tokio::time::{Instant, sleep, timeout};

use super::Retry;
use super::connection::{NodeConnection, WAIT, is_auth_failure, settings};
use crate::backend::redis::endpoint::{ClusterNode, Endpoint, SlotMap};
use crate::supervisor::lock;

/// Pause before every redirection after the first, and how many redirections are followed.
const PAUSE: Duration = Duration::from_millis(50);
const MAX_REDIRECTIONS: usize = 40;
/// How often an unresponsive master is tried, and how long that try may take. Meanwhile calls to it fail at once,
/// because waiting for it would delay calls to the other masters.
const PING_INTERVAL: Duration = Duration::from_secs(1);

/// Connections to the masters of a cluster.
pub struct ClusterConnections {
    endpoint: Endpoint,
    state: Mutex<ClusterState>,
    /// Held while the slot map is read, so that concurrent callers share one read.
    refresh_lock: tokio::sync::Mutex<()>,
}

struct ClusterState {
    slots: SlotMap,
    /// When the map was requested, and when the last request failed.
    refreshed_at: Instant,
    failed_at: Option<Instant>,
    managers: HashMap<ClusterNode, ConnectionManager>,
    /// Masters that did not answer their last call, and when each was last tried.
    unresponsive: HashMap<ClusterNode, Instant>,
}

/// Why a node did not run a command. The command had no effect.
enum Redirection {
    /// The slot has moved to this node.
    Moved(ClusterNode),
    /// The slot is being migrated to this node, and the room's keys are there already.
    Ask(ClusterNode),
    /// The node may accept the command in a moment.
    Wait,
    /// Another node may accept the command.
    Unknown,
}

impl ClusterConnections {
    /// Connects to all masters.
    pub async fn connect(endpoint: Endpoint) -> RedisResult<Self> {
        let refreshed_at = Instant::now();
        let slots = endpoint.slots().await?;
        let connecting = slots.masters().into_iter().map(|master| {
            let client = endpoint.client_at(master);
            async move {
                let mut manager = ConnectionManager::new_with_config(client?, settings()).await?;
                ::redis::cmd("PING").exec_async(&mut manager).await?;
                RedisResult::Ok((master.clone(), manager))
            }
        });
        let managers = try_join_all(connecting).await?.into_iter().collect();
        let state =
            Mutex::new(ClusterState { slots, refreshed_at, failed_at: None, managers, unresponsive: HashMap::new() });
        Ok(Self { endpoint, state, refresh_lock: tokio::sync::Mutex::new(()) })
    }

    /// Runs `call` on the master of `key` and follows redirections. A redirected command had no effect, so it is
    /// repeated freely. A command that was lost on the way may have taken effect; it is repeated once if `retry` allows
    /// it.
    pub async fn call<T, F>(&self, key: &str, retry: Retry, call: impl Fn(NodeConnection) -> F) -> RedisResult<T>
    where
        F: Future<Output = RedisResult<T>>,
    {
        let (mut may_retry, mut redirections) = (retry == Retry::Once, 0);
        let (mut node, mut asking) = (self.master_of(key), false);
        loop {
            let asked_at = Instant::now();
            let error = match call(self.connection_to(&node, asking)?).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let redirection = redirection(&error, &node).filter(|_| redirections < MAX_REDIRECTIONS);
            if redirection.is_some() && redirections > 0 {
                sleep(PAUSE).await;
            }
            redirections += 1;
            (node, asking) = match redirection {
                Some(Redirection::Ask(target)) => (target, true),
                Some(Redirection::Moved(target)) => {
                    // Other slots may have moved as well.
                    self.refresh_slots(asked_at).await.ok();
                    (target, false)
                }
                Some(Redirection::Unknown) => {
                    self.refresh_slots(asked_at).await.ok();
                    (self.master_of(key), false)
                }
                Some(Redirection::Wait) => (self.master_of(key), false),
                None if error.is_io_error() && may_retry => {
                    may_retry = false;
                    self.refresh_slots(asked_at).await?;
                    (self.master_of(key), false)
                }
                None => {
                    if is_auth_failure(&error) {
                        self.state().managers.remove(&node);
                    }
                    return Err(error);
                }
            };
        }
    }

    /// How long a call on `key` may take; `None` if its master is unresponsive. One call in every [`PING_INTERVAL`] is
    /// let through to find out whether the master is back.
    pub fn timeout_for(&self, key: &str, limit: Duration) -> Option<Duration> {
        let mut state = self.state();
        let ClusterState { slots, unresponsive, .. } = &mut *state;
        let Some(tried) = unresponsive.get_mut(slots.master_of(key)) else { return Some(limit) };
        let is_due = tried.elapsed() >= PING_INTERVAL;
        if is_due {
            *tried = Instant::now();
        }
        is_due.then_some(PING_INTERVAL)
    }

    /// Records whether a call on `key` was answered.
    pub fn record(&self, key: &str, is_answered: bool) {
        let master = self.master_of(key);
        self.state().record(master, is_answered);
    }

    /// Pings every master.
    pub async fn ping_masters(&self) {
        // If no node answers, the masters of the previous map are pinged.
        self.refresh_slots(Instant::now()).await.ok();
        let masters: Vec<_> = self.state().slots.masters().into_iter().cloned().collect();
        let calling = masters.into_iter().map(|master| async {
            let connection = self.connection_to(&master, false);
            let answer = match connection {
                Ok(mut connection) => timeout(WAIT, ::redis::cmd("PING").exec_async(&mut connection.manager)).await,
                Err(error) => Ok(Err(error)),
            };
            self.state().record(master, matches!(answer, Ok(Ok(()))));
        });
        join_all(calling).await;
    }

    pub fn is_any_unresponsive(&self) -> bool {
        !self.state().unresponsive.is_empty()
    }

    fn master_of(&self, key: &str) -> ClusterNode {
        self.state().slots.master_of(key).clone()
    }

    fn connection_to(&self, node: &ClusterNode, asking: bool) -> RedisResult<NodeConnection> {
        let mut state = self.state();
        let manager = match state.managers.get(node) {
            Some(manager) => manager.clone(),
            None => {
                let manager = ConnectionManager::new_lazy_with_config(self.endpoint.client_at(node)?, settings())?;
                state.managers.insert(node.clone(), manager.clone());
                manager
            }
        };
        Ok(NodeConnection { manager, asking })
    }

    /// Reads the slot map, unless another caller has done so after `then`.
    async fn refresh_slots(&self, then: Instant) -> RedisResult<()> {
        let _guard = self.refresh_lock.lock().await;
        {
            let state = self.state();
            if state.refreshed_at > then {
                return Ok(());
            }
            if state.failed_at.is_some_and(|failed_at| failed_at > then) {
                return Err(RedisError::from((
                    ErrorKind::Io,
                    "no node of the cluster reports which master has which slots",
                )));
            }
        }
        let refreshed_at = Instant::now();
        let slots = match self.endpoint.slots().await {
            Ok(slots) => slots,
            Err(error) => {
                self.state().failed_at = Some(refreshed_at);
                return Err(error);
            }
        };
        let mut state = self.state();
        let masters = slots.masters();
        state.managers.retain(|node, _| masters.contains(node));
        state.unresponsive.retain(|node, _| masters.contains(node));
        (state.slots, state.refreshed_at) = (slots, refreshed_at);
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, ClusterState> {
        lock(&self.state)
    }
}

impl ClusterState {
    fn record(&mut self, master: ClusterNode, is_answered: bool) {
        if is_answered {
            self.unresponsive.remove(&master);
        } else if self.slots.masters().contains(&master) {
            self.unresponsive.insert(master, Instant::now());
        }
    }
}

fn redirection(error: &RedisError, node: &ClusterNode) -> Option<Redirection> {
    let ErrorKind::Server(kind) = error.kind() else { return None };
    match kind {
        ServerErrorKind::Moved => Some(target(error, node).map_or(Redirection::Unknown, Redirection::Moved)),
        ServerErrorKind::Ask => Some(target(error, node).map_or(Redirection::Unknown, Redirection::Ask)),
        ServerErrorKind::TryAgain | ServerErrorKind::BusyLoading => Some(Redirection::Wait),
        ServerErrorKind::ClusterDown | ServerErrorKind::MasterDown | ServerErrorKind::ReadOnly => {
            Some(Redirection::Unknown)
        }
        _ => None,
    }
}

/// Parses `<slot> <address>`.
fn target(error: &RedisError, node: &ClusterNode) -> Option<ClusterNode> {
    let errors = error.clone().into_server_errors()?;
    let (_slot, address) = errors.first()?.1.details()?.split_once(' ')?;
    let (host, port) = address.rsplit_once(':')?;
    Some(node.neighbor(host, port.parse().ok()?))
}
