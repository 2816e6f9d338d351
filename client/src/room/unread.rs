//! The read marker and the unread messages of a room.

use protocol::{ClientFrame, Event, Kind};

use super::Room;
use crate::effects::Effects;
use crate::{Effect, StateChange, TimelineItem, mentions};

impl Room {
    /// The `seq` of the last event that the person has read, on any of their screens; 0 if there is none. Events that
    /// existed at the person's first visit count as read.
    #[must_use]
    pub fn read_to(&self) -> u64 {
        self.read_marker.seq()
    }

    /// The number of messages of others after [`Room::read_to`], as far as they are loaded.
    #[must_use]
    pub fn unread(&self) -> u64 {
        self.unread
    }

    /// Whether there may be more unread messages than the loaded ones.
    #[must_use]
    pub fn has_more_unread(&self) -> bool {
        self.unread > 0 && self.timeline.first_seq().is_some_and(|first| first > self.read_to() + 1)
    }

    /// Whether the person has read all events on this screen.
    #[must_use]
    pub fn is_read(&self) -> bool {
        self.unread == 0 && self.timeline.cursor().is_none_or(|cursor| self.read_marker.is_read(cursor.seq))
    }

    /// How many of the loaded unread messages mention the person.
    #[must_use]
    pub fn mentions_unread(&self) -> u64 {
        self.unread_messages().filter(|item| mentions(&item.text, &self.me.name)).count() as u64
    }

    /// The loaded unread messages, latest first.
    pub fn unread_messages(&self) -> impl Iterator<Item = &TimelineItem> {
        self.messages_of_others(self.read_to())
    }

    /// The `seq` of the first loaded unread message.
    #[must_use]
    pub fn first_unread(&self) -> Option<u64> {
        self.unread_messages().last().and_then(|item| item.seq)
    }

    /// How many loaded messages of others come after `seq`.
    #[must_use]
    pub fn news_after(&self, seq: u64) -> u64 {
        self.messages_of_others(seq).count() as u64
    }

    /// Messages of others after `after`, latest first.
    fn messages_of_others(&self, after: u64) -> impl Iterator<Item = &TimelineItem> {
        let sent = self.timeline().iter().rev().filter(|item| item.seq.is_some());
        sent.take_while(move |item| item.seq > Some(after)).filter(|item| item.author.id != self.me.id)
    }

    /// Marks all events as read, because the person looks at the room.
    pub(crate) fn read(&mut self, effects: &mut Effects) {
        let Some(seq) = self.timeline.cursor().map(|cursor| cursor.seq) else { return };
        self.read_marker.advance_here(seq);
        self.set_unread(0, effects);
        self.send_read_marker(effects);
    }

    /// Handles the read marker that the server reports from another screen.
    pub(crate) fn read_elsewhere(&mut self, seq: u64, effects: &mut Effects) {
        if self.read_marker.advance_elsewhere(seq) {
            let unread = self.unread_messages().count() as u64;
            self.set_unread(unread, effects);
        }
    }

    /// Sends the read marker if it has changed and the last one was sent long enough ago.
    pub(super) fn send_read_marker(&mut self, effects: &mut Effects) {
        if self.membership.is_joined()
            && let Some(seq) = self.read_marker.take_unsent(effects.now)
        {
            let (room, uid) = (self.name.clone(), self.uid_at(seq).cloned());
            effects.transmit(&ClientFrame::Read { room, seq, uid });
        }
    }

    /// Notifies the person if the message mentions them.
    pub(super) fn notify_mention(&self, event: &Event, effects: &mut Effects) {
        if let Kind::Message { text, .. } = &event.kind
            && mentions(text, &self.me.name)
        {
            let (room, author) = (self.name.clone(), event.author.name.clone());
            effects.push(Effect::Mentioned { room, author, text: text.clone() });
        }
    }

    pub(super) fn set_unread(&mut self, unread: u64, effects: &mut Effects) {
        if self.unread != unread {
            self.unread = unread;
            effects.changed(StateChange::Rooms);
        }
    }
}
