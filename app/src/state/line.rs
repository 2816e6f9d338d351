use client::{Deed, DeliveryStatus, FailureReason, PendingCommand, Reaction, TimelineItem};
use leptos::prelude::*;
use protocol::{Reply, User};

use super::Chat;
use crate::text::{Day, drawn};

/// Messages of one person that follow each other within this time, in milliseconds, are drawn as one group.
const GROUP: u64 = 5 * 60 * 1_000;

/// A message as it is drawn. What can change about it is a signal, so its node stays.
#[derive(Clone)]
pub struct LineView {
    /// The same before and after the acknowledgement.
    pub key: String,
    /// Who said it.
    pub author: User,
    /// What it says.
    pub said: ArcRwSignal<Said>,
    /// What others, and its author, put to it.
    pub reactions: ArcRwSignal<Vec<Reaction>>,
    /// Its place in the room, once it has one.
    pub seq: ArcRwSignal<Option<u64>>,
    /// When, in milliseconds since the Unix epoch.
    pub at: ArcRwSignal<u64>,
    /// Whether it has arrived.
    pub standing: ArcRwSignal<Standing>,
    /// Whether it is of the same person as the message above it, and of about the same time.
    continues: ArcRwSignal<bool>,
    /// When the message above it was said.
    above_at: ArcRwSignal<Option<u64>>,
    /// The number of the message above it.
    above_seq: ArcRwSignal<Option<u64>>,
}

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Its text, as it can be drawn.
    pub text: String,
    /// What it answers.
    pub reply: Option<Reply>,
    /// What was done to it.
    pub mark: Option<Mark>,
}

/// What was done to a message by its author.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// It was edited, at that time.
    Edited(u64),
    /// It was deleted.
    Deleted,
}

/// What became of a message, or of one's own last change to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is in the room.
    Sent,
    /// It is on its way.
    Pending,
    /// It was refused.
    Failed {
        /// The id of the message or of the change.
        id: String,
        /// FailureReason.
        why: FailureReason,
        /// What it was to say, if it shows nowhere else.
        text: Option<String>,
    },
}

impl LineView {
    pub fn new(line: &TimelineItem, above: Option<&TimelineItem>) -> Self {
        Self {
            key: line.key.clone(),
            author: line.author.clone(),
            said: ArcRwSignal::new(Said { text: drawn(&line.text), reply: line.reply.clone(), mark: mark(line) }),
            reactions: ArcRwSignal::new(line.reactions.clone()),
            seq: ArcRwSignal::new(line.seq),
            at: ArcRwSignal::new(line.at),
            standing: ArcRwSignal::new(standing(line)),
            continues: ArcRwSignal::new(continues(line, above)),
            above_at: ArcRwSignal::new(above.map(|above| above.at)),
            above_seq: ArcRwSignal::new(above.and_then(|above| above.seq)),
        }
    }

    pub fn show(&self, line: &TimelineItem, above: Option<&TimelineItem>) {
        set_if_changed(&self.seq, line.seq);
        set_if_changed(&self.at, line.at);
        set_if_changed(&self.continues, continues(line, above));
        set_if_changed(&self.above_at, above.map(|above| above.at));
        set_if_changed(&self.above_seq, above.and_then(|above| above.seq));
        // The text changes with an edit or a deletion only, and with one that is taken back.
        if self.said.with_untracked(|said| said.mark != mark(line) || said.reply != line.reply) {
            self.said.set(Said { text: drawn(&line.text), reply: line.reply.clone(), mark: mark(line) });
        }
        if self.reactions.with_untracked(|reactions| *reactions != line.reactions) {
            self.reactions.set(line.reactions.clone());
        }
        let standing = standing(line);
        if self.standing.with_untracked(|shown| *shown != standing) {
            self.standing.set(standing);
        }
    }

    /// Whether it belongs to the group of the message above it.
    pub fn is_in_group(&self, chat: Chat) -> bool {
        self.continues.get() && !self.begins_day(chat)
    }

    /// Whether no message above it is of its day.
    pub fn begins_day(&self, chat: Chat) -> bool {
        self.above_at.get().is_none_or(|above| Day::of(chat.clock(above)) != Day::of(chat.clock(self.at.get())))
    }

    /// Whether it is the first one after that number.
    pub fn is_first_after(&self, seq: u64) -> bool {
        self.seq.get() > Some(seq) && self.above_seq.get() <= Some(seq)
    }

    /// Whether it was in the room when it was last drawn.
    pub fn is_sent(&self) -> bool {
        self.seq.get_untracked().is_some()
    }
}

fn standing(line: &TimelineItem) -> Standing {
    match &line.state {
        DeliveryStatus::Pending => Standing::Pending,
        DeliveryStatus::Failed(why) => Standing::Failed { id: line.id().to_owned(), why: why.clone(), text: None },
        DeliveryStatus::Sent => line.changes.iter().find_map(failed).unwrap_or(Standing::Sent),
    }
}

fn failed(change: &PendingCommand) -> Option<Standing> {
    let text = match &change.deed {
        Deed::Edit { text, .. } => Some(drawn(text)),
        Deed::Say { .. } | Deed::Delete { .. } | Deed::React { .. } => None,
    };
    Some(Standing::Failed { id: change.id.clone(), why: change.failed.clone()?, text })
}

fn mark(line: &TimelineItem) -> Option<Mark> {
    if line.deleted { Some(Mark::Deleted) } else { line.edited.map(Mark::Edited) }
}

fn continues(line: &TimelineItem, above: Option<&TimelineItem>) -> bool {
    above.is_some_and(|above| above.author == line.author && line.at.saturating_sub(above.at) < GROUP)
}

/// Wakes nobody where nothing changes.
pub fn set_if_changed<T: Copy + PartialEq + Send + Sync + 'static>(signal: &ArcRwSignal<T>, value: T) {
    if signal.get_untracked() != value {
        signal.set(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(author: &str, at: u64) -> TimelineItem {
        let author = User { id: format!("u_{author}"), name: author.to_owned() };
        TimelineItem::new(author, &format!("m{at}"), String::new(), at)
    }

    #[test]
    fn a_group_is_one_person_without_a_pause() {
        let first = line("Ana", 1_000);
        for (line, in_group) in [
            (line("Ana", 2_000), true),
            (line("Ana", 500), true),
            (line("Ana", 1_000 + GROUP), false),
            (line("Rui", 2_000), false),
        ] {
            assert_eq!(LineView::new(&line, Some(&first)).continues.get_untracked(), in_group, "{line:?}");
        }
        assert!(!LineView::new(&first, None).continues.get_untracked());
    }

    #[test]
    fn a_change_that_was_refused_shows_at_its_message() {
        let mut line = line("Ana", 7);
        assert_eq!(standing(&line), Standing::Pending);
        line.state = DeliveryStatus::Sent;
        assert_eq!(standing(&line), Standing::Sent);
        let change = |id: &str, failed: Option<&str>| client::PendingCommand {
            room: "lobby".into(),
            id: id.into(),
            deed: client::Deed::Delete { target: 1 },
            uid: None,
            at: 7,
            failed: failed.map(|why| FailureReason::Told(why.into())),
        };
        line.changes = vec![change("a", None), change("b", Some("No."))];
        assert_eq!(
            standing(&line),
            Standing::Failed { id: "b".into(), why: FailureReason::Told("No.".into()), text: None }
        );
    }
}
