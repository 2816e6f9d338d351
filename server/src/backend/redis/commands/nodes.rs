use std::collections::HashMap;
use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ::redis::aio::ConnectionManager;
use ::redis::{ErrorKind, RedisError, RedisResult, ServerErrorKind};
use futures_util::future::{join_all, try_join_all};
use tokio::time::{Instant, sleep, timeout};

use super::Again;
use super::line::{Line, WAIT, is_shut_out, settings};
use crate::backend::redis::place::{Node, Place, Slots};

/// How long to wait after the second refusal and every further one, and how many of them are taken.
const PAUSE: Duration = Duration::from_millis(50);
const REFUSALS: usize = 40;
/// How often a master that does not answer is tried, and for how long. Meanwhile calls to it fail at once: waiting for them would hold up what is asked
/// of the others in the same turn.
const TRIAL: Duration = Duration::from_secs(1);

/// The connections to the masters of a cluster.
pub struct Nodes {
    place: Place,
    present: Mutex<Present>,
    /// Held by whoever asks for the slots, so that they are asked for once.
    renewing: tokio::sync::Mutex<()>,
}

struct Present {
    slots: Slots,
    /// When that was asked for, and when it was in vain.
    since: Instant,
    in_vain: Option<Instant>,
    managers: HashMap<Node, ConnectionManager>,
    /// The masters that did not answer when they were last asked, and when they were last tried.
    silent: HashMap<Node, Instant>,
}

/// What a node says that did nothing.
enum Refusal {
    /// The slot has moved there.
    Moved(Node),
    /// The slot is just moving there, and took this room along.
    Ask(Node),
    /// It may be able to do it in a moment.
    Wait,
    /// Another one may be able to.
    Elsewhere,
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
        let present = Mutex::new(Present { slots, since, in_vain: None, managers, silent: HashMap::new() });
        Ok(Self { place, present, renewing: tokio::sync::Mutex::new(()) })
    }

    /// Asks where a key is, and follows it where it has moved. What a node refused was not carried out, so it is asked
    /// until somebody does it; what was lost on the way may have been, and is asked once more.
    pub async fn ask<T, F>(&self, key: &str, again: Again, question: impl Fn(Line) -> F) -> RedisResult<T>
    where
        F: Future<Output = RedisResult<T>>,
    {
        let (mut may_be_lost, mut refusals) = (again == Again::Yes, 0);
        let (mut node, mut asking) = (self.master_of(key), false);
        loop {
            let asked_at = Instant::now();
            let error = match question(self.line_to(&node, asking)?).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let refusal = refusal(&error, &node).filter(|_| refusals < REFUSALS);
            if refusal.is_some() && refusals > 0 {
                sleep(PAUSE).await;
            }
            refusals += 1;
            (node, asking) = match refusal {
                Some(Refusal::Ask(there)) => (there, true),
                Some(Refusal::Moved(there)) => {
                    // The others may not know yet.
                    self.renew(asked_at).await.ok();
                    (there, false)
                }
                Some(Refusal::Elsewhere) => {
                    self.renew(asked_at).await.ok();
                    (self.master_of(key), false)
                }
                Some(Refusal::Wait) => (self.master_of(key), false),
                None if error.is_io_error() && may_be_lost => {
                    may_be_lost = false;
                    self.renew(asked_at).await?;
                    (self.master_of(key), false)
                }
                None => {
                    if is_shut_out(&error) {
                        self.present().managers.remove(&node);
                    }
                    return Err(error);
                }
            };
        }
    }

    /// How long an answer about a key is to be waited for; not at all where it is no use. A master that is silent is tried by
    /// one call in every [`TRIAL`].
    pub fn patience(&self, key: &str, patience: Duration) -> Option<Duration> {
        let mut present = self.present();
        let Present { slots, silent, .. } = &mut *present;
        let Some(tried) = silent.get_mut(slots.master_of(key)) else { return Some(patience) };
        let is_due = tried.elapsed() >= TRIAL;
        if is_due {
            *tried = Instant::now();
        }
        is_due.then_some(TRIAL)
    }

    /// Whether what was asked about a key was answered.
    pub fn note(&self, key: &str, is_answered: bool) {
        let master = self.master_of(key);
        self.present().note(master, is_answered);
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

    fn master_of(&self, key: &str) -> Node {
        self.present().slots.master_of(key).clone()
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
        {
            let present = self.present();
            if present.since > then {
                return Ok(());
            }
            if present.in_vain.is_some_and(|in_vain| in_vain > then) {
                return Err(RedisError::from((ErrorKind::Io, "no node of the cluster tells who has which slots")));
            }
        }
        let since = Instant::now();
        let slots = match self.place.slots().await {
            Ok(slots) => slots,
            Err(error) => {
                self.present().in_vain = Some(since);
                return Err(error);
            }
        };
        let mut present = self.present();
        let masters = slots.masters();
        present.managers.retain(|node, _| masters.contains(node));
        present.silent.retain(|node, _| masters.contains(node));
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
            self.silent.insert(master, Instant::now());
        }
    }
}

fn refusal(error: &RedisError, asked: &Node) -> Option<Refusal> {
    let ErrorKind::Server(kind) = error.kind() else { return None };
    match kind {
        ServerErrorKind::Moved => Some(there(error, asked).map_or(Refusal::Elsewhere, Refusal::Moved)),
        ServerErrorKind::Ask => Some(there(error, asked).map_or(Refusal::Elsewhere, Refusal::Ask)),
        ServerErrorKind::TryAgain | ServerErrorKind::BusyLoading => Some(Refusal::Wait),
        ServerErrorKind::ClusterDown | ServerErrorKind::MasterDown | ServerErrorKind::ReadOnly => {
            Some(Refusal::Elsewhere)
        }
        _ => None,
    }
}

/// The slot, a space, the address.
fn there(error: &RedisError, asked: &Node) -> Option<Node> {
    let errors = error.clone().into_server_errors()?;
    let (_slot, address) = errors.first()?.1.details()?.split_once(' ')?;
    let (host, port) = address.rsplit_once(':')?;
    Some(asked.beside(host, port.parse().ok()?))
}
