mod amendment;
mod line;
mod own;

use protocol::{Event, Reply};

use amendment::{Item, find};

pub(crate) use amendment::Amendment;
pub use line::{DeliveryStatus, Reaction, TimelineItem};

/// The lines of a room: what was sent, in the room's order, then what was not, in the order of sending.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lines {
    list: Vec<TimelineItem>,
    /// How many of the list were sent.
    sent: usize,
    /// Their keys in order: however a message comes again, it shows once.
    keys: Vec<String>,
    /// All that changes messages, in the room's order. A message may be loaded later than what changes it, or again.
    amendments: Vec<Amendment>,
    /// The sent lines that show what is not sent yet, as they are without it.
    bases: Vec<TimelineItem>,
}

impl Lines {
    pub(crate) fn as_slice(&self) -> &[TimelineItem] {
        &self.list
    }

    pub(crate) fn amendments(&self) -> &[Amendment] {
        &self.amendments
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.place(key).is_ok()
    }

    /// What was sent, without what is not yet.
    pub(crate) fn originals(&self) -> impl Iterator<Item = &TimelineItem> {
        let base = |line: &TimelineItem| find(&self.bases, line.seq).map(|index| &self.bases[index]);
        self.list[..self.sent].iter().map(move |line| base(line).unwrap_or(line))
    }

    /// Shows the next event of the room. True if the list looks different.
    pub(crate) fn push(&mut self, event: Event) -> bool {
        match Item::from(event) {
            Item::TimelineItem(line) => self.say(line),
            Item::Amendment(amendment) => {
                let different = self.amend(&amendment);
                self.amendments.push(amendment);
                different
            }
            Item::Nothing => false,
        }
    }

    /// Shows events from before the first one.
    pub(crate) fn prepend(&mut self, events: Vec<Event>) {
        let (mut older, mut amendments) = (Vec::new(), Vec::new());
        for event in events {
            match Item::from(event) {
                Item::TimelineItem(line) => older.extend(self.admit(&line.key).then_some(line)),
                Item::Amendment(amendment) => amendments.push(amendment),
                Item::Nothing => {}
            }
        }
        for amendment in &amendments {
            let is_last =
                |target| !self.amendments.iter().any(|later| later.target() == Some(target) && later.rewrites());
            // Quotes show it already if something later was done.
            if amendment.target().is_some_and(is_last) {
                amendment.requote(&mut self.list);
                amendment.requote(&mut self.bases);
            }
        }
        for amendment in amendments.iter().chain(&self.amendments) {
            amendment.amend(&mut older);
            amendment.requote(&mut older);
        }
        self.sent += older.len();
        self.list.splice(..0, older);
        self.amendments.splice(..0, amendments);
    }

    /// Removes what was sent before `seq`.
    pub(crate) fn remove_before(&mut self, seq: u64) {
        let gone = self.list[..self.sent].partition_point(|line| line.seq < Some(seq));
        for line in self.list.drain(..gone) {
            if let Ok(place) = self.keys.binary_search(&line.key) {
                self.keys.remove(place);
            }
        }
        self.sent -= gone;
        self.bases.retain(|base| base.seq >= Some(seq));
        self.amendments.drain(..self.amendments.partition_point(|amendment| amendment.seq < seq));
    }

    pub(crate) fn clear_sent(&mut self) {
        self.list.drain(..self.sent);
        self.sent = 0;
        self.keys.clear();
        self.bases.clear();
        self.amendments.clear();
    }

    /// Replaces the lines that were not sent. True if they look different.
    pub(crate) fn set_unsent(&mut self, unsent: impl Iterator<Item = TimelineItem>) -> bool {
        let unsent: Vec<TimelineItem> = unsent.map(|line| self.quoting(line)).collect();
        let different = self.list[self.sent..] != unsent;
        self.list.truncate(self.sent);
        self.list.extend(unsent);
        different
    }

    fn say(&mut self, mut line: TimelineItem) -> bool {
        if !self.admit(&line.key) {
            return false;
        }
        if line.reply.is_some() {
            // The server quotes what it knew then.
            for amendment in &self.amendments {
                line.requote(&amendment.author, &amendment.command);
            }
        }
        self.list.insert(self.sent, line);
        self.sent += 1;
        true
    }

    fn amend(&mut self, amendment: &Amendment) -> bool {
        let base = find(&self.bases, amendment.target());
        let different = match base {
            // What is shown of it is worked out anew when what is unsent is.
            Some(base) => {
                self.bases[base].change(&amendment.author, amendment.at, &amendment.command);
                false
            }
            None => amendment.amend(&mut self.list[..self.sent]),
        };
        amendment.requote(&mut self.bases);
        amendment.requote(&mut self.list) | different
    }

    /// Fills in what an unsent line quotes, as far as that is here.
    fn quoting(&self, mut line: TimelineItem) -> TimelineItem {
        line.reply = line.reply.and_then(|reply| {
            let quoted = find(&self.list[..self.sent], Some(reply.seq)).map(|index| &self.list[index])?;
            Some(Reply::to(reply.seq, quoted.author.clone(), &quoted.text))
        });
        line
    }

    /// False for a key that was there.
    fn admit(&mut self, key: &str) -> bool {
        let free = self.place(key).err();
        if let Some(place) = free {
            self.keys.insert(place, key.to_owned());
        }
        free.is_some()
    }

    fn place(&self, key: &str) -> Result<usize, usize> {
        self.keys.binary_search_by(|known| known.as_str().cmp(key))
    }
}

pub(crate) fn key(author: &str, id: &str) -> String {
    format!("{author}/{id}")
}
