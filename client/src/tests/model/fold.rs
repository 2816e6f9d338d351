//! The expected items of a history, computed from all of its events at once.

use protocol::{Event, Kind, Reply};

use crate::{DeliveryStatus, Reaction, TimelineItem};

/// The last items of a history.
pub(super) fn items(events: &[Event], count: usize) -> Vec<TimelineItem> {
    let mut items: Vec<TimelineItem> =
        events.iter().rev().filter_map(|event| item(events, event)).take(count).collect();
    items.reverse();
    items
}

/// The item of an event, if it is a message.
pub(super) fn item_at(events: &[Event], seq: u64) -> Option<TimelineItem> {
    item(events, after(events, seq.checked_sub(1)?).first()?)
}

fn item(events: &[Event], event: &Event) -> Option<TimelineItem> {
    let Kind::Message { id, text, reply } = &event.kind else { return None };
    let item = TimelineItem::new(event.author.clone(), id, String::new(), event.at);
    let item = TimelineItem { seq: Some(event.seq), state: DeliveryStatus::Sent, ..item };
    if is_deleted(events, event.seq) {
        return Some(TimelineItem { deleted: true, ..item });
    }
    let reply = reply.as_ref().map(|reply| {
        let quoted = if is_deleted(events, reply.seq) { "" } else { text_of(events, reply.seq).0 };
        Reply::to(reply.seq, reply.author.clone(), quoted)
    });
    let (_, edited) = text_of(events, event.seq);
    let text = edited.map_or(text.as_str(), |_| text_of(events, event.seq).0).to_owned();
    Some(TimelineItem { text, edited, reply, reactions: reactions(events, event.seq), ..item })
}

/// The events after `seq`. No event is trimmed, so the first one has `seq` 1.
fn after(events: &[Event], seq: u64) -> &[Event] {
    events.get(usize::try_from(seq).unwrap()..).unwrap_or_default()
}

fn is_deleted(events: &[Event], seq: u64) -> bool {
    after(events, seq).iter().any(|event| matches!(event.kind, Kind::Delete { target, .. } if target == seq))
}

/// The final text of a message, and when it was last edited.
fn text_of(events: &[Event], seq: u64) -> (&str, Option<u64>) {
    let said = after(events, seq.saturating_sub(1)).iter().rev().find_map(|event| match &event.kind {
        Kind::Edit { target, text, .. } if *target == seq => Some((text.as_str(), Some(event.at))),
        Kind::Message { text, .. } if event.seq == seq => Some((text.as_str(), None)),
        _ => None,
    });
    said.unwrap_or_default()
}

fn reactions(events: &[Event], seq: u64) -> Vec<Reaction> {
    let mut reactions: Vec<Reaction> = vec![];
    for event in after(events, seq) {
        let Kind::Reaction { target, emoji, on, .. } = &event.kind else { continue };
        if *target != seq {
            continue;
        }
        if *on && !reactions.iter().any(|reaction| reaction.emoji == *emoji) {
            reactions.push(Reaction { emoji: emoji.clone(), people: vec![] });
        }
        for reaction in reactions.iter_mut().filter(|reaction| reaction.emoji == *emoji) {
            let is_there = reaction.people.contains(&event.author);
            if *on && !is_there {
                reaction.people.push(event.author.clone());
            } else if !on {
                reaction.people.retain(|user| *user != event.author);
            }
        }
        reactions.retain(|reaction| !reaction.people.is_empty());
    }
    reactions
}
