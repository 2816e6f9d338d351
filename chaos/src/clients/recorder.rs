use std::collections::BTreeSet;

use client::TimelineItem;
use protocol::{Reason, RefusalCode, ServerFrame, User};

use super::{DisplayedEvent, Journal, Outage, Timed, TimelineView};

/// Writes a journal from the frames that a client receives and from the state that its screen shows after each of them.
pub struct Recorder {
    pub journal: Journal,
    /// Why the current frame replaces the view, if it does.
    replaces_view: Option<Reason>,
    was_live: bool,
    /// Whether the room was joined since the connection was last lost.
    joined: bool,
    /// Ids of the members at the last change.
    members: BTreeSet<String>,
    /// Whether the current frame changes the member list.
    changes_members: bool,
}

impl Recorder {
    pub fn new(user: &str, room: &str) -> Self {
        let views = vec![TimelineView::default()];
        let journal = Journal { user: user.into(), room: room.into(), views, ..Journal::default() };
        let members = BTreeSet::new();
        Self { journal, replaces_view: None, was_live: false, joined: false, members, changes_members: false }
    }

    /// Whether the client is in the room, as far as it knows.
    pub fn is_joined(&self) -> bool {
        self.joined
    }

    pub fn last_seq(&self) -> u64 {
        self.journal.views.last().and_then(|view| view.events.last()).map_or(0, |event| event.seq)
    }

    /// Begins with a frame. Events are by far the most frequent ones; their effect is read from the timeline.
    pub fn begin_frame(&mut self, text: &str, now: u64) {
        if text.starts_with(r#"{"type":"event""#) {
            return;
        }
        match ServerFrame::decode(text) {
            Ok(ServerFrame::Joined { recovered, reason, .. }) => {
                self.replaces_view = (!recovered).then(|| reason.unwrap_or(Reason::Unknown));
                self.joined = true;
                self.changes_members = true;
                if let Some(outage) = self.journal.outages.last_mut() {
                    outage.until.get_or_insert(now);
                }
            }
            Ok(ServerFrame::Reset { reason, .. }) => self.replaces_view = Some(reason),
            Ok(ServerFrame::Sent { id, seq, .. }) => self.journal.acknowledged_seqs.push((id, seq)),
            Ok(ServerFrame::People { .. }) => self.changes_members = true,
            Ok(ServerFrame::Refused { code: RefusalCode::Unavailable, .. }) => self.journal.refusals += 1,
            Ok(ServerFrame::Rotate { .. }) => self.journal.rotations += 1,
            _ => {}
        }
    }

    pub fn end_frame(&mut self) {
        self.replaces_view = None;
        self.changes_members = false;
    }

    /// Records who left the member list. A list that is only a sample says nothing.
    pub fn record_members(&mut self, members: &[User], count: u64, now: u64) {
        if !self.changes_members || members.len() as u64 != count {
            return;
        }
        let members: BTreeSet<String> = members.iter().map(|user| user.id.clone()).collect();
        let left = self.members.difference(&members).map(|user| Timed { id: user.clone(), at: now });
        self.journal.departures.extend(left);
        self.members = members;
    }

    pub fn record_connection(&mut self, live: bool, now: u64) {
        if self.was_live && !live {
            self.journal.outages.push(Outage { since: now, until: None });
            self.joined = false;
        }
        self.was_live = live;
    }

    /// Records the events that are new on the screen: all of them if the view was replaced.
    pub fn record_timeline(&mut self, items: &[TimelineItem], now: u64) {
        let view = self.journal.views.last().expect("there is always a view");
        let known = view.events.last().map_or(0, |event| event.seq);
        let last = items.iter().rev().find_map(|item| item.seq).unwrap_or(0);
        let declared = self.replaces_view.take();
        let is_new = last < known || (declared.is_some() && !continues(view, items));
        if is_new {
            if view.events.is_empty() {
                self.journal.views.pop();
            }
            self.journal.views.push(TimelineView { since: now, declared, events: Vec::new() });
        }
        let from = if is_new { 0 } else { known };
        let fresh = items.iter().rev().filter_map(|item| Some((item.seq?, &item.key)));
        let fresh = fresh.take_while(|(seq, _)| *seq > from);
        let mut fresh: Vec<_> = fresh.map(|(seq, key)| DisplayedEvent { seq, key: key.clone(), at: now }).collect();
        fresh.reverse();
        self.journal.views.last_mut().expect("there is always a view").events.extend(fresh);
    }
}

/// Whether a timeline still contains the last recorded event: then a replacement has removed nothing.
fn continues(view: &TimelineView, items: &[TimelineItem]) -> bool {
    let Some(known) = view.events.last() else { return false };
    items.iter().rev().any(|item| item.seq == Some(known.seq) && item.key == known.key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_departure_is_recorded_from_complete_lists_only() {
        let user = |id: &str| User { id: id.into(), name: id.into() };
        let (ana, rui, zoe) = (user("ana"), user("rui"), user("zoe"));
        let mut recorder = Recorder::new("ana", "lobby");
        for (at, changes, members, count) in [
            (1, true, vec![ana.clone(), rui.clone(), zoe.clone()], 3),
            (2, false, vec![ana.clone()], 1),
            (3, true, vec![ana.clone()], 300),
            (4, true, vec![ana.clone(), zoe.clone()], 2),
            (5, true, vec![ana, rui], 2),
        ] {
            if changes {
                recorder.begin_frame(r#"{"type":"people","room":"lobby","joined":[],"left":[],"count":0}"#, at);
            }
            recorder.record_members(&members, count, at);
            recorder.end_frame();
        }
        let departures = [("rui", 4), ("zoe", 5)].map(|(user, at)| Timed { id: user.into(), at });
        assert_eq!(recorder.journal.departures, departures);
    }
}
