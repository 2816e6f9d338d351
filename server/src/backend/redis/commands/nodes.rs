use std::collections::{BTreeSet, HashMap};
use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ::redis::aio::ConnectionManager;
use ::redis::{ErrorKind, RedisError, RedisResult, ServerErrorKind};
use futures_util::future::{join_all, try_join_all};
use tokio::time::{Instant, sleep, timeout};

use super::Again;
use super::line::{Line, WAIT, settings};
use crate::backend::redis::place::{Node, Place, Slots};

/// How long to wait after the second refusal and every further one.
const PAUSE: Duration = Duration::from_millis(50);

/// The connections to the masters of a cluster.
pub struct Nodes {
    place: Place,
    present: Mutex<Present>,
    /// Held by whoever asks for the slots, so that they are asked for once.
    renewing: tokio::sync::Mutex<()>,
}

struct Present {
    slots: Slots,
    /// When that was asked for.
    since: Instant,
    managers: HashMap<Node, ConnectionManager>,
    /// The masters that did not answer when they were last asked.
    silent: BTreeSet<Node>,
}

/// What a node says that did nothing.
enum Refusal {
    /// The slot has moved there.
    Moved(Node),
    /// The slot is just moving there, and took this room along.
    Ask(Node),
    /// It may be able to do it in a moment.
    Wait,
}

impl Nodes {
    /// Connects to all of them.
    pub async fn connect(place: Place) -> RedisResult<Self> {
        let since = Instant::now();
        let slots = place.slots().await?;
        let connecting = slots.masters().into_iter().map(|master| {
            let client = place.at(master);
            async move {
                let mut manager = ConnectionManager::new_with_config(client?, settings()).await?;
                ::redis::cmd("PING").exec_async(&mut manager).await?;
                RedisResult::Ok((master.clone(), manager))
            }
        });
        let managers = try_join_all(connecting).await?.into_iter().collect();
        let present = Mutex::new(Present { slots, since, managers, silent: BTreeSet::new() });
        Ok(Self { place, present, renewing: tokio::sync::Mutex::new(()) })
    }

    /// Asks where a key is, and follows it where it has moved. What a node refused was not carried out, so it is asked
    /// until somebody does it; what was lost on the way may have been, and is asked once more.
    pub async fn ask<T, F>(&self, key: &str, again: Again, question: impl Fn(Line) -> F) -> RedisResult<T>
    where
        F: Future<Output = RedisResult<T>>,
    {
        let mut line = self.line_for(key)?;
        let (mut may_be_lost, mut refused) = (again == Again::Yes, false);
        loop {
            let asked_at = Instant::now();
            let error = match question(line).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let refusal = refusal(&error);
            if refusal.is_some() && std::mem::replace(&mut refused, true) {
                sleep(PAUSE).await;
            }
            line = match refusal {
                Some(Refusal::Ask(node)) => self.line_to(&node, true)?,
                Some(Refusal::Moved(node)) => {
                    // The others may not know yet.
                    self.renew(asked_at).await.ok();
                    self.line_to(&node, false)?
                }
                Some(Refusal::Wait) => {
                    self.renew(asked_at).await.ok();
                    self.line_for(key)?
                }
                None if error.is_io_error() && may_be_lost => {
                    may_be_lost = false;
                    self.renew(asked_at).await?;
                    self.line_for(key)?
                }
                None => return Err(error),
            };
        }
    }

    /// Whether what was asked about a key was answered.
    pub fn note(&self, key: &str, is_answered: bool) {
        let mut present = self.present();
        let master = present.slots.master_of(key).clone();
        present.note(master, is_answered);
    }

    /// Asks every master whether it is there.
    pub async fn call_each(&self) {
        // Without an answer those of before are asked.
        self.renew(Instant::now()).await.ok();
        let masters: Vec<_> = self.present().slots.masters().into_iter().cloned().collect();
        let calling = masters.into_iter().map(|master| async {
            let line = self.line_to(&master, false);
            let answer = match line {
                Ok(mut line) => timeout(WAIT, ::redis::cmd("PING").exec_async(&mut line.manager)).await,
                Err(error) => Ok(Err(error)),
            };
            self.present().note(master, matches!(answer, Ok(Ok(()))));
        });
        join_all(calling).await;
    }

    pub fn is_one_silent(&self) -> bool {
        !self.present().silent.is_empty()
    }

    fn line_for(&self, key: &str) -> RedisResult<Line> {
        let master = self.present().slots.master_of(key).clone();
        self.line_to(&master, false)
    }

    fn line_to(&self, node: &Node, asking: bool) -> RedisResult<Line> {
        let mut present = self.present();
        let manager = match present.managers.get(node) {
            Some(manager) => manager.clone(),
            None => {
                let manager = ConnectionManager::new_lazy_with_config(self.place.at(node)?, settings())?;
                present.managers.insert(node.clone(), manager.clone());
                manager
            }
        };
        Ok(Line { manager, asking })
    }

    /// Asks for the slots, unless somebody did since then.
    async fn renew(&self, then: Instant) -> RedisResult<()> {
        let _renewing = self.renewing.lock().await;
        if self.present().since > then {
            return Ok(());
        }
        let since = Instant::now();
        let slots = self.place.slots().await?;
        let mut present = self.present();
        let masters = slots.masters();
        present.managers.retain(|node, _| masters.contains(node));
        present.silent.retain(|node| masters.contains(node));
        (present.slots, present.since) = (slots, since);
        Ok(())
    }

    fn present(&self) -> MutexGuard<'_, Present> {
        self.present.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Present {
    fn note(&mut self, master: Node, is_answered: bool) {
        if is_answered {
            self.silent.remove(&master);
        } else if self.slots.masters().contains(&master) {
            self.silent.insert(master);
        }
    }
}

fn refusal(error: &RedisError) -> Option<Refusal> {
    let ErrorKind::Server(kind) = error.kind() else { return None };
    match kind {
        ServerErrorKind::Moved => Some(there(error).map_or(Refusal::Wait, Refusal::Moved)),
        ServerErrorKind::Ask => Some(there(error).map_or(Refusal::Wait, Refusal::Ask)),
        ServerErrorKind::TryAgain
        | ServerErrorKind::ClusterDown
        | ServerErrorKind::MasterDown
        | ServerErrorKind::BusyLoading
        | ServerErrorKind::ReadOnly => Some(Refusal::Wait),
        _ => None,
    }
}

/// The slot, a space, the address; a node that does not know the address leaves the host out.
fn there(error: &RedisError) -> Option<Node> {
    let errors = error.clone().into_server_errors()?;
    let (_slot, address) = errors.first()?.1.details()?.split_once(' ')?;
    let (host, port) = address.rsplit_once(':').filter(|(host, _)| !host.is_empty())?;
    Some(Node { host: host.to_owned(), port: port.parse().ok()? })
}
