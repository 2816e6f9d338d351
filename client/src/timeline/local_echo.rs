//! Local echo: pending changes of the person's own are shown at once.

use protocol::User;

use super::{items::Items, mutation::find};
use crate::{PendingCommand, TimelineItem};

impl Items {
    /// Applies these pending changes, and removes earlier ones that are not in `changes`. Returns whether the items
    /// changed.
    pub(crate) fn set_changes(&mut self, changes: &[PendingCommand], me: &User) -> bool {
        let before = std::mem::take(&mut self.originals_of_changed);
        let sent = &self.items[..self.sent];
        let mut targets = Vec::<usize>::new();
        for target in changes.iter().filter_map(|change| find(sent, target_of(change))) {
            if let Err(index) = targets.binary_search(&target) {
                targets.insert(index, target);
            }
        }
        let base = |index: &usize| find(&before, sent[*index].seq).map_or(&sent[*index], |base| &before[base]).clone();
        self.originals_of_changed = targets.iter().map(base).collect();
        let mut different = false;
        // Items without pending changes show their originals again.
        for base in before {
            if find(&self.originals_of_changed, base.seq).is_none() {
                different |= self.replace_item(base);
            }
        }
        for base in self.originals_of_changed.clone() {
            let shown = with_changes(base, changes, me);
            different |= self.replace_item(shown);
        }
        different
    }

    fn replace_item(&mut self, item: TimelineItem) -> bool {
        let index = find(&self.items[..self.sent], item.seq);
        let different = index.is_some_and(|index| self.items[index] != item);
        if let Some(index) = index {
            self.items[index] = item;
        }
        different
    }
}

fn with_changes(mut item: TimelineItem, changes: &[PendingCommand], me: &User) -> TimelineItem {
    let target = item.seq;
    for change in changes.iter().filter(|change| target_of(change) == target) {
        if change.failed.is_none() {
            item.apply(me, change.at, &change.command);
        }
        item.changes.push(change.clone());
    }
    item
}

fn target_of(change: &PendingCommand) -> Option<u64> {
    change.command.target().map(|target| target.seq)
}
