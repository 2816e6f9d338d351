use protocol::{Command, Event, Kind, User};

use crate::{DeliveryStatus, TimelineItem};

/// An event that changes a message.
#[derive(Clone, Debug)]
pub(crate) struct Mutation {
    pub(crate) seq: u64,
    pub(crate) at: u64,
    pub(crate) author: User,
    /// The client's id of it.
    pub(crate) id: String,
    pub(crate) command: Command,
}

/// What an event is to the list.
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
    /// The `seq` of the message that it changes.
    pub(crate) fn target(&self) -> Option<u64> {
        self.command.target().map(|target| target.seq)
    }

    /// Whether it changes what the message says.
    pub(super) fn rewrites(&self) -> bool {
        matches!(self.command, Command::Edit { .. } | Command::Delete { .. })
    }

    /// Changes the message among these items, which are in the room's order. True if it looks different.
    pub(super) fn apply(&self, items: &mut [TimelineItem]) -> bool {
        let item = find(items, self.target());
        item.is_some_and(|index| items[index].apply(&self.author, self.at, &self.command))
    }

    /// Changes the quotes of the message in these items. True if they look different.
    pub(super) fn requote(&self, items: &mut [TimelineItem]) -> bool {
        let mut different = false;
        for item in items.iter_mut().filter(|_| self.rewrites()) {
            different |= item.requote(&self.author, &self.command);
        }
        different
    }
}

/// Where a item is among items in the room's order.
pub(super) fn find(items: &[TimelineItem], seq: Option<u64>) -> Option<usize> {
    items.binary_search_by_key(&seq, |item| item.seq).ok()
}
