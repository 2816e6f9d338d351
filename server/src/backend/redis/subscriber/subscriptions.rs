use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};

use protocol::RoomName;
use tokio::sync::{Notify, oneshot};

use crate::backend::redis::keys::Keys;
use crate::supervisor::lock;

/// The desired set of subscribed rooms. As a set and not a queue of requests it is bounded by the number of rooms, the
/// last request for a room counts, and after a reconnection it is applied again.
#[derive(Default)]
pub struct Subscriptions {
    inner: Mutex<Inner>,
    changed: Notify,
}

#[derive(Default)]
struct Inner {
    by_channel: HashMap<String, Desired>,
    /// Channels whose desired and actual state may differ.
    changed: BTreeSet<String>,
}

struct Desired {
    room: RoomName,
    /// Whether the present connection is subscribed.
    confirmed: bool,
    /// Whether any connection was subscribed, so that a caller relies on it.
    was_confirmed: bool,
    waiting: Vec<oneshot::Sender<()>>,
}

/// Channels to subscribe to and unsubscribe from.
#[derive(Default)]
pub struct SubscriptionBatch {
    pub subscribe: Vec<String>,
    pub unsubscribe: Vec<String>,
}

/// Waits for a confirmation. Dropping it before that removes a subscription that was never confirmed.
pub struct PendingSubscription {
    subscriptions: Arc<Subscriptions>,
    channel: String,
    confirmation: Option<oneshot::Receiver<()>>,
}

impl Subscriptions {
    pub fn request(self: &Arc<Self>, room: &RoomName) -> PendingSubscription {
        let channel = Keys::of(room).channel();
        let mut inner = self.inner();
        let desired = inner.by_channel.entry(channel.clone()).or_insert_with(|| Desired {
            room: room.clone(),
            confirmed: false,
            was_confirmed: false,
            waiting: Vec::new(),
        });
        let confirmation = (!desired.confirmed).then(|| {
            let (confirm, confirmation) = oneshot::channel();
            desired.waiting.push(confirm);
            confirmation
        });
        if confirmation.is_some() {
            inner.changed.insert(channel.clone());
            self.changed.notify_one();
        }
        PendingSubscription { subscriptions: Arc::clone(self), channel, confirmation }
    }

    pub fn remove(&self, room: &RoomName) {
        let channel = Keys::of(room).channel();
        let mut inner = self.inner();
        inner.by_channel.remove(&channel);
        inner.changed.insert(channel);
        self.changed.notify_one();
    }

    /// Returns when there may be a batch. Cancel-safe: `Notify` stores the notification.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    /// The next channels to change for a connection that is subscribed to `subscribed`, at most `limit`. Empty only if
    /// the connection has reached the desired state.
    pub fn next_batch(&self, subscribed: &HashSet<String>, limit: usize) -> SubscriptionBatch {
        let Inner { by_channel, changed } = &mut *self.inner();
        let mut batch = SubscriptionBatch::default();
        while batch.subscribe.len() + batch.unsubscribe.len() < limit
            && let Some(channel) = changed.pop_first()
        {
            match (by_channel.get_mut(&channel), subscribed.contains(&channel)) {
                (Some(desired), true) => desired.confirm(),
                (Some(_), false) => batch.subscribe.push(channel),
                (None, true) => batch.unsubscribe.push(channel),
                (None, false) => {}
            }
        }
        batch
    }

    /// Marks channels as subscribed on the present connection.
    pub fn confirm(&self, channels: &[String]) {
        let mut inner = self.inner();
        for channel in channels {
            // A channel that was removed meanwhile is in `changed`.
            if let Some(desired) = inner.by_channel.get_mut(channel) {
                desired.confirm();
            }
        }
    }

    /// Marks everything as unsubscribed, after the connection was lost.
    pub fn reset(&self) {
        let Inner { by_channel, changed } = &mut *self.inner();
        changed.clear();
        for (channel, desired) in by_channel {
            desired.confirmed = false;
            changed.insert(channel.clone());
        }
    }

    pub fn room(&self, channel: &str) -> Option<RoomName> {
        self.inner().by_channel.get(channel).map(|desired| desired.room.clone())
    }

    fn cancel(&self, channel: &str) {
        let mut inner = self.inner();
        let Some(desired) = inner.by_channel.get_mut(channel) else { return };
        desired.waiting.retain(|waiting| !waiting.is_closed());
        if desired.waiting.is_empty() && !desired.was_confirmed {
            inner.by_channel.remove(channel);
            inner.changed.insert(channel.to_owned());
            self.changed.notify_one();
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        lock(&self.inner)
    }
}

impl Desired {
    fn confirm(&mut self) {
        (self.confirmed, self.was_confirmed) = (true, true);
        for waiting in self.waiting.drain(..) {
            // A caller that has stopped waiting keeps the subscription, as if it had stopped a moment later.
            let _ = waiting.send(());
        }
    }
}

impl SubscriptionBatch {
    pub fn is_empty(&self) -> bool {
        self.subscribe.is_empty() && self.unsubscribe.is_empty()
    }
}

impl PendingSubscription {
    /// Returns true when confirmed, or false when the room was removed instead.
    pub async fn confirmed(&mut self) -> bool {
        match &mut self.confirmation {
            Some(confirmation) => confirmation.await.is_ok(),
            None => true,
        }
    }
}

impl Drop for PendingSubscription {
    fn drop(&mut self) {
        if self.confirmation.take().is_some() {
            self.subscriptions.cancel(&self.channel);
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
    fn an_empty_batch_means_that_nothing_is_left() {
        let (subscriptions, nothing) = (Arc::new(Subscriptions::default()), HashSet::new());
        for name in ["a", "b", "c", "d"] {
            drop(subscriptions.request(&room(name)));
        }
        let pending = ["e", "f", "g"].map(|name| subscriptions.request(&room(name)));
        let taken: Vec<_> = (0..3).map(|_| subscriptions.next_batch(&nothing, 1).subscribe.len()).collect();
        assert_eq!(taken, [1, 1, 1]);
        assert!(subscriptions.next_batch(&nothing, 1).is_empty());
        drop(pending);
    }

    #[test]
    fn a_confirmed_subscription_stays_until_it_is_removed() {
        let subscriptions = Arc::new(Subscriptions::default());
        let channel = Keys::of(&room("a")).channel();
        let pending = subscriptions.request(&room("a"));
        subscriptions.confirm(std::slice::from_ref(&channel));
        drop(pending);
        subscriptions.reset();
        assert_eq!(subscriptions.next_batch(&HashSet::new(), 9).subscribe, [channel.as_str()]);
        subscriptions.remove(&room("a"));
        assert_eq!(subscriptions.next_batch(&HashSet::from([channel.clone()]), 9).unsubscribe, [channel.as_str()]);
        assert!(subscriptions.room(&channel).is_none());
    }
}
