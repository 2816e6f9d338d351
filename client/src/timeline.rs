mod item;
mod items;
mod local_echo;
mod lost_on_fork;
mod mutation;

use protocol::{Cursor, Event, Head, MessageRef, Reason, User};

use crate::PendingCommand;
use crate::chain::{Chain, Relation, unbroken_end};
use crate::outbox::Outbox;
use items::{Items, key};
use mutation::Mutation;

pub use item::{DeliveryStatus, Reaction, TimelineItem};

/// The most events that are held of one room. One more, and the older part is let go; it can be loaded again.
const MAX_EVENTS: usize = 12_000;
/// What is held after that.
const EVENTS_AFTER_TRIM: usize = 10_000;

/// FailureReason the view of a room was replaced: between what it showed and what it shows something may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Too much was missed, or it is no longer kept.
    Trimmed,
    /// The room's history was lost, or a part of it.
    Reset,
}

/// What is shown of a room: a stretch of its history that ends at the cursor, and what is pending beneath.
#[derive(Clone, Debug, Default)]
pub(crate) struct Timeline {
    chain: Option<Chain>,
    items: Items,
    /// Whether there is nothing older to load.
    complete: bool,
    /// Whether what was older is no longer kept.
    trimmed: bool,
    notice: Option<Notice>,
}

/// A latest page of a room.
pub(crate) struct Page {
    pub(crate) epoch: String,
    pub(crate) events: Vec<Event>,
    pub(crate) head: Head,
}

impl Timeline {
    pub(crate) fn cursor(&self) -> Option<&Cursor> {
        self.chain.as_ref().map(Chain::cursor)
    }

    pub(crate) fn items(&self) -> &[TimelineItem] {
        self.items.as_slice()
    }

    /// Whether somebody's message or change of that id is held.
    pub(crate) fn has(&self, author: &User, id: &str) -> bool {
        let is_it = |change: &Mutation| change.author.id == author.id && change.id == id;
        self.items.has(&key(&author.id, id)) || self.items.mutations().iter().any(is_it)
    }

    /// The name of the event at that number, if it is held.
    pub(crate) fn uid_at(&self, seq: u64) -> Option<&String> {
        self.chain.as_ref()?.uid_at(seq)
    }

    /// Whether the message that is changed is held.
    pub(crate) fn holds_target(&self, change: &PendingCommand) -> bool {
        let is_held = |target: &MessageRef| target.uid.is_some() && target.uid.as_ref() == self.uid_at(target.seq);
        change.command.target().is_some_and(is_held)
    }

    pub(crate) fn notice(&self) -> Option<Notice> {
        self.notice
    }

    pub(crate) fn has_older(&self) -> bool {
        self.chain.is_some() && !self.complete
    }

    pub(crate) fn is_trimmed(&self) -> bool {
        self.trimmed
    }

    /// The number of the first event that is held.
    pub(crate) fn first_seq(&self) -> Option<u64> {
        self.chain.as_ref().map(Chain::first_seq)
    }

    /// How an event stands to what is held; nothing is known before the first page.
    pub(crate) fn relation(&self, event: &Event) -> Relation {
        self.chain.as_ref().map_or(Relation::Gap, |chain| chain.relation(event))
    }

    /// Shows the event that is [`Relation::Next`]. True if the items look different.
    pub(crate) fn push(&mut self, event: Event) -> bool {
        let Some(chain) = &mut self.chain else { return false };
        chain.push(&event);
        let different = self.items.push(event);
        if chain.len() > MAX_EVENTS {
            chain.keep_last(EVENTS_AFTER_TRIM);
            self.items.remove_before(chain.first_seq());
            self.complete = false;
            self.trimmed = false;
        }
        different
    }

    /// Whether all up to that event is shown. More may be.
    pub(crate) fn reaches(&self, head: &Head) -> bool {
        self.chain.as_ref().is_some_and(|chain| chain.cursor().seq > head.seq || chain.contains(head))
    }

    /// Whether a page is shown already, and nothing that it takes back: then it answers an older question.
    pub(crate) fn has_page(&self, page: &Page, reason: Reason) -> bool {
        self.chain.as_ref().is_some_and(|chain| {
            let takes_back =
                matches!(reason, Reason::Epoch | Reason::Fork | Reason::Unknown) && chain.cursor().seq != page.head.seq;
            chain.cursor().epoch == page.epoch && chain.contains(&page.head) && !takes_back
        })
    }

    /// FailureReason a page takes the place of what is shown. One that takes something back is of another history, whatever the
    /// server calls it: nobody is to lose items without a word.
    pub(crate) fn reason_of(&self, page: &Page, said: Reason) -> Reason {
        let Some(chain) = &self.chain else { return said };
        let cursor = chain.cursor();
        let (seq, uid) = page.events.last().map_or((page.head.seq, &page.head.uid), |last| (last.seq, &last.uid));
        let takes_back = seq < cursor.seq || (seq == cursor.seq && *uid != cursor.uid);
        if cursor.epoch != page.epoch {
            Reason::Epoch
        } else if takes_back && !chain.contains(&page.head) {
            Reason::Fork
        } else {
            said
        }
    }

    /// Whether the room is known, and nothing was ever said in it.
    fn is_empty_room(&self) -> bool {
        self.chain.as_ref().is_some_and(|chain| chain.cursor().seq == 0)
    }

    /// Shows a page in the place of all that was sent.
    pub(crate) fn replace(&mut self, page: Page, reason: Reason) {
        let events = unbroken_end(page.events);
        self.complete = events.first().is_none_or(|event| event.seq <= 1);
        self.trimmed = events.is_empty() && page.head.seq > 0;
        self.notice = match reason {
            Reason::New => None,
            Reason::Trimmed => Some(Notice::Trimmed),
            // Where nothing was said nothing can be missing: a room that stays silent for a day begins anew.
            Reason::Epoch | Reason::Fork | Reason::Unknown => (!self.is_empty_room()).then_some(Notice::Reset),
        };
        self.chain = Some(Chain::new(page.epoch, &events, page.head));
        self.items.clear_sent();
        for event in events {
            self.items.push(event);
        }
    }

    /// Shows a page from right before what is shown. `all` says that there is nothing before it, `trimmed` that there
    /// was. False if it does not belong there.
    pub(crate) fn prepend(&mut self, events: Vec<Event>, all: bool, trimmed: bool) -> bool {
        let Some(chain) = &mut self.chain else { return false };
        if !chain.prepend(&events) {
            return false;
        }
        self.complete = all || events.is_empty();
        self.trimmed = self.complete && trimmed;
        // What was skipped is being read after all.
        if !events.is_empty() && self.notice == Some(Notice::Trimmed) {
            self.notice = None;
        }
        self.items.prepend(events);
        true
    }

    /// Shows what is pending: messages beneath those that were sent, changes at what they change. True if something looks
    /// different.
    pub(crate) fn show_pending(&mut self, outbox: &Outbox, me: &User) -> bool {
        let (here, elsewhere): (Vec<_>, Vec<_>) = outbox.changes().partition(|change| self.holds_target(change));
        let different = self.items.set_changes(&here, me);
        self.items.set_pending(outbox.items(me, &elsewhere)) | different
    }
}

/// How many of the events a person other than `me` said after number `seq`.
pub(crate) fn unread_after(events: &[Event], seq: u64, me: &User) -> u64 {
    events.iter().filter(|event| event.seq > seq && is_message_of_other(event, me)).count() as u64
}

/// Whether an event is a message of somebody else.
pub(crate) fn is_message_of_other(event: &Event, me: &User) -> bool {
    matches!(event.kind, protocol::Kind::Message { .. }) && event.author.id != me.id
}
