mod item;
mod items;
mod local_echo;
mod lost_on_fork;
mod mutation;

use protocol::{Cursor, Event, Head, MessageRef, Reason, User};

use crate::PendingCommand;
use crate::chain::{Chain, ChainRelation, unbroken_end};
use crate::outbox::Outbox;
use items::{Items, key};
use mutation::Mutation;

pub use item::{DeliveryStatus, Reaction, TimelineItem};
pub use items::TimelineDiff;

/// How many events of a room are kept. When there are more, the oldest are removed. They can be loaded again.
const MAX_EVENTS: usize = 12_000;
/// How many events are left after the removal.
const EVENTS_AFTER_TRIM: usize = 10_000;

/// Why the view of a room was replaced, if messages may be missing between the previous view and the new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Too many events were missed, or they are no longer stored.
    Trimmed,
    /// All or a part of the room's history was lost.
    Reset,
}

/// The timeline of a room: a part of its history that ends at the cursor, followed by the pending messages.
#[derive(Clone, Debug, Default)]
pub(crate) struct Timeline {
    chain: Option<Chain>,
    items: Items,
    /// Whether there are no older events to load.
    complete: bool,
    /// Whether older events existed and are no longer stored.
    trimmed: bool,
    notice: Option<Notice>,
    replacements: u32,
}

/// What is known of a room's history.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HistoryState {
    /// Whether the latest messages are loaded. False until a snapshot or the first answer of the server.
    pub is_loaded: bool,
    /// Whether there may be older messages to load.
    pub has_older: bool,
    /// Whether there were messages before the first item that the server no longer stores.
    pub is_trimmed: bool,
    /// Whether older messages are being loaded.
    pub is_loading_older: bool,
    /// Why the view was last replaced, if messages may be missing because of it.
    pub notice: Option<Notice>,
    /// How often the view was replaced. Tells a notice from an earlier one.
    pub replacements: u32,
}

/// The latest page of a room.
pub(crate) struct TimelinePage {
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

    /// Whether a message or a change of this author with this id is loaded.
    pub(crate) fn has(&self, author: &User, id: &str) -> bool {
        let is_it = |change: &Mutation| change.author.id == author.id && change.id == id;
        self.items.has(&key(&author.id, id)) || self.items.mutations().iter().any(is_it)
    }

    /// The `uid` of the event with this `seq`, if it is loaded.
    pub(crate) fn uid_at(&self, seq: u64) -> Option<&String> {
        self.chain.as_ref()?.uid_at(seq)
    }

    /// Whether the message that the command changes is loaded.
    pub(crate) fn holds_target(&self, change: &PendingCommand) -> bool {
        let is_held = |target: &MessageRef| target.uid.is_some() && target.uid.as_ref() == self.uid_at(target.seq);
        change.command.target().is_some_and(is_held)
    }

    /// What is known of the history, without the request for older messages.
    pub(crate) fn history_state(&self) -> HistoryState {
        let is_loaded = self.chain.is_some();
        HistoryState {
            is_loaded,
            has_older: is_loaded && !self.complete,
            is_trimmed: self.trimmed,
            is_loading_older: false,
            notice: self.notice,
            replacements: self.replacements,
        }
    }

    /// Returns the changes of the items since the last call.
    pub(crate) fn take_diffs(&mut self) -> Vec<TimelineDiff> {
        self.items.take_diffs()
    }

    /// The `seq` of the first loaded event.
    pub(crate) fn first_seq(&self) -> Option<u64> {
        self.chain.as_ref().map(Chain::first_seq)
    }

    /// The relation of an event to the loaded events. Before the first page, every event is a gap.
    pub(crate) fn relation(&self, event: &Event) -> ChainRelation {
        self.chain.as_ref().map_or(ChainRelation::Gap, |chain| chain.relation(event))
    }

    /// Appends an event that is [`ChainRelation::Next`].
    pub(crate) fn push(&mut self, event: Event) {
        let Some(chain) = &mut self.chain else { return };
        chain.push(&event);
        self.items.push(event);
        if chain.len() > MAX_EVENTS {
            chain.keep_last(EVENTS_AFTER_TRIM);
            self.items.remove_before(chain.first_seq());
            self.complete = false;
            self.trimmed = false;
        }
    }

    /// Whether all events up to `head` are shown.
    pub(crate) fn reaches(&self, head: &Head) -> bool {
        self.chain.as_ref().is_some_and(|chain| chain.cursor().seq > head.seq || chain.contains(head))
    }

    /// Whether all of a page is shown and the page removes no event. Such a page answers an older request.
    pub(crate) fn has_page(&self, page: &TimelinePage, reason: Reason) -> bool {
        self.chain.as_ref().is_some_and(|chain| {
            let takes_back =
                matches!(reason, Reason::Epoch | Reason::Fork | Reason::Unknown) && chain.cursor().seq != page.head.seq;
            chain.cursor().epoch == page.epoch && chain.contains(&page.head) && !takes_back
        })
    }

    /// Why a page replaces the view. A page that removes events belongs to another history, whatever reason the server
    /// gives: the person has to be told that messages were lost.
    pub(crate) fn reason_of(&self, page: &TimelinePage, said: Reason) -> Reason {
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

    /// Whether the room is loaded and has no events.
    fn is_empty_room(&self) -> bool {
        self.chain.as_ref().is_some_and(|chain| chain.cursor().seq == 0)
    }

    /// Replaces all sent items by a page.
    pub(crate) fn replace(&mut self, page: TimelinePage, reason: Reason) {
        let events = unbroken_end(page.events);
        self.complete = events.first().is_none_or(|event| event.seq <= 1);
        self.trimmed = events.is_empty() && page.head.seq > 0;
        self.notice = match reason {
            Reason::New => None,
            Reason::Trimmed => Some(Notice::Trimmed),
            // An empty room cannot lose messages. Its epoch changes when it stays silent for a day.
            Reason::Epoch | Reason::Fork | Reason::Unknown => (!self.is_empty_room()).then_some(Notice::Reset),
        };
        self.chain = Some(Chain::new(page.epoch, &events, page.head));
        self.replacements += 1;
        self.items.clear_sent();
        for event in events {
            self.items.push(event);
        }
    }

    /// Prepends a page of older events. `all` means that no older events can be loaded, and `trimmed` that older events
    /// existed. Returns false if the page does not end right before the first event.
    pub(crate) fn prepend(&mut self, events: Vec<Event>, all: bool, trimmed: bool) -> bool {
        let Some(chain) = &mut self.chain else { return false };
        if !chain.prepend(&events) {
            return false;
        }
        self.complete = all || events.is_empty();
        self.trimmed = self.complete && trimmed;
        // The person reads the skipped messages, so the notice is no longer needed.
        if !events.is_empty() && self.notice == Some(Notice::Trimmed) {
            self.notice = None;
        }
        self.items.prepend(events);
        true
    }

    /// Shows the pending commands: messages after the sent ones, and changes at the messages that they change.
    pub(crate) fn show_pending(&mut self, outbox: &Outbox, me: &User) {
        let (here, elsewhere): (Vec<_>, Vec<_>) = outbox.changes().partition(|change| self.holds_target(change));
        self.items.set_changes(&here, me);
        self.items.set_pending(outbox.items(me, &elsewhere));
    }
}

/// How many of the events are messages of others after `seq`.
pub(crate) fn unread_after(events: &[Event], seq: u64, me: &User) -> u64 {
    events.iter().filter(|event| event.seq > seq && is_message_of_other(event, me)).count() as u64
}

/// Whether an event is a message of another person.
pub(crate) fn is_message_of_other(event: &Event, me: &User) -> bool {
    matches!(event.kind, protocol::Kind::Message { .. }) && event.author.id != me.id
}
