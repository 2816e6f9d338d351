use client::{DeliveryStatus, FailureReason, PendingCommand, Reaction, TimelineItem};
use leptos::prelude::*;
use protocol::{Reply, User};

use super::Chat;
use crate::text::{Day, normalize_for_html};

/// Messages of one author within this time, in milliseconds, form a group.
const GROUP_INTERVAL: u64 = 5 * 60 * 1_000;

/// A rendered message. Everything that can change is a signal, so that the row's elements persist.
#[derive(Clone)]
pub struct MessageRow {
    /// Identifies the row before and after the acknowledgement.
    pub key: String,
    /// The author.
    pub author: User,
    /// The text and what belongs to it.
    pub content: ArcRwSignal<MessageContent>,
    /// The reactions.
    pub reactions: ArcRwSignal<Vec<Reaction>>,
    /// The message's seq; `None` until it is acknowledged.
    pub seq: ArcRwSignal<Option<u64>>,
    /// When it was sent, in milliseconds since the Unix epoch.
    pub at: ArcRwSignal<u64>,
    /// Whether the message and the user's changes to it were delivered.
    pub status: ArcRwSignal<RowStatus>,
    /// Whether the message above is of the same author and sent shortly before.
    continues: ArcRwSignal<bool>,
    /// When the message above was sent.
    above_at: ArcRwSignal<Option<u64>>,
    /// Seq of the message above.
    above_seq: ArcRwSignal<Option<u64>>,
}

/// The content of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageContent {
    /// The text, normalized for HTML.
    pub text: String,
    /// The quoted message, if it is a reply.
    pub reply: Option<Reply>,
    /// Whether the author edited or deleted it.
    pub edit_state: Option<EditState>,
}

/// How an author changed a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EditState {
    /// Edited at this time.
    Edited(u64),
    /// Deleted.
    Deleted,
}

/// Delivery status of a message, or of the user's first failed change to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowStatus {
    /// Everything was delivered.
    Sent,
    /// The message is not acknowledged yet.
    Pending,
    /// The message or a change was rejected.
    Failed {
        /// Id of the rejected command.
        id: String,
        /// Why it was rejected.
        reason: FailureReason,
        /// The text of a rejected edit, which is shown nowhere else.
        text: Option<String>,
    },
}

impl MessageRow {
    pub fn new(item: &TimelineItem) -> Self {
        Self {
            key: item.key.clone(),
            author: item.author.clone(),
            content: ArcRwSignal::new(content(item)),
            reactions: ArcRwSignal::new(item.reactions.clone()),
            seq: ArcRwSignal::new(item.seq),
            at: ArcRwSignal::new(item.at),
            status: ArcRwSignal::new(row_status(item)),
            continues: ArcRwSignal::new(false),
            above_at: ArcRwSignal::new(None),
            above_seq: ArcRwSignal::new(None),
        }
    }

    /// Updates the row. The item has the row's key.
    pub fn update(&self, item: &TimelineItem) {
        set_if_changed(&self.seq, item.seq);
        set_if_changed(&self.at, item.at);
        // Only an edit or a deletion, or the rollback of one, changes the text.
        if self.content.with_untracked(|content| content.edit_state != edit_state(item) || content.reply != item.reply)
        {
            self.content.set(content(item));
        }
        if self.reactions.with_untracked(|reactions| *reactions != item.reactions) {
            self.reactions.set(item.reactions.clone());
        }
        let status = row_status(item);
        if self.status.with_untracked(|shown| *shown != status) {
            self.status.set(status);
        }
    }

    /// Updates what depends on the message above.
    pub fn set_above(&self, above: Option<&Self>) {
        let above_at = above.map(|above| above.at.get_untracked());
        let is_close = above_at.is_some_and(|at| self.at.get_untracked().saturating_sub(at) < GROUP_INTERVAL);
        set_if_changed(&self.continues, is_close && above.is_some_and(|above| above.author == self.author));
        set_if_changed(&self.above_at, above_at);
        set_if_changed(&self.above_seq, above.and_then(|above| above.seq.get_untracked()));
    }

    /// Whether the row continues the group of the one above.
    pub fn is_in_group(&self, chat: Chat) -> bool {
        self.continues.get() && !self.begins_day(chat)
    }

    /// Whether the message is the first of its day.
    pub fn begins_day(&self, chat: Chat) -> bool {
        self.above_at
            .get()
            .is_none_or(|above| Day::of(chat.display_time(above)) != Day::of(chat.display_time(self.at.get())))
    }

    /// Whether the message is the first one after this seq.
    pub fn is_first_after(&self, seq: u64) -> bool {
        self.seq.get() > Some(seq) && self.above_seq.get() <= Some(seq)
    }

    /// Whether the message was acknowledged.
    pub fn is_sent(&self) -> bool {
        self.seq.get_untracked().is_some()
    }
}

fn row_status(item: &TimelineItem) -> RowStatus {
    match &item.state {
        DeliveryStatus::Pending => RowStatus::Pending,
        DeliveryStatus::Failed(reason) => {
            RowStatus::Failed { id: item.id().to_owned(), reason: reason.clone(), text: None }
        }
        DeliveryStatus::Sent => item.changes.iter().find_map(failed_change).unwrap_or(RowStatus::Sent),
    }
}

fn failed_change(change: &PendingCommand) -> Option<RowStatus> {
    let text = change.command.text().map(normalize_for_html);
    Some(RowStatus::Failed { id: change.id.clone(), reason: change.failed.clone()?, text })
}

fn content(item: &TimelineItem) -> MessageContent {
    MessageContent { text: normalize_for_html(&item.text), reply: item.reply.clone(), edit_state: edit_state(item) }
}

fn edit_state(item: &TimelineItem) -> Option<EditState> {
    if item.deleted { Some(EditState::Deleted) } else { item.edited.map(EditState::Edited) }
}

/// Sets a signal only if the value differs.
pub fn set_if_changed<T: Copy + PartialEq + Send + Sync + 'static>(signal: &ArcRwSignal<T>, value: T) {
    if signal.get_untracked() != value {
        signal.set(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl MessageRow {
        /// All values, to compare rows.
        pub fn values(&self) -> String {
            let Self { key, author, content, reactions, seq, at, status, continues, above_at, above_seq } = self;
            let above = (continues.get_untracked(), above_at.get_untracked(), above_seq.get_untracked());
            let own = (seq.get_untracked(), at.get_untracked(), content.get_untracked(), status.get_untracked());
            format!("{key} {author:?} {own:?} {:?} {above:?}", reactions.get_untracked())
        }
    }

    fn item(author: &str, at: u64) -> TimelineItem {
        let author = User { id: format!("u_{author}"), name: author.to_owned() };
        TimelineItem::new(author, &format!("m{at}"), String::new(), at)
    }

    #[test]
    fn a_group_has_one_author_and_no_pause() {
        let first = MessageRow::new(&item("Ana", 1_000));
        for (item, in_group) in [
            (item("Ana", 2_000), true),
            (item("Ana", 500), true),
            (item("Ana", 1_000 + GROUP_INTERVAL), false),
            (item("Rui", 2_000), false),
        ] {
            let row = MessageRow::new(&item);
            row.set_above(Some(&first));
            assert_eq!(row.continues.get_untracked(), in_group, "{item:?}");
            row.set_above(None);
            assert!(!row.continues.get_untracked());
        }
    }

    #[test]
    fn a_refused_change_shows_at_its_message() {
        let mut item = item("Ana", 7);
        assert_eq!(row_status(&item), RowStatus::Pending);
        item.state = DeliveryStatus::Sent;
        assert_eq!(row_status(&item), RowStatus::Sent);
        let change = |id: &str, failed: Option<&str>| client::PendingCommand {
            room: "lobby".into(),
            id: id.into(),
            command: protocol::Command::Delete { target: 1.into() },
            at: 7,
            failed: failed.map(|reason| FailureReason::Other(reason.into())),
        };
        item.changes = vec![change("a", None), change("b", Some("No."))];
        assert_eq!(
            row_status(&item),
            RowStatus::Failed { id: "b".into(), reason: FailureReason::Other("No.".into()), text: None }
        );
    }
}
