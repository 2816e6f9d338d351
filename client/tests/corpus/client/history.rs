use std::collections::{BTreeMap, BTreeSet};

use client::TimelineItem;
use protocol::{Cursor, Event, Kind};

/// All events that the server has sent, by `seq`. Several events may have the same `seq`.
#[derive(Default)]
pub struct ServerHistory {
    events: BTreeMap<u64, Vec<Event>>,
}

impl ServerHistory {
    pub fn record<'a>(&mut self, events: impl IntoIterator<Item = &'a Event>) {
        for event in events {
            self.events.entry(event.seq).or_default().push(event.clone());
        }
    }

    /// Checks that the items show a part of one history that ends at the cursor: backwards from there, the `prev` of
    /// each event is the `uid` of the one before it, and each event has its item, unless its kind is not shown.
    pub fn check(&self, items: &[TimelineItem], cursor: &Cursor) {
        let shown = in_order(items);
        let (Some((first, _)), Some((last, _))) = (shown.first_key_value(), shown.last_key_value()) else { return };
        assert!(*last <= cursor.seq, "an item is after the cursor");
        let keys: BTreeSet<&str> = items.iter().map(|item| item.key.as_str()).collect();
        let mut uids = BTreeSet::from([cursor.uid.as_str()]);
        for seq in (*first..=cursor.seq).rev() {
            let here = self.events.get(&seq).into_iter().flatten().filter(|event| uids.contains(event.uid.as_str()));
            let fits = |event: &&Event| match shown.get(&seq) {
                Some(item) => is_message(event, item) && self.explains(event, item),
                None => key(event).is_none_or(|key| keys.contains(key.as_str())),
            };
            uids = here.filter(fits).map(|event| event.prev.as_str()).collect();
            assert!(!uids.is_empty(), "the history has a gap at {seq}");
        }
    }

    /// Whether an item shows a message as the server sent it. Pending changes by the person may not be in the history
    /// yet.
    fn explains(&self, event: &Event, item: &TimelineItem) -> bool {
        let Kind::Message { text, .. } = &event.kind else { return false };
        let events = |is_it: &dyn Fn(&Event) -> bool| self.events.values().flatten().any(is_it);
        let by_author = |event: &Event| event.author.id == item.author.id;
        let says = if item.deleted {
            item.text.is_empty()
                && item.reactions.is_empty()
                && events(&|change| {
                    by_author(change) && matches!(change.kind, Kind::Delete { target, .. } if target == event.seq)
                })
        } else if item.edited.is_some() {
            events(&|change| {
                by_author(change)
                    && matches!(&change.kind, Kind::Edit { target, text, .. } if *target == event.seq && *text == item.text)
            })
        } else {
            *text == item.text
        };
        let has_put = |user: &str, put: &str| {
            events(&|change| {
                change.author.id == user
                    && matches!(&change.kind, Kind::Reaction { target, emoji, on: true, .. } if *target == event.seq && emoji == put)
            })
        };
        let reacted = item.reactions.iter().all(|reaction| {
            !reaction.people.is_empty() && reaction.people.iter().all(|user| has_put(&user.id, &reaction.emoji))
        });
        (says && reacted) || !item.changes.is_empty()
    }
}

/// The sent items by `seq`. Checks that they come first, in order and without duplicates.
fn in_order(items: &[TimelineItem]) -> BTreeMap<u64, &TimelineItem> {
    let keys: BTreeSet<&str> = items.iter().map(|item| item.key.as_str()).collect();
    assert_eq!(keys.len(), items.len(), "an item is shown twice");
    let sent = items.iter().take_while(|item| item.seq.is_some()).count();
    assert!(items[sent..].iter().all(|item| item.seq.is_none()), "pending items follow the sent ones");
    assert!(items[..sent].is_sorted_by(|a, b| a.seq < b.seq), "items are out of order");
    items[..sent].iter().filter_map(|item| Some((item.seq?, item))).collect()
}

fn is_message(event: &Event, item: &TimelineItem) -> bool {
    event.author == item.author && event.at == item.at && key(event).as_ref() == Some(&item.key)
}

fn key(event: &Event) -> Option<String> {
    match &event.kind {
        Kind::Message { id, .. } => Some(format!("{}/{id}", event.author.id)),
        Kind::Edit { .. } | Kind::Delete { .. } | Kind::Reaction { .. } | Kind::Unknown => None,
    }
}
