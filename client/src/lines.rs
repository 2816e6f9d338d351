use std::collections::BTreeSet;

use protocol::{Event, Kind, User};

/// One message as the list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// `<author's id>/<message's id>`: the same before and after the acknowledgement, so that what is drawn stays.
    pub key: String,
    /// Who said it.
    pub author: User,
    /// What was said.
    pub text: String,
    /// When: by the server's clock if it was sent, else by this client's, in milliseconds.
    pub at: u64,
    /// Its place in the room, once it has one.
    pub seq: Option<u64>,
    /// What became of it.
    pub state: LineState,
}

impl Line {
    /// Whether an event is this message.
    pub(crate) fn shows(&self, event: &Event) -> bool {
        matches!(&event.kind, Kind::Message { id, .. } if self.key == key(&event.author.id, id))
    }
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineState {
    /// It is in the room.
    Sent,
    /// It is on its way, or waits for the connection.
    Pending,
    /// It was refused for good; why, for people.
    Failed(String),
}

/// The lines of a room: what was sent, in the room's order, then what was not, in the order of sending.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lines {
    list: Vec<Line>,
    /// How many of the list were sent.
    sent: usize,
    /// Their keys: however a message comes again, it shows once.
    keys: BTreeSet<String>,
}

impl Lines {
    pub(crate) fn as_slice(&self) -> &[Line] {
        &self.list
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.keys.contains(key)
    }

    /// Shows the next event of the room.
    pub(crate) fn push(&mut self, event: Event) {
        if let Some(line) = self.admit(event) {
            self.list.insert(self.sent, line);
            self.sent += 1;
        }
    }

    /// Shows events from before the first one.
    pub(crate) fn prepend(&mut self, events: Vec<Event>) {
        let older: Vec<Line> = events.into_iter().filter_map(|event| self.admit(event)).collect();
        self.sent += older.len();
        self.list.splice(..0, older);
    }

    /// Removes the sent lines before `seq`.
    pub(crate) fn remove_before(&mut self, seq: u64) {
        let gone = self.list[..self.sent].partition_point(|line| line.seq < Some(seq));
        for line in self.list.drain(..gone) {
            self.keys.remove(&line.key);
        }
        self.sent -= gone;
    }

    pub(crate) fn clear_sent(&mut self) {
        self.list.drain(..self.sent);
        self.sent = 0;
        self.keys.clear();
    }

    /// Replaces the lines that were not sent. True if they look different.
    pub(crate) fn set_unsent(&mut self, unsent: impl Iterator<Item = Line>) -> bool {
        let unsent: Vec<Line> = unsent.collect();
        let different = self.list[self.sent..] != unsent;
        self.list.truncate(self.sent);
        self.list.extend(unsent);
        different
    }

    fn admit(&mut self, event: Event) -> Option<Line> {
        let Kind::Message { id, text } = event.kind else { return None };
        let key = key(&event.author.id, &id);
        self.keys.insert(key.clone()).then_some(Line {
            key,
            author: event.author,
            text,
            at: event.at,
            seq: Some(event.seq),
            state: LineState::Sent,
        })
    }
}

pub(crate) fn key(author: &str, id: &str) -> String {
    format!("{author}/{id}")
}
