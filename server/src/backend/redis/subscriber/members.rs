use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ::redis::aio::{MultiplexedConnection, SendError};
use ::redis::{AsyncConnectionConfig, Msg, PushInfo, PushKind, RedisResult, Value};
use futures_util::future::try_join_all;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::sleep;
use tokio_util::task::AbortOnDropHandle;

use super::listening::{Listening, Messages, Sink};
use crate::backend::UPDATE_QUEUE;
use crate::backend::redis::place::{Node, Place, Slots};

/// How long a node may take to answer. A subscription is given up sooner, by who waits for it.
const WAIT: Duration = Duration::from_secs(4);
/// How often a node is asked who has which slots. Where somebody listens, a node says by itself that it lost a slot; newer
/// ones do not when they became a replica, which passes on what its master tells it, as well as it can.
const CHECK: Duration = Duration::from_secs(4);

/// How many messages may wait to be read. When one finds no place it is lost, so the members are given up.
const QUEUE: usize = 16 * UPDATE_QUEUE;

/// One connection to each master of a cluster. They begin and end together: with the first of them that is lost, or the
/// first slot that moves, everything is taken up again as the cluster is then.
#[derive(Clone)]
pub struct Members {
    slots: Arc<Slots>,
    connections: Arc<Vec<MultiplexedConnection>>,
    leaving: Leaving,
}

/// What the members hear.
pub struct News {
    pushes: Receiver<(usize, PushInfo)>,
    overflowed: Arc<AtomicBool>,
    leaving: Leaving,
    watch: AbortOnDropHandle<()>,
}

/// The channels that were asked to be left. Whatever else is left was taken away.
type Leaving = Arc<Mutex<HashSet<String>>>;

impl Members {
    /// Connects to every master, and listens to a channel there whose name begins so. Its confirmation shows that somebody
    /// is there, and that the slots are where they were said to be.
    pub async fn connect(place: &Place, name: &str) -> RedisResult<Listening> {
        let slots = Arc::new(place.slots().await?);
        let (heard, pushes) = channel(QUEUE);
        let overflowed = Arc::new(AtomicBool::new(false));
        let masters = slots.masters();
        let connecting = masters.iter().enumerate().map(|(number, master)| {
            let (heard, overflowed) = (heard.clone(), Arc::clone(&overflowed));
            connect(place, master, move |push| pass(&heard, number, push, &overflowed))
        });
        let connections = Arc::new(try_join_all(connecting).await?);
        let own_channels: Vec<_> = masters.into_iter().map(|master| channel_at(&slots, master, name)).collect();
        let leaving = Leaving::default();
        let watch = AbortOnDropHandle::new(tokio::spawn(watch(Arc::clone(&slots), Arc::clone(&connections))));
        let news = News { pushes, overflowed, leaving: Arc::clone(&leaving), watch };
        let members = Self { slots, connections, leaving };
        members.subscribe(&own_channels).await?;
        Ok(Listening { sink: Sink::Members(members), messages: Messages::Members(news), own_channels })
    }

    pub async fn subscribe(&self, channels: &[String]) -> RedisResult<()> {
        self.command("SSUBSCRIBE", channels).await
    }

    pub async fn unsubscribe(&self, channels: &[String]) -> RedisResult<()> {
        self.leaving.lock().unwrap_or_else(PoisonError::into_inner).extend(channels.iter().cloned());
        self.command("SUNSUBSCRIBE", channels).await
    }

    /// One command for each channel: one of several must not cross slots, and the library counts one confirmation for each.
    async fn command(&self, name: &str, channels: &[String]) -> RedisResult<()> {
        let masters = self.slots.masters();
        let mut pieces: BTreeMap<&Node, ::redis::Pipeline> = BTreeMap::new();
        for channel in channels {
            pieces.entry(self.slots.master_of(channel)).or_default().cmd(name).arg(channel);
        }
        let sending = masters.iter().zip(self.connections.iter()).filter_map(|(master, connection)| {
            let (piece, mut connection) = (pieces.remove(master)?, connection.clone());
            Some(async move { piece.exec_async(&mut connection).await })
        });
        try_join_all(sending).await.map(|_| ())
    }
}

async fn connect(
    place: &Place,
    master: &Node,
    heard: impl Fn(PushInfo) -> Result<(), SendError> + Send + Sync + 'static,
) -> RedisResult<MultiplexedConnection> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(WAIT))
        .set_response_timeout(Some(WAIT))
        .set_push_sender(heard);
    place.listener_at(master)?.get_multiplexed_async_connection_with_config(&config).await
}

fn pass(
    heard: &Sender<(usize, PushInfo)>,
    number: usize,
    push: PushInfo,
    overflowed: &AtomicBool,
) -> Result<(), SendError> {
    heard.try_send((number, push)).map_err(|_| {
        overflowed.store(true, Ordering::Relaxed);
        SendError
    })
}

/// Returns when a master says that the slots have other masters than these.
async fn watch(slots: Arc<Slots>, connections: Arc<Vec<MultiplexedConnection>>) {
    let masters: Vec<_> = slots.masters().into_iter().cloned().collect();
    for (master, connection) in masters.iter().zip(connections.iter()).cycle() {
        sleep(CHECK).await;
        let mut connection = connection.clone();
        let answer: RedisResult<Value> = ::redis::cmd("CLUSTER").arg("SLOTS").query_async(&mut connection).await;
        // One that does not answer is the probe's concern.
        let now = answer.and_then(|answer| Slots::read(answer, master));
        if now.is_ok_and(|(now, _)| now != *slots) {
            return;
        }
    }
}

/// The first of these names whose slot is that master's.
fn channel_at(slots: &Slots, master: &Node, name: &str) -> String {
    let mut names = (0_u64..).map(|number| format!("{name}:{number}"));
    names.find(|name| slots.master_of(name) == master).expect("a master has a slot, and some name falls into it")
}

impl News {
    /// As [`Messages::next`].
    pub async fn next(&mut self) -> Result<(usize, Msg), &'static str> {
        loop {
            let push = tokio::select! {
                push = self.pushes.recv() => push,
                _ = &mut self.watch => return Err("the slots of the cluster have other masters"),
            };
            if self.overflowed.load(Ordering::Relaxed) {
                return Err("more came than was read");
            }
            let Some((member, push)) = push else { return Err("all of them were closed") };
            match push.kind {
                PushKind::SMessage => {
                    if let Some(message) = Msg::from_push_info(push) {
                        return Ok((member, message));
                    }
                }
                PushKind::SUnsubscribe if !self.was_asked_for(&push) => return Err("a slot has moved"),
                PushKind::Disconnection => return Err("one of them was closed"),
                _ => {}
            }
        }
    }

    fn was_asked_for(&self, left: &PushInfo) -> bool {
        let channel = left.data.first().and_then(|channel| ::redis::from_redis_value_ref::<String>(channel).ok());
        channel.is_some_and(|channel| self.leaving.lock().unwrap_or_else(PoisonError::into_inner).remove(&channel))
    }
}
