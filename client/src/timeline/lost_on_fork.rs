//! Finds the person's own commands that a fork has removed from the history.

use protocol::{Command, User};

use super::mutation::Mutation;
use super::{Timeline, TimelinePage};
use crate::{PendingCommand, TimelineItem};

impl Timeline {
    /// The person's own messages and changes that a page removes: at their positions the page has other events, or ends
    /// before them. Each comes with its former `seq`.
    pub(crate) fn lost_on_fork(&self, room: &str, page: &TimelinePage, me: &User) -> Vec<(u64, PendingCommand)> {
        let items = self.items.originals().filter(|item| item.author.id == me.id && !item.deleted);
        let lost = items
            .filter_map(|item| Some((item.seq?, item)))
            .filter(|(seq, item)| page.begins_by(*seq) && !page.events.iter().any(|event| item.is_of(event)));
        let mut lost: Vec<_> = lost.map(|(seq, item)| (seq, self.message(room, item, page))).collect();
        for mutation in self.items.mutations().iter().filter(|mutation| mutation.author.id == me.id) {
            let is_lost = page.begins_by(mutation.seq) && !page.has(me, &mutation.id);
            // A change to a message that is lost is dropped. The message is restored with its latest text.
            if is_lost && mutation.target().is_some_and(|target| self.survives(target, page)) {
                lost.push((mutation.seq, self.change(room, mutation)));
            }
        }
        lost
    }

    fn message(&self, room: &str, item: &TimelineItem, page: &TimelinePage) -> PendingCommand {
        let reply_to = item.reply.as_ref().map(|reply| reply.seq).filter(|seq| self.survives(*seq, page));
        let command = Command::Send { text: item.text.clone(), reply_to: reply_to.map(Into::into) };
        self.pending(room, item.id(), command, item.at)
    }

    fn change(&self, room: &str, mutation: &Mutation) -> PendingCommand {
        self.pending(room, &mutation.id, mutation.command.clone(), mutation.at)
    }

    fn pending(&self, room: &str, id: &str, mut command: Command, at: u64) -> PendingCommand {
        if let Some(reference) = command.reference_mut() {
            reference.uid = self.uid_at(reference.seq).cloned();
        }
        PendingCommand { room: room.to_owned(), id: id.to_owned(), command, at, failed: None }
    }

    /// Whether the event is still in the history that ends with `page`, as far as is known.
    fn survives(&self, seq: u64, page: &TimelinePage) -> bool {
        let is_it = |uid: &String| page.events.iter().any(|event| event.seq == seq && event.uid == *uid);
        !page.begins_by(seq) || self.uid_at(seq).is_some_and(is_it)
    }
}

impl TimelinePage {
    /// Whether the page tells which event has this `seq`, or that none has.
    fn begins_by(&self, seq: u64) -> bool {
        self.events.first().map_or(self.head.seq.saturating_add(1), |first| first.seq) <= seq
    }

    fn has(&self, author: &User, id: &str) -> bool {
        self.events.iter().any(|event| event.author.id == author.id && event.kind.id() == Some(id))
    }
}
