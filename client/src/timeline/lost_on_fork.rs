//! What a history that went another way takes from its authors.

use protocol::{Command, User};

use super::mutation::Mutation;
use super::{Page, Timeline};
use crate::{PendingCommand, TimelineItem};

impl Timeline {
    /// What is shown of one's own that a page takes back: it has other events in that place, or ends before it. Each with the
    /// number that it had.
    pub(crate) fn lost_on_fork(&self, room: &str, page: &Page, me: &User) -> Vec<(u64, PendingCommand)> {
        let items = self.items.originals().filter(|item| item.author.id == me.id && !item.deleted);
        let lost = items
            .filter_map(|item| Some((item.seq?, item)))
            .filter(|(seq, item)| page.begins_by(*seq) && !page.events.iter().any(|event| item.is_of(event)));
        let mut lost: Vec<_> = lost.map(|(seq, item)| (seq, self.message(room, item, page))).collect();
        for mutation in self.items.mutations().iter().filter(|mutation| mutation.author.id == me.id) {
            let is_lost = page.begins_by(mutation.seq) && !page.has(me, &mutation.id);
            // What changed a message that is lost as well goes with it.
            if is_lost && mutation.target().is_some_and(|target| self.survives(target, page)) {
                lost.push((mutation.seq, self.change(room, mutation)));
            }
        }
        lost
    }

    fn message(&self, room: &str, item: &TimelineItem, page: &Page) -> PendingCommand {
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

    /// Whether an event is in the history that a page is the end of, as far as can be told.
    fn survives(&self, seq: u64, page: &Page) -> bool {
        let is_it = |uid: &String| page.events.iter().any(|event| event.seq == seq && event.uid == *uid);
        !page.begins_by(seq) || self.uid_at(seq).is_some_and(is_it)
    }
}

impl Page {
    /// Whether it says what is at that number, or that there is nothing.
    fn begins_by(&self, seq: u64) -> bool {
        self.events.first().map_or(self.head.seq.saturating_add(1), |first| first.seq) <= seq
    }

    fn has(&self, author: &User, id: &str) -> bool {
        self.events.iter().any(|event| event.author.id == author.id && event.kind.id() == Some(id))
    }
}
