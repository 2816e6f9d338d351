use client::PendingCommand;
use leptos::prelude::window;

/// The user's data in this browser. Local storage holds the outbox, the open and the muted rooms and choices; session
/// storage holds drafts. Each value has a key of its own, so that tabs do not overwrite each other's. Storage may be
/// full, forbidden or missing. Everything works without it.
pub struct Storage {
    local: Option<web_sys::Storage>,
    session: Option<web_sys::Storage>,
    user: String,
}

impl Storage {
    /// Opens the storage of a user.
    pub fn of(user: &str) -> Self {
        let window = window();
        Self {
            local: window.local_storage().ok().flatten(),
            session: window.session_storage().ok().flatten(),
            user: user.to_owned(),
        }
    }

    /// The commands that were not acknowledged, oldest first.
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

    /// The open rooms.
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

    pub fn choice(&self, name: &str) -> Option<String> {
        get(&self.local, &self.key("choice", name))
    }

    pub fn store_choice(&self, name: &str, choice: &str) {
        set(&self.local, &self.key("choice", name), choice);
    }

    pub fn draft(&self, room: &str) -> Option<String> {
        get(&self.session, &self.key("draft", room))
    }

    pub fn store_draft(&self, room: &str, text: &str) {
        let key = self.key("draft", room);
        if text.is_empty() { remove(&self.session, &key) } else { set(&self.session, &key, text) }
    }

    /// Removes all data of the user, and stores nothing from now on.
    pub fn clear(&mut self) {
        for area in [self.local.take(), self.session.take()] {
            // Collected first, because a removal changes the indices of other keys.
            let keys: Vec<_> = keys(&area).filter(|key| key.split('.').nth(2) == Some(self.user.as_str())).collect();
            keys.iter().for_each(|key| remove(&area, key));
        }
    }

    fn outbox_key(&self, room: &str, id: &str) -> String {
        format!("{}.{id}", self.key("outbox", room))
    }

    fn key(&self, kind: &str, name: &str) -> String {
        format!("sala.{kind}.{}.{name}", self.user)
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

/// Ignores errors: a command that was not stored is still sent, and only a reload before that loses it.
fn set(area: &Option<web_sys::Storage>, key: &str, value: &str) {
    _ = area.as_ref().map(|area| area.set_item(key, value));
}

fn remove(area: &Option<web_sys::Storage>, key: &str) {
    _ = area.as_ref().map(|area| area.remove_item(key));
}
