use client::Line;
use protocol::{Reason, ServerFrame};

use super::{Acknowledged, Journal, Outage, Screen, Shown, View};

/// A journal while it is written.
pub struct Writing {
    journal: Journal,
    /// Why the frame that is being worked on replaces the view, if it does.
    replaces: Option<Reason>,
    was_live: bool,
    /// Whether the room was joined since the link was last lost.
    joined: bool,
}

impl Writing {
    pub fn new(who: &str, room: &str) -> Self {
        let journal =
            Journal { who: who.into(), room: room.into(), views: vec![View::default()], ..Journal::default() };
        Self { journal, replaces: None, was_live: false, joined: false }
    }

    pub fn who(&self) -> &str {
        &self.journal.who
    }

    pub fn room(&self) -> &str {
        &self.journal.room
    }

    /// Whether the person is in the room, as far as anybody can tell.
    pub fn is_back(&self) -> bool {
        self.joined
    }

    pub fn last_shown(&self) -> u64 {
        self.journal.views.last().and_then(|view| view.lines.last()).map_or(0, |line| line.seq)
    }

    pub fn said(&mut self, id: &str) {
        self.journal.said.push(id.to_owned());
    }

    pub fn acknowledged(&mut self, id: String, at: u64) {
        self.journal.acknowledged.push(Acknowledged { id, at });
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
                if let Some(outage) = self.journal.outages.last_mut() {
                    outage.until.get_or_insert(now);
                }
            }
            Ok(ServerFrame::Reset { reason, .. }) => self.replaces = Some(reason),
            Ok(ServerFrame::Sent { id, seq, .. }) => self.journal.places.push((id, seq)),
            Ok(ServerFrame::People { left, .. }) => self.journal.departures += left.len(),
            Ok(ServerFrame::Rotate { .. }) => self.journal.rotations += 1,
            _ => {}
        }
    }

    /// The frame is worked on.
    pub fn worked_on(&mut self) {
        self.replaces = None;
    }

    pub fn link(&mut self, live: bool, now: u64) {
        if self.was_live && !live {
            self.journal.outages.push(Outage { since: now, until: None });
            self.joined = false;
        }
        self.was_live = live;
    }

    /// Notes the lines that are new on the screen. Where the list was replaced, all of them are.
    pub fn shown(&mut self, lines: &[Line], now: u64) {
        let view = self.journal.views.last().expect("there is one from the start");
        let known = view.lines.last().map_or(0, |line| line.seq);
        let last = lines.iter().rev().find_map(|line| line.seq).unwrap_or(0);
        let replaced = self.replaces.take();
        let is_new = last < known || (replaced.is_some() && !continues(view, lines));
        if is_new {
            if view.lines.is_empty() {
                self.journal.views.pop();
            }
            self.journal.views.push(View { since: now, declared: replaced, lines: Vec::new() });
        }
        let from = if is_new { 0 } else { known };
        let fresh = lines.iter().rev().filter(|line| line.seq.is_some()).take_while(|line| line.seq > Some(from));
        let mut fresh: Vec<Shown> = fresh
            .map(|line| Shown {
                seq: line.seq.expect("those without one are left out"),
                key: line.key.clone(),
                at: now,
            })
            .collect();
        fresh.reverse();
        self.journal.views.last_mut().expect("there is one from the start").lines.extend(fresh);
    }

    pub fn close(mut self, screen: Screen) -> Journal {
        self.journal.screen = screen;
        self.journal
    }
}

/// Whether the list goes on with the last line that was noted: a page that shows nothing else replaces nothing.
fn continues(view: &View, lines: &[Line]) -> bool {
    let Some(known) = view.lines.last() else { return false };
    lines.iter().rev().any(|line| line.seq == Some(known.seq) && line.key == known.key)
}
