use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use protocol::RoomName;
use tokio::sync::{Notify, oneshot};

use crate::backend::redis::keys::Keys;

/// The rooms that should be listened to. It is a state and not a queue of orders: it is never larger than the number of
/// rooms, the last word on a room counts, and after a reconnection it is simply carried out again.
#[derive(Default)]
pub struct Wishes {
    inner: Mutex<Inner>,
    changed: Notify,
}

#[derive(Default)]
struct Inner {
    by_channel: HashMap<String, Wish>,
    /// The channels about which the connection may have to do something.
    changed: BTreeSet<String>,
}

struct Wish {
    room: RoomName,
    /// Whether the present connection is subscribed.
    confirmed: bool,
    /// Whether any connection was, so that somebody relies on it.
    granted: bool,
    waiting: Vec<oneshot::Sender<()>>,
}

/// What has to be done for the wishes.
#[derive(Default)]
pub struct Errand {
    pub subscribe: Vec<String>,
    pub unsubscribe: Vec<String>,
}

/// Somebody who waits for a confirmation. Whoever gives up takes an ungranted wish along.
pub struct Claim {
    wishes: Arc<Wishes>,
    channel: String,
    confirmation: Option<oneshot::Receiver<()>>,
}

impl Wishes {
    pub fn wish(self: &Arc<Self>, room: &RoomName) -> Claim {
        let channel = Keys::of(room).channel();
        let mut inner = self.inner();
        let wish = inner.by_channel.entry(channel.clone()).or_insert_with(|| Wish {
            room: room.clone(),
            confirmed: false,
            granted: false,
            waiting: Vec::new(),
        });
        let confirmation = (!wish.confirmed).then(|| {
            let (told, confirmation) = oneshot::channel();
            wish.waiting.push(told);
            confirmation
        });
        if confirmation.is_some() {
            inner.changed.insert(channel.clone());
            self.changed.notify_one();
        }
        Claim { wishes: Arc::clone(self), channel, confirmation }
    }

    pub fn withdraw(&self, room: &RoomName) {
        let channel = Keys::of(room).channel();
        let mut inner = self.inner();
        inner.by_channel.remove(&channel);
        inner.changed.insert(channel);
        self.changed.notify_one();
    }

    /// Returns when there may be an errand. Cancel-safe: a notice that nobody takes waits.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    /// What a connection with these subscriptions has to do next, `limit` channels at most; empty only if nothing is left to do.
    pub fn errand(&self, subscribed: &HashSet<String>, limit: usize) -> Errand {
        let Inner { by_channel, changed } = &mut *self.inner();
        let mut errand = Errand::default();
        while errand.subscribe.len() + errand.unsubscribe.len() < limit
            && let Some(channel) = changed.pop_first()
        {
            match (by_channel.get_mut(&channel), subscribed.contains(&channel)) {
                (Some(wish), true) => wish.confirm(),
                (Some(_), false) => errand.subscribe.push(channel),
                (None, true) => errand.unsubscribe.push(channel),
                (None, false) => {}
            }
        }
        errand
    }

    /// The connection is subscribed to these.
    pub fn confirm(&self, channels: &[String]) {
        let mut inner = self.inner();
        for channel in channels {
            // A wish that was withdrawn meanwhile is among the changes.
            if let Some(wish) = inner.by_channel.get_mut(channel) {
                wish.confirm();
            }
        }
    }

    /// The connection is lost, and the next one begins without subscriptions.
    pub fn start_over(&self) {
        let Inner { by_channel, changed } = &mut *self.inner();
        changed.clear();
        for (channel, wish) in by_channel {
            wish.confirmed = false;
            changed.insert(channel.clone());
        }
    }

    pub fn room(&self, channel: &str) -> Option<RoomName> {
        self.inner().by_channel.get(channel).map(|wish| wish.room.clone())
    }

    fn give_up(&self, channel: &str) {
        let mut inner = self.inner();
        let Some(wish) = inner.by_channel.get_mut(channel) else { return };
        wish.waiting.retain(|waiting| !waiting.is_closed());
        if wish.waiting.is_empty() && !wish.granted {
            inner.by_channel.remove(channel);
            inner.changed.insert(channel.to_owned());
            self.changed.notify_one();
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wish {
    fn confirm(&mut self) {
        (self.confirmed, self.granted) = (true, true);
        for waiting in self.waiting.drain(..) {
            // Whoever waited may have gone; the wish stays, as for one who goes a moment later.
            let _ = waiting.send(());
        }
    }
}

impl Errand {
    pub fn is_empty(&self) -> bool {
        self.subscribe.is_empty() && self.unsubscribe.is_empty()
    }
}

impl Claim {
    /// Whether it was confirmed; not if the wish was withdrawn instead.
    pub async fn confirmed(&mut self) -> bool {
        match &mut self.confirmation {
            Some(confirmation) => confirmation.await.is_ok(),
            None => true,
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if self.confirmation.take().is_some() {
            self.wishes.give_up(&self.channel);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(name: &str) -> RoomName {
        RoomName::new(name).unwrap()
    }

    #[test]
    fn an_empty_errand_means_that_nothing_is_left() {
        let (wishes, nothing) = (Arc::new(Wishes::default()), HashSet::new());
        for name in ["a", "b", "c", "d"] {
            drop(wishes.wish(&room(name)));
        }
        let claims = ["e", "f", "g"].map(|name| wishes.wish(&room(name)));
        let taken: Vec<_> = (0..3).map(|_| wishes.errand(&nothing, 1).subscribe.len()).collect();
        assert_eq!(taken, [1, 1, 1]);
        assert!(wishes.errand(&nothing, 1).is_empty());
        drop(claims);
    }

    #[test]
    fn what_was_granted_stays_until_it_is_withdrawn() {
        let wishes = Arc::new(Wishes::default());
        let channel = Keys::of(&room("a")).channel();
        let claim = wishes.wish(&room("a"));
        wishes.confirm(std::slice::from_ref(&channel));
        drop(claim);
        wishes.start_over();
        assert_eq!(wishes.errand(&HashSet::new(), 9).subscribe, [channel.as_str()]);
        wishes.withdraw(&room("a"));
        assert_eq!(wishes.errand(&HashSet::from([channel.clone()]), 9).unsubscribe, [channel.as_str()]);
        assert!(wishes.room(&channel).is_none());
    }
}
