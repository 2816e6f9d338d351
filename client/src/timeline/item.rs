use protocol::{Command, Event, Kind, Reply, User};

use super::items::key;
use crate::{FailureReason, PendingCommand};

/// One message as the list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimelineItem {
    /// `<author's id>/<message's id>`: the same before and after the acknowledgement, so that what is drawn stays.
    pub key: String,
    /// Who said it.
    pub author: User,
    /// What it says now; nothing if it was deleted.
    pub text: String,
    /// When: by the server's clock if it was sent, else by this client's, in milliseconds.
    pub at: u64,
    /// Its place in the room, once it has one.
    pub seq: Option<u64>,
    /// What became of it.
    pub state: DeliveryStatus,
    /// The message that it answers. The quote follows what becomes of that message as far as that is known, and is empty once
    /// it was deleted.
    pub reply: Option<Reply>,
    /// When it was last edited, as [`TimelineItem::at`].
    pub edited: Option<u64>,
    /// Whether its author took it back.
    pub deleted: bool,
    /// In the order of their first use.
    pub reactions: Vec<Reaction>,
    /// One's own changes to it that are not known to be in the history, in the order in which they were made. The item shows
    /// them as done, except those that failed.
    pub changes: Vec<PendingCommand>,
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeliveryStatus {
    /// It is in the room.
    Sent,
    /// It is on its way, or waits for the connection.
    Pending,
    /// It was refused for good.
    Failed(FailureReason),
}

/// An emoji at a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reaction {
    /// Which.
    pub emoji: String,
    /// Who put it there, in that order; at least one.
    pub people: Vec<User>,
}

impl TimelineItem {
    /// A message that nobody has changed.
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
        // An id has no slash.
        self.key.rsplit('/').next().unwrap_or_default()
    }

    /// Whether an event is this message.
    pub(crate) fn is_of(&self, event: &Event) -> bool {
        matches!(&event.kind, Kind::Message { id, .. } if self.key == key(&event.author.id, id))
    }

    /// Does what somebody did to it. A deletion is final. True if it looks different.
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

    /// Lets its quote follow what somebody did to the message that it answers. True if it looks different.
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
