use std::ops::Range;

use protocol::{Event, Reply};

use super::mutation::{Mutation, Projection, find};
use crate::TimelineItem;

/// A change of a timeline's items. Each diff applies to the items as the diff before it left them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TimelineDiff {
    /// Items are replaced by others. An item is inserted if nothing is removed, and updated if it replaces the item
    /// with the same key. An item that moves is removed before it is inserted.
    Splice {
        /// The index of the first of these items.
        index: usize,
        /// How many items are removed.
        removed: usize,
        /// The items that are inserted.
        items: Vec<TimelineItem>,
    },
    /// All items are replaced by [`Room::timeline`](crate::Room::timeline). No other diff comes with this one.
    Reset,
}

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
    /// The changes since the last report; `None` if all items are to be reported.
    diffs: Option<Vec<TimelineDiff>>,
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

    /// Returns the changes since the last call.
    pub(crate) fn take_diffs(&mut self) -> Vec<TimelineDiff> {
        self.diffs.replace(Vec::new()).unwrap_or_else(|| vec![TimelineDiff::Reset])
    }

    /// Appends the next event of the room.
    pub(crate) fn push(&mut self, event: Event) {
        match Projection::from(event) {
            Projection::Item(item) => self.push_item(item),
            Projection::Mutation(mutation) => {
                self.apply_mutation(&mutation);
                self.mutations.push(mutation);
            }
            Projection::Nothing => {}
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
                self.requote(mutation);
            }
        }
        mutations.append(&mut self.mutations);
        self.mutations = mutations;
        for mutation in &self.mutations {
            mutation.apply(&mut older);
            mutation.requote(&mut older);
        }
        self.sent += older.len();
        self.splice(0..0, older);
    }

    /// Removes the sent items and the changes before `seq`.
    pub(crate) fn remove_before(&mut self, seq: u64) {
        let gone = self.items[..self.sent].partition_point(|item| item.seq < Some(seq));
        for item in self.splice(0..gone, Vec::new()) {
            if let Ok(index) = self.find_key(&item.key) {
                self.keys.remove(index);
            }
        }
        self.sent -= gone;
        self.originals_of_changed.retain(|base| base.seq >= Some(seq));
        self.mutations.drain(..self.mutations.partition_point(|mutation| mutation.seq < seq));
    }

    pub(crate) fn clear_sent(&mut self) {
        self.items.drain(..self.sent);
        self.diffs = None;
        self.sent = 0;
        self.keys.clear();
        self.originals_of_changed.clear();
        self.mutations.clear();
    }

    /// Replaces the pending items, from the first one that differs to the last one.
    pub(crate) fn set_pending(&mut self, pending: impl Iterator<Item = TimelineItem>) {
        let mut pending: Vec<TimelineItem> = pending.map(|item| self.fill_quote(item)).collect();
        let shown = &self.items[self.sent..];
        let start = shown.iter().zip(&pending).take_while(|(shown, item)| shown == item).count();
        let rest = shown[start..].iter().rev().zip(pending[start..].iter().rev());
        let end = rest.take_while(|(shown, item)| shown == item).count();
        pending.truncate(pending.len() - end);
        self.splice(self.sent + start..self.items.len() - end, pending.split_off(start));
    }

    /// Replaces a sent item.
    pub(super) fn set_sent(&mut self, item: TimelineItem) {
        if let Some(index) = find(&self.items[..self.sent], item.seq)
            && self.items[index] != item
        {
            self.splice(index..index + 1, vec![item]);
        }
    }

    fn push_item(&mut self, mut item: TimelineItem) {
        if !self.insert_key(&item.key) {
            return;
        }
        if item.reply.is_some() {
            // The quote by the server may be older than the loaded changes.
            for mutation in &self.mutations {
                item.requote(&mutation.author, &mutation.command);
            }
        }
        // The pending item of the message, usually the first one, becomes the sent item.
        let pending = &self.items[self.sent..];
        let replaced = pending.iter().position(|pending| pending.key == item.key).map_or(0, |index| index + 1);
        let mut items = vec![item];
        items.extend_from_slice(&pending[..replaced.saturating_sub(1)]);
        self.splice(self.sent..self.sent + replaced, items);
        self.sent += 1;
    }

    fn apply_mutation(&mut self, mutation: &Mutation) {
        if find(&self.originals_of_changed, mutation.target()).is_some() {
            // The item is updated together with the pending changes.
            mutation.apply(&mut self.originals_of_changed);
        } else if let Some(index) = mutation.apply(&mut self.items[..self.sent]) {
            self.record(index, 1, 1);
        }
        self.requote(mutation);
    }

    /// Updates the quotes of the message that a mutation changes.
    fn requote(&mut self, mutation: &Mutation) {
        mutation.requote(&mut self.originals_of_changed);
        for index in mutation.requote(&mut self.items) {
            self.record(index, 1, 1);
        }
    }

    /// Replaces the items in `range`, and returns them.
    fn splice(&mut self, range: Range<usize>, mut items: Vec<TimelineItem>) -> Vec<TimelineItem> {
        let (index, inserted) = (range.start, items.len());
        // Smaller in Wasm than `Vec::splice`.
        items.append(&mut self.items.split_off(range.end));
        let removed = self.items.split_off(range.start);
        self.items.append(&mut items);
        self.record(index, removed.len(), inserted);
        removed
    }

    fn record(&mut self, index: usize, removed: usize, inserted: usize) {
        if let Some(diffs) = self.diffs.as_mut().filter(|_| removed + inserted > 0) {
            let items = self.items[index..index + inserted].to_vec();
            diffs.push(TimelineDiff::Splice { index, removed, items });
        }
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
