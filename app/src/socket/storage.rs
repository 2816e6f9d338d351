use client::PendingCommand;
use leptos::prelude::window;

/// What outlives the page in this browser: unsent messages, open rooms and which of them are muted, and for as long as the tab is open, what is half
/// written. Each is under a key of its own, so that tabs never overwrite each other's. Storage may be full, forbidden or gone;
/// the chat goes on without it.
pub struct Storage {
    store: Option<web_sys::Storage>,
    drafts: Option<web_sys::Storage>,
    user: String,
}

impl Storage {
    /// The things of one person.
    pub fn of(user: &str) -> Self {
        let window = window();
        Self {
            store: window.local_storage().ok().flatten(),
            drafts: window.session_storage().ok().flatten(),
            user: user.to_owned(),
        }
    }

    /// The messages that were not sent, in the order they were written.
    pub fn unsent(&self) -> Vec<PendingCommand> {
        let mut unsent = Vec::<PendingCommand>::new();
        for message in self.values("outbox").iter().filter_map(|value| PendingCommand::decode(value)) {
            let place = unsent.partition_point(|other| other.at <= message.at);
            unsent.insert(place, message);
        }
        unsent
    }

    pub fn keep(&self, message: &PendingCommand) {
        set(&self.store, &self.message_key(&message.room, &message.id), &message.encode());
    }

    pub fn forget(&self, room: &str, id: &str) {
        remove(&self.store, &self.message_key(room, id));
    }

    /// The rooms that were open.
    pub fn rooms(&self) -> Vec<String> {
        self.values("room")
    }

    pub fn keep_room(&self, room: &str) {
        set(&self.store, &self.key("room", room), room);
    }

    pub fn forget_room(&self, room: &str) {
        remove(&self.store, &self.key("room", room));
    }

    pub fn is_muted(&self, room: &str) -> bool {
        get(&self.store, &self.key("muted", room)).is_some()
    }

    pub fn keep_muted(&self, room: &str, muted: bool) {
        let key = self.key("muted", room);
        if muted { set(&self.store, &key, room) } else { remove(&self.store, &key) }
    }

    pub fn choice(&self, about: &str) -> Option<String> {
        get(&self.store, &self.key("choice", about))
    }

    pub fn keep_choice(&self, about: &str, choice: &str) {
        set(&self.store, &self.key("choice", about), choice);
    }

    pub fn draft(&self, room: &str) -> Option<String> {
        get(&self.drafts, &self.key("draft", room))
    }

    pub fn keep_draft(&self, room: &str, text: &str) {
        let key = self.key("draft", room);
        if text.is_empty() { remove(&self.drafts, &key) } else { set(&self.drafts, &key, text) }
    }

    /// Forgets all that is this person's, and keeps nothing from now on.
    pub fn forget_all(&mut self) {
        for store in [self.store.take(), self.drafts.take()] {
            // All keys first, since to remove one changes the places of the others.
            let keys: Vec<_> = keys(&store).filter(|key| key.split('.').nth(2) == Some(self.user.as_str())).collect();
            keys.iter().for_each(|key| remove(&store, key));
        }
    }

    fn message_key(&self, room: &str, id: &str) -> String {
        format!("{}.{id}", self.key("outbox", room))
    }

    fn key(&self, what: &str, room: &str) -> String {
        format!("sala.{what}.{}.{room}", self.user)
    }

    fn values(&self, what: &str) -> Vec<String> {
        let prefix = self.key(what, "");
        keys(&self.store).filter(|key| key.starts_with(&prefix)).filter_map(|key| get(&self.store, &key)).collect()
    }
}

fn keys(store: &Option<web_sys::Storage>) -> impl Iterator<Item = String> {
    let count = store.as_ref().and_then(|store| store.length().ok()).unwrap_or(0);
    (0..count).filter_map(move |index| store.as_ref()?.key(index).ok().flatten())
}

fn get(store: &Option<web_sys::Storage>, key: &str) -> Option<String> {
    store.as_ref()?.get_item(key).ok().flatten()
}

/// A message that cannot be kept is still sent: only a reload before that would lose it.
fn set(store: &Option<web_sys::Storage>, key: &str, value: &str) {
    _ = store.as_ref().map(|store| store.set_item(key, value));
}

fn remove(store: &Option<web_sys::Storage>, key: &str) {
    _ = store.as_ref().map(|store| store.remove_item(key));
}
