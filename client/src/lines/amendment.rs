use protocol::{Command, Event, Kind, User};

use super::{DeliveryStatus, TimelineItem};

/// An event that changes a message.
#[derive(Clone, Debug)]
pub(crate) struct Amendment {
    pub(crate) seq: u64,
    pub(crate) at: u64,
    pub(crate) author: User,
    /// The client's id of it.
    pub(crate) id: String,
    pub(crate) command: Command,
}

/// What an event is to the list.
pub(super) enum Item {
    TimelineItem(TimelineItem),
    Amendment(Amendment),
    Nothing,
}

impl From<Event> for Item {
    fn from(event: Event) -> Self {
        let Event { seq, at, author, kind, .. } = event;
        let (id, command) = match kind {
            Kind::Message { id, text, reply } => {
                let line = TimelineItem::new(author, &id, text, at);
                return Self::TimelineItem(TimelineItem { seq: Some(seq), state: DeliveryStatus::Sent, reply, ..line });
            }
            Kind::Edit { id, target, text } => (id, Command::Edit { target: target.into(), text }),
            Kind::Delete { id, target } => (id, Command::Delete { target: target.into() }),
            Kind::Reaction { id, target, emoji, on } => (id, Command::React { target: target.into(), emoji, on }),
            Kind::Unknown => return Self::Nothing,
        };
        Self::Amendment(Amendment { seq, at, author, id, command })
    }
}

impl Amendment {
    /// The `seq` of the message that it changes.
    pub(crate) fn target(&self) -> Option<u64> {
        self.command.target().map(|target| target.seq)
    }

    /// Whether it changes what the message says.
    pub(super) fn rewrites(&self) -> bool {
        matches!(self.command, Command::Edit { .. } | Command::Delete { .. })
    }

    /// Changes the message among these lines, which are in the room's order. True if it looks different.
    pub(super) fn amend(&self, lines: &mut [TimelineItem]) -> bool {
        let line = find(lines, self.target());
        line.is_some_and(|index| lines[index].change(&self.author, self.at, &self.command))
    }

    /// Changes the quotes of the message in these lines. True if they look different.
    pub(super) fn requote(&self, lines: &mut [TimelineItem]) -> bool {
        let mut different = false;
        for line in lines.iter_mut().filter(|_| self.rewrites()) {
            different |= line.requote(&self.author, &self.command);
        }
        different
    }
}

/// Where a line is among lines in the room's order.
pub(super) fn find(lines: &[TimelineItem], seq: Option<u64>) -> Option<usize> {
    lines.binary_search_by_key(&seq, |line| line.seq).ok()
}
