use protocol::{Command, Event, Kind, User};

use crate::{DeliveryStatus, TimelineItem};

/// An event that changes a message.
#[derive(Clone, Debug)]
pub(crate) struct Mutation {
    pub(crate) seq: u64,
    pub(crate) at: u64,
    pub(crate) author: User,
    /// The id that the author's client gave to the change.
    pub(crate) id: String,
    pub(crate) command: Command,
}

/// How the timeline shows an event.
pub(super) enum Projection {
    Item(TimelineItem),
    Mutation(Mutation),
    Nothing,
}

impl From<Event> for Projection {
    fn from(event: Event) -> Self {
        let Event { seq, at, author, kind, .. } = event;
        let (id, command) = match kind {
            Kind::Message { id, text, reply } => {
                let item = TimelineItem::new(author, &id, text, at);
                return Self::Item(TimelineItem { seq: Some(seq), state: DeliveryStatus::Sent, reply, ..item });
            }
            Kind::Edit { id, target, text } => (id, Command::Edit { target: target.into(), text }),
            Kind::Delete { id, target } => (id, Command::Delete { target: target.into() }),
            Kind::Reaction { id, target, emoji, on } => (id, Command::React { target: target.into(), emoji, on }),
            Kind::Unknown => return Self::Nothing,
        };
        Self::Mutation(Mutation { seq, at, author, id, command })
    }
}

impl Mutation {
    /// The `seq` of the message that the mutation changes.
    pub(crate) fn target(&self) -> Option<u64> {
        self.command.target().map(|target| target.seq)
    }

    /// Whether the mutation changes the text of the message.
    pub(super) fn rewrites(&self) -> bool {
        matches!(self.command, Command::Edit { .. } | Command::Delete { .. })
    }

    /// Applies the mutation to its message in `items`, which are in the room's order. Returns its index if it
    /// changed.
    pub(super) fn apply(&self, items: &mut [TimelineItem]) -> Option<usize> {
        let index = find(items, self.target())?;
        items[index].apply(&self.author, self.at, &self.command).then_some(index)
    }

    /// Updates the quotes of its message in `items`. Returns the indices of the items that changed.
    pub(super) fn requote(&self, items: &mut [TimelineItem]) -> Vec<usize> {
        let mut requoted = Vec::new();
        for (index, item) in items.iter_mut().enumerate().filter(|_| self.rewrites()) {
            if item.requote(&self.author, &self.command) {
                requoted.push(index);
            }
        }
        requoted
    }
}

/// The index of the item with this `seq`. The items are in the room's order.
pub(super) fn find(items: &[TimelineItem], seq: Option<u64>) -> Option<usize> {
    items.binary_search_by_key(&seq, |item| item.seq).ok()
}
