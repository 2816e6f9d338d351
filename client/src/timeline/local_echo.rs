//! Local echo: pending changes of the person's own are shown at once.

use protocol::User;

use super::{items::Items, mutation::find};
use crate::{PendingCommand, TimelineItem};

impl Items {
    /// Applies these pending changes, and removes earlier ones that are not in `changes`.
    pub(crate) fn set_changes(&mut self, changes: &[PendingCommand], me: &User) {
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
        // Items without pending changes show their originals again.
        for base in before {
            if find(&self.originals_of_changed, base.seq).is_none() {
                self.set_sent(base);
            }
        }
        for base in self.originals_of_changed.clone() {
            self.set_sent(with_changes(base, changes, me));
        }
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
