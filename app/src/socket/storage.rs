use client::Unsent;
use leptos::prelude::window;

/// What outlives the page in this browser: unsent messages and open rooms, each under a key of its own, so that tabs never
/// overwrite each other's. Storage may be full, forbidden or gone; the chat goes on without it.
pub struct Storage {
    store: Option<web_sys::Storage>,
    user: String,
}

impl Storage {
    /// The things of one person.
    pub fn of(user: &str) -> Self {
        Self { store: window().local_storage().ok().flatten(), user: user.to_owned() }
    }

    /// The messages that were not sent, in the order they were written.
    pub fn unsent(&self) -> Vec<Unsent> {
        let mut unsent: Vec<Unsent> =
            self.values("outbox").iter().filter_map(|value| serde_json::from_str(value).ok()).collect();
        unsent.sort_by_key(|message| message.at);
        unsent
    }

    pub fn keep(&self, message: &Unsent) {
        if let Ok(value) = serde_json::to_string(message) {
            self.set(&self.message_key(&message.room, &message.id), &value);
        }
    }

    pub fn forget(&self, room: &str, id: &str) {
        self.remove(&self.message_key(room, id));
    }

    /// The rooms that were open.
    pub fn rooms(&self) -> Vec<String> {
        self.values("room")
    }

    pub fn keep_room(&self, room: &str) {
        self.set(&self.room_key(room), room);
    }

    pub fn forget_room(&self, room: &str) {
        self.remove(&self.room_key(room));
    }

    fn message_key(&self, room: &str, id: &str) -> String {
        format!("sala.outbox.{}.{room}.{id}", self.user)
    }

    fn room_key(&self, room: &str) -> String {
        format!("sala.room.{}.{room}", self.user)
    }

    fn values(&self, what: &str) -> Vec<String> {
        let Some(store) = &self.store else { return Vec::new() };
        let prefix = format!("sala.{what}.{}.", self.user);
        let count = store.length().unwrap_or(0);
        (0..count)
            .filter_map(|index| store.key(index).ok().flatten())
            .filter(|key| key.starts_with(&prefix))
            .filter_map(|key| store.get_item(&key).ok().flatten())
            .collect()
    }

    /// A message that cannot be kept is still sent: only a reload before that would lose it.
    fn set(&self, key: &str, value: &str) {
        _ = self.store.as_ref().map(|store| store.set_item(key, value));
    }

    fn remove(&self, key: &str) {
        _ = self.store.as_ref().map(|store| store.remove_item(key));
    }
}
