use std::collections::BTreeSet;

use client::TimelineItem;
use protocol::{Reason, RefusalCode, ServerFrame, User};

use super::{AcknowledgedMessage, Departure, DisplayedEvent, Journal, Outage, Screen, SentMessage, TimelineView};

/// A journal while it is written.
pub struct Recorder {
    journal: Journal,
    /// Why the frame that is being worked on replaces the view, if it does.
    replaces: Option<Reason>,
    was_live: bool,
    /// Whether the room was joined since the link was last lost.
    joined: bool,
    /// Ids of those who were here when that last changed.
    here: BTreeSet<String>,
    /// Whether the frame that is being worked on tells who is here.
    tells_who: bool,
}

impl Recorder {
    pub fn new(who: &str, room: &str) -> Self {
        let journal =
            Journal { who: who.into(), room: room.into(), views: vec![TimelineView::default()], ..Journal::default() };
        let here = BTreeSet::new();
        Self { journal, replaces: None, was_live: false, joined: false, here, tells_who: false }
    }

    pub fn who(&self) -> &str {
        &self.journal.who
    }

    pub fn room(&self) -> &str {
        &self.journal.room
    }

    /// Whether the person is in the room, as far as anybody can tell.
    pub fn is_joined(&self) -> bool {
        self.joined
    }

    pub fn last_seq(&self) -> u64 {
        self.journal.views.last().and_then(|view| view.lines.last()).map_or(0, |line| line.seq)
    }

    pub fn said(&mut self, id: &str, at: u64) {
        self.journal.said.push(SentMessage { id: id.to_owned(), at });
    }

    pub fn acknowledged(&mut self, id: String, at: u64) {
        self.journal.acknowledged.push(AcknowledgedMessage { id, at });
    }

    pub fn lost(&mut self, id: String) {
        self.journal.lost.push(id);
    }

    pub fn closed(&mut self, code: u16) {
        self.journal.closes.push(code);
    }

    /// A frame came. Events are by far the most, and what they do is seen on the screen.
    pub fn heard(&mut self, text: &str, now: u64) {
        if text.starts_with(r#"{"type":"event""#) {
            return;
        }
        match ServerFrame::decode(text) {
            Ok(ServerFrame::Joined { recovered, reason, .. }) => {
                self.replaces = (!recovered).then(|| reason.unwrap_or(Reason::Unknown));
                self.joined = true;
                self.tells_who = true;
                if let Some(outage) = self.journal.outages.last_mut() {
                    outage.until.get_or_insert(now);
                }
            }
            Ok(ServerFrame::Reset { reason, .. }) => self.replaces = Some(reason),
            Ok(ServerFrame::Sent { id, seq, .. }) => self.journal.acknowledged_seqs.push((id, seq)),
            Ok(ServerFrame::People { .. }) => self.tells_who = true,
            Ok(ServerFrame::Refused { code: RefusalCode::Unavailable, .. }) => self.journal.refusals += 1,
            Ok(ServerFrame::Rotate { .. }) => self.journal.rotations += 1,
            _ => {}
        }
    }

    /// The frame is worked on.
    pub fn frame_done(&mut self) {
        self.replaces = None;
        self.tells_who = false;
    }

    /// Notes who is no longer on the list. A long list is only a part of those who are here, and says nothing about it.
    pub fn here(&mut self, people: &[User], count: u64, now: u64) {
        if !self.tells_who || people.len() as u64 != count {
            return;
        }
        let here: BTreeSet<String> = people.iter().map(|user| user.id.clone()).collect();
        let left = self.here.difference(&here).map(|who| Departure { who: who.clone(), at: now });
        self.journal.departures.extend(left);
        self.here = here;
    }

    pub fn link(&mut self, live: bool, now: u64) {
        if self.was_live && !live {
            self.journal.outages.push(Outage { since: now, until: None });
            self.joined = false;
        }
        self.was_live = live;
    }

    /// Notes the lines that are new on the screen. Where the list was replaced, all of them are.
    pub fn shown(&mut self, lines: &[TimelineItem], now: u64) {
        let view = self.journal.views.last().expect("there is one from the start");
        let known = view.lines.last().map_or(0, |line| line.seq);
        let last = lines.iter().rev().find_map(|line| line.seq).unwrap_or(0);
        let replaced = self.replaces.take();
        let is_new = last < known || (replaced.is_some() && !continues(view, lines));
        if is_new {
            if view.lines.is_empty() {
                self.journal.views.pop();
            }
            self.journal.views.push(TimelineView { since: now, declared: replaced, lines: Vec::new() });
        }
        let from = if is_new { 0 } else { known };
        let fresh = lines.iter().rev().filter(|line| line.seq.is_some()).take_while(|line| line.seq > Some(from));
        let mut fresh: Vec<DisplayedEvent> = fresh
            .map(|line| DisplayedEvent {
                seq: line.seq.expect("those without one are left out"),
                key: line.key.clone(),
                at: now,
            })
            .collect();
        fresh.reverse();
        self.journal.views.last_mut().expect("there is one from the start").lines.extend(fresh);
    }

    /// The person is gone, and nobody was told.
    pub fn vanished(&mut self, at: u64) {
        self.journal.vanished = Some(at);
    }

    pub fn close(mut self, screen: Screen) -> Journal {
        self.journal.screen = screen;
        self.journal
    }
}

/// Whether the list goes on with the last line that was noted: a page that shows nothing else replaces nothing.
fn continues(view: &TimelineView, lines: &[TimelineItem]) -> bool {
    let Some(known) = view.lines.last() else { return false };
    lines.iter().rev().any(|line| line.seq == Some(known.seq) && line.key == known.key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_no_longer_listed_has_left() {
        let user = |id: &str| User { id: id.into(), name: id.into() };
        let (ana, rui, zoe) = (user("ana"), user("rui"), user("zoe"));
        let mut writing = Recorder::new("ana", "lobby");
        for (at, told, listed, count) in [
            (1, true, vec![ana.clone(), rui.clone(), zoe.clone()], 3),
            (2, false, vec![ana.clone()], 1),
            (3, true, vec![ana.clone()], 300),
            (4, true, vec![ana.clone(), zoe.clone()], 2),
            (5, true, vec![ana, rui], 2),
        ] {
            if told {
                writing.heard(r#"{"type":"people","room":"lobby","joined":[],"left":[],"count":0}"#, at);
            }
            writing.here(&listed, count, at);
            writing.frame_done();
        }
        let departures = writing.close(Screen::default()).departures;
        assert_eq!(departures, [("rui", 4), ("zoe", 5)].map(|(who, at)| Departure { who: who.into(), at }));
    }
}
