use protocol::{Command, Event, Kind, Reply, User};

use super::items::key;
use crate::{FailureReason, PendingCommand};

/// A message as the timeline shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimelineItem {
    /// `<author's id>/<message's id>`. It is the same before and after the acknowledgement, so that the rendered
    /// element is kept.
    pub key: String,
    /// The author.
    pub author: User,
    /// The current text; empty if the message was deleted.
    pub text: String,
    /// When the message was sent, in milliseconds: by the server's clock if it is stored, otherwise by the client's.
    pub at: u64,
    /// The `seq` of the message, once its event has arrived.
    pub seq: Option<u64>,
    /// The delivery status.
    pub state: DeliveryStatus,
    /// The message that this one replies to. The quote follows the edits of that message as far as they are known, and
    /// is empty once that message is deleted.
    pub reply: Option<Reply>,
    /// When the message was last edited, on the same clock as [`TimelineItem::at`].
    pub edited: Option<u64>,
    /// Whether the author has deleted the message.
    pub deleted: bool,
    /// The reactions, in the order of their first use.
    pub reactions: Vec<Reaction>,
    /// The person's own changes to the message that are not known to be in the history, in the order of sending. The
    /// item shows them as applied, except the failed ones.
    pub changes: Vec<PendingCommand>,
}

/// The delivery status of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeliveryStatus {
    /// The message is in the room's history.
    Sent,
    /// The message is in flight or waits to be sent.
    Pending,
    /// The message failed.
    Failed(FailureReason),
}

/// The reactions to a message with one emoji.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reaction {
    /// The emoji.
    pub emoji: String,
    /// The people who reacted, in this order; at least one.
    pub people: Vec<User>,
}

impl TimelineItem {
    /// Creates a pending message without changes.
    #[must_use]
    pub fn new(author: User, id: &str, text: String, at: u64) -> Self {
        Self {
            key: key(&author.id, id),
            author,
            text,
            at,
            seq: None,
            state: DeliveryStatus::Pending,
            reply: None,
            edited: None,
            deleted: false,
            reactions: Vec::new(),
            changes: Vec::new(),
        }
    }

    /// The client's id of the message.
    #[must_use]
    pub fn id(&self) -> &str {
        // An id contains no slash.
        self.key.rsplit('/').next().unwrap_or_default()
    }

    /// Whether an event is the event of this message.
    pub(crate) fn is_of(&self, event: &Event) -> bool {
        matches!(&event.kind, Kind::Message { id, .. } if self.key == key(&event.author.id, id))
    }

    /// Applies a command of `author` to the message. A deletion is final. Returns whether the item changed.
    pub(crate) fn apply(&mut self, author: &User, at: u64, command: &Command) -> bool {
        let is_own = author.id == self.author.id;
        match command {
            _ if self.deleted => false,
            Command::Edit { text, .. } if is_own => {
                self.text.clone_from(text);
                self.edited = Some(at);
                true
            }
            Command::Delete { .. } if is_own => {
                self.text = String::new();
                self.reply = None;
                self.edited = None;
                self.reactions = Vec::new();
                self.deleted = true;
                true
            }
            Command::React { emoji, on, .. } => self.react(author, emoji, *on),
            Command::Send { .. } | Command::Edit { .. } | Command::Delete { .. } => false,
        }
    }

    fn react(&mut self, who: &User, emoji: &str, on: bool) -> bool {
        let index = self.reactions.iter().position(|reaction| reaction.emoji == emoji);
        let Some(index) = index else {
            if on {
                self.reactions.push(Reaction { emoji: emoji.to_owned(), people: vec![who.clone()] });
            }
            return on;
        };
        let people = &mut self.reactions[index].people;
        let found = people.iter().position(|user| user.id == who.id);
        match found {
            None if on => people.push(who.clone()),
            Some(person) if !on => {
                people.remove(person);
                if people.is_empty() {
                    self.reactions.remove(index);
                }
            }
            None | Some(_) => return false,
        }
        true
    }

    /// Updates the quote after `author` has changed the quoted message. Returns whether the item changed.
    pub(super) fn requote(&mut self, author: &User, command: &Command) -> bool {
        let Some(reply) = &mut self.reply else { return false };
        if command.target().is_none_or(|target| target.seq != reply.seq) || reply.author.id != author.id {
            return false;
        }
        let text = match command {
            Command::Edit { text, .. } => Reply::to(reply.seq, author.clone(), text).text,
            Command::Delete { .. } => String::new(),
            Command::Send { .. } | Command::React { .. } => return false,
        };
        let different = reply.text != text;
        reply.text = text;
        different
    }
}
