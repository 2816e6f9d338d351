//! One's own changes, shown before they are sent.

use protocol::User;

use super::{Lines, TimelineItem, amendment::find};
use crate::PendingCommand;

impl Lines {
    /// Shows these changes of one's own, and no others that are not in the room. True if something looks different.
    pub(crate) fn set_changes(&mut self, changes: &[PendingCommand], me: &User) -> bool {
        let before = std::mem::take(&mut self.bases);
        let sent = &self.list[..self.sent];
        let mut targets = Vec::<usize>::new();
        for target in changes.iter().filter_map(|change| find(sent, target_of(change))) {
            if let Err(place) = targets.binary_search(&target) {
                targets.insert(place, target);
            }
        }
        let base = |index: &usize| find(&before, sent[*index].seq).map_or(&sent[*index], |base| &before[base]).clone();
        self.bases = targets.iter().map(base).collect();
        let mut different = false;
        // Those that are changed no more show what they are.
        for base in before {
            if find(&self.bases, base.seq).is_none() {
                different |= self.put(base);
            }
        }
        for base in self.bases.clone() {
            let shown = changed(base, changes, me);
            different |= self.put(shown);
        }
        different
    }

    fn put(&mut self, line: TimelineItem) -> bool {
        let index = find(&self.list[..self.sent], line.seq);
        let different = index.is_some_and(|index| self.list[index] != line);
        if let Some(index) = index {
            self.list[index] = line;
        }
        different
    }
}

fn changed(mut line: TimelineItem, changes: &[PendingCommand], me: &User) -> TimelineItem {
    let target = line.seq;
    for change in changes.iter().filter(|change| target_of(change) == target) {
        if change.failed.is_none() {
            line.change(me, change.at, &change.command);
        }
        line.changes.push(change.clone());
    }
    line
}

fn target_of(change: &PendingCommand) -> Option<u64> {
    change.command.target().map(|target| target.seq)
}
