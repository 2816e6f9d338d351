use client::PendingCommand;
use leptos::prelude::window;

/// What outlives the page in this browser: unsent messages, open rooms and which of them are muted, and for as long as the tab is open, what is half
/// written. Each is under a key of its own, so that tabs never overwrite each other's. Storage may be full, forbidden or gone;
/// the chat goes on without it.
pub struct Storage {
    local: Option<web_sys::Storage>,
    session: Option<web_sys::Storage>,
    user: String,
}

impl Storage {
    /// The things of one person.
    pub fn of(user: &str) -> Self {
        let window = window();
        Self {
            local: window.local_storage().ok().flatten(),
            session: window.session_storage().ok().flatten(),
            user: user.to_owned(),
        }
    }

    /// The messages that were not sent, in the order they were written.
    pub fn outbox(&self) -> Vec<PendingCommand> {
        let mut outbox = Vec::<PendingCommand>::new();
        for command in self.values("outbox").iter().filter_map(|value| PendingCommand::decode(value)) {
            let index = outbox.partition_point(|other| other.at <= command.at);
            outbox.insert(index, command);
        }
        outbox
    }

    pub fn store_command(&self, command: &PendingCommand) {
        set(&self.local, &self.outbox_key(&command.room, &command.id), &command.encode());
    }

    pub fn remove_command(&self, room: &str, id: &str) {
        remove(&self.local, &self.outbox_key(room, id));
    }

    /// The rooms that were open.
    pub fn rooms(&self) -> Vec<String> {
        self.values("room")
    }

    pub fn store_room(&self, room: &str) {
        set(&self.local, &self.key("room", room), room);
    }

    pub fn remove_room(&self, room: &str) {
        remove(&self.local, &self.key("room", room));
    }

    pub fn is_muted(&self, room: &str) -> bool {
        get(&self.local, &self.key("muted", room)).is_some()
    }

    pub fn store_muted(&self, room: &str, muted: bool) {
        let key = self.key("muted", room);
        if muted { set(&self.local, &key, room) } else { remove(&self.local, &key) }
    }

    pub fn choice(&self, about: &str) -> Option<String> {
        get(&self.local, &self.key("choice", about))
    }

    pub fn store_choice(&self, about: &str, choice: &str) {
        set(&self.local, &self.key("choice", about), choice);
    }

    pub fn draft(&self, room: &str) -> Option<String> {
        get(&self.session, &self.key("draft", room))
    }

    pub fn store_draft(&self, room: &str, text: &str) {
        let key = self.key("draft", room);
        if text.is_empty() { remove(&self.session, &key) } else { set(&self.session, &key, text) }
    }

    /// Forgets all that is this person's, and keeps nothing from now on.
    pub fn clear(&mut self) {
        for area in [self.local.take(), self.session.take()] {
            // All keys first, since to remove one changes the places of the others.
            let keys: Vec<_> = keys(&area).filter(|key| key.split('.').nth(2) == Some(self.user.as_str())).collect();
            keys.iter().for_each(|key| remove(&area, key));
        }
    }

    fn outbox_key(&self, room: &str, id: &str) -> String {
        format!("{}.{id}", self.key("outbox", room))
    }

    fn key(&self, kind: &str, room: &str) -> String {
        format!("sala.{kind}.{}.{room}", self.user)
    }

    fn values(&self, kind: &str) -> Vec<String> {
        let prefix = self.key(kind, "");
        keys(&self.local).filter(|key| key.starts_with(&prefix)).filter_map(|key| get(&self.local, &key)).collect()
    }
}

fn keys(area: &Option<web_sys::Storage>) -> impl Iterator<Item = String> {
    let count = area.as_ref().and_then(|area| area.length().ok()).unwrap_or(0);
    (0..count).filter_map(move |index| area.as_ref()?.key(index).ok().flatten())
}

fn get(area: &Option<web_sys::Storage>, key: &str) -> Option<String> {
    area.as_ref()?.get_item(key).ok().flatten()
}

/// A command that cannot be kept is still sent: only a reload before that would lose it.
fn set(area: &Option<web_sys::Storage>, key: &str, value: &str) {
    _ = area.as_ref().map(|area| area.set_item(key, value));
}

fn remove(area: &Option<web_sys::Storage>, key: &str) {
    _ = area.as_ref().map(|area| area.remove_item(key));
}
