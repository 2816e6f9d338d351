use std::collections::{BTreeMap, BTreeSet};

use client::TimelineItem;
use protocol::{Cursor, Event, Kind};

/// All events that the server has sent, by `seq`. Several events may have the same `seq`.
#[derive(Default)]
pub struct History {
    told: BTreeMap<u64, Vec<Event>>,
}

impl History {
    pub fn note<'a>(&mut self, events: impl IntoIterator<Item = &'a Event>) {
        for event in events {
            self.told.entry(event.seq).or_default().push(event.clone());
        }
    }

    /// Checks that the items show a part of one history that ends at the cursor: backwards from there, the `prev` of
    /// each event is the `uid` of the one before it, and each event has its item, unless its kind is not shown.
    pub fn check(&self, lines: &[TimelineItem], cursor: &Cursor) {
        let shown = in_order(lines);
        let (Some((first, _)), Some((last, _))) = (shown.first_key_value(), shown.last_key_value()) else { return };
        assert!(*last <= cursor.seq, "an item is after the cursor");
        let keys: BTreeSet<&str> = lines.iter().map(|line| line.key.as_str()).collect();
        let mut uids = BTreeSet::from([cursor.uid.as_str()]);
        for seq in (*first..=cursor.seq).rev() {
            let here = self.told.get(&seq).into_iter().flatten().filter(|event| uids.contains(event.uid.as_str()));
            let fits = |event: &&Event| match shown.get(&seq) {
                Some(line) => is_message(event, line) && self.explains(event, line),
                None => key(event).is_none_or(|key| keys.contains(key.as_str())),
            };
            uids = here.filter(fits).map(|event| event.prev.as_str()).collect();
            assert!(!uids.is_empty(), "the history has a gap at {seq}");
        }
    }

    /// Whether an item shows a message as the server sent it. Pending changes by the person may not be in the history
    /// yet.
    fn explains(&self, event: &Event, line: &TimelineItem) -> bool {
        let Kind::Message { text, .. } = &event.kind else { return false };
        let told = |is_it: &dyn Fn(&Event) -> bool| self.told.values().flatten().any(is_it);
        let by_author = |event: &Event| event.author.id == line.author.id;
        let says = if line.deleted {
            line.text.is_empty()
                && line.reactions.is_empty()
                && told(&|change| {
                    by_author(change) && matches!(change.kind, Kind::Delete { target, .. } if target == event.seq)
                })
        } else if line.edited.is_some() {
            told(&|change| {
                by_author(change)
                    && matches!(&change.kind, Kind::Edit { target, text, .. } if *target == event.seq && *text == line.text)
            })
        } else {
            *text == line.text
        };
        let has_put = |user: &str, put: &str| {
            told(&|change| {
                change.author.id == user
                    && matches!(&change.kind, Kind::Reaction { target, emoji, on: true, .. } if *target == event.seq && emoji == put)
            })
        };
        let reacted = line.reactions.iter().all(|reaction| {
            !reaction.people.is_empty() && reaction.people.iter().all(|user| has_put(&user.id, &reaction.emoji))
        });
        (says && reacted) || !line.changes.is_empty()
    }
}

/// The sent items by `seq`. Checks that they come first, in order and without duplicates.
fn in_order(lines: &[TimelineItem]) -> BTreeMap<u64, &TimelineItem> {
    let keys: BTreeSet<&str> = lines.iter().map(|line| line.key.as_str()).collect();
    assert_eq!(keys.len(), lines.len(), "an item is shown twice");
    let sent = lines.iter().take_while(|line| line.seq.is_some()).count();
    assert!(lines[sent..].iter().all(|line| line.seq.is_none()), "pending items follow the sent ones");
    assert!(lines[..sent].is_sorted_by(|a, b| a.seq < b.seq), "items are out of order");
    lines[..sent].iter().filter_map(|line| Some((line.seq?, line))).collect()
}

fn is_message(event: &Event, line: &TimelineItem) -> bool {
    event.author == line.author && event.at == line.at && key(event).as_ref() == Some(&line.key)
}

fn key(event: &Event) -> Option<String> {
    match &event.kind {
        Kind::Message { id, .. } => Some(format!("{}/{id}", event.author.id)),
        Kind::Edit { .. } | Kind::Delete { .. } | Kind::Reaction { .. } | Kind::Unknown => None,
    }
}
