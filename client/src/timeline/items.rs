use protocol::{Event, Reply};

use super::mutation::{Mutation, Projection, find};
use crate::TimelineItem;

/// The items of a room: sent ones in the room's order, then pending ones in the order of sending.
#[derive(Clone, Debug, Default)]
pub(crate) struct Items {
    pub(super) items: Vec<TimelineItem>,
    /// The number of sent items.
    pub(super) sent: usize,
    /// The sorted keys of the sent items. They prevent a message that arrives twice from being shown twice.
    pub(super) keys: Vec<String>,
    /// All changes to messages, in the room's order. A message may be loaded after its changes, or again.
    pub(super) mutations: Vec<Mutation>,
    /// The sent items to which pending changes are applied, as they are without these changes.
    pub(super) originals_of_changed: Vec<TimelineItem>,
}

impl Items {
    pub(crate) fn as_slice(&self) -> &[TimelineItem] {
        &self.items
    }

    pub(crate) fn mutations(&self) -> &[Mutation] {
        &self.mutations
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.find_key(key).is_ok()
    }

    /// The sent items without the pending changes.
    pub(crate) fn originals(&self) -> impl Iterator<Item = &TimelineItem> {
        let base = |item: &TimelineItem| {
            find(&self.originals_of_changed, item.seq).map(|index| &self.originals_of_changed[index])
        };
        self.items[..self.sent].iter().map(move |item| base(item).unwrap_or(item))
    }

    /// Appends the next event of the room. Returns whether the items changed.
    pub(crate) fn push(&mut self, event: Event) -> bool {
        match Projection::from(event) {
            Projection::Item(item) => self.push_item(item),
            Projection::Mutation(mutation) => {
                let different = self.apply_mutation(&mutation);
                self.mutations.push(mutation);
                different
            }
            Projection::Nothing => false,
        }
    }

    /// Prepends older events.
    pub(crate) fn prepend(&mut self, events: Vec<Event>) {
        let (mut older, mut mutations) = (Vec::new(), Vec::new());
        for event in events {
            match Projection::from(event) {
                Projection::Item(item) => older.extend(self.insert_key(&item.key).then_some(item)),
                Projection::Mutation(mutation) => mutations.push(mutation),
                Projection::Nothing => {}
            }
        }
        for mutation in &mutations {
            let is_last =
                |target| !self.mutations.iter().any(|later| later.target() == Some(target) && later.rewrites());
            // Quotes already show a later edit or deletion of the same message.
            if mutation.target().is_some_and(is_last) {
                mutation.requote(&mut self.items);
                mutation.requote(&mut self.originals_of_changed);
            }
        }
        for mutation in mutations.iter().chain(&self.mutations) {
            mutation.apply(&mut older);
            mutation.requote(&mut older);
        }
        self.sent += older.len();
        self.items.splice(..0, older);
        self.mutations.splice(..0, mutations);
    }

    /// Removes the sent items and the changes before `seq`.
    pub(crate) fn remove_before(&mut self, seq: u64) {
        let gone = self.items[..self.sent].partition_point(|item| item.seq < Some(seq));
        for item in self.items.drain(..gone) {
            if let Ok(index) = self.keys.binary_search(&item.key) {
                self.keys.remove(index);
            }
        }
        self.sent -= gone;
        self.originals_of_changed.retain(|base| base.seq >= Some(seq));
        self.mutations.drain(..self.mutations.partition_point(|mutation| mutation.seq < seq));
    }

    pub(crate) fn clear_sent(&mut self) {
        self.items.drain(..self.sent);
        self.sent = 0;
        self.keys.clear();
        self.originals_of_changed.clear();
        self.mutations.clear();
    }

    /// Replaces the pending items. Returns whether they changed.
    pub(crate) fn set_pending(&mut self, pending: impl Iterator<Item = TimelineItem>) -> bool {
        let pending: Vec<TimelineItem> = pending.map(|item| self.fill_quote(item)).collect();
        let different = self.items[self.sent..] != pending;
        self.items.truncate(self.sent);
        self.items.extend(pending);
        different
    }

    fn push_item(&mut self, mut item: TimelineItem) -> bool {
        if !self.insert_key(&item.key) {
            return false;
        }
        if item.reply.is_some() {
            // The quote by the server may be older than the loaded changes.
            for mutation in &self.mutations {
                item.requote(&mutation.author, &mutation.command);
            }
        }
        self.items.insert(self.sent, item);
        self.sent += 1;
        true
    }

    fn apply_mutation(&mut self, mutation: &Mutation) -> bool {
        let base = find(&self.originals_of_changed, mutation.target());
        let different = match base {
            // The item is updated together with the pending changes.
            Some(base) => {
                self.originals_of_changed[base].apply(&mutation.author, mutation.at, &mutation.command);
                false
            }
            None => mutation.apply(&mut self.items[..self.sent]),
        };
        mutation.requote(&mut self.originals_of_changed);
        mutation.requote(&mut self.items) | different
    }

    /// Fills in the quote of a pending item, if the quoted message is loaded.
    fn fill_quote(&self, mut item: TimelineItem) -> TimelineItem {
        item.reply = item.reply.and_then(|reply| {
            let quoted = find(&self.items[..self.sent], Some(reply.seq)).map(|index| &self.items[index])?;
            Some(Reply::to(reply.seq, quoted.author.clone(), &quoted.text))
        });
        item
    }

    /// Inserts a key. Returns false if it was present.
    fn insert_key(&mut self, key: &str) -> bool {
        let free = self.find_key(key).err();
        if let Some(index) = free {
            self.keys.insert(index, key.to_owned());
        }
        free.is_some()
    }

    fn find_key(&self, key: &str) -> Result<usize, usize> {
        self.keys.binary_search_by(|known| known.as_str().cmp(key))
    }
}

pub(crate) fn key(author: &str, id: &str) -> String {
    format!("{author}/{id}")
}
