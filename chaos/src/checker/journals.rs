use std::collections::{BTreeMap, BTreeSet};

use protocol::Reason;

use super::{AllowedLoss, RoomHistory, Violation, ViolationKind};
use crate::clients::{Journal, TimelineView};

/// Compares the journals of a room with its history.
pub(super) struct JournalCheck<'a> {
    history: &'a RoomHistory,
    loss: AllowedLoss,
    stored: BTreeMap<&'a str, u64>,
    /// Keys of messages whose known `seq` is below the oldest one that the history still has.
    trimmed: BTreeSet<String>,
    pub violations: Vec<Violation>,
}

impl<'a> JournalCheck<'a> {
    pub fn new(history: &'a RoomHistory, journals: &[Journal], loss: AllowedLoss) -> Self {
        let (stored, first) = (history.seqs_by_key(), history.first());
        let events = journals.iter().flat_map(|journal| &journal.views).flat_map(|view| &view.events);
        let displayed = events.filter(|event| event.seq < first).map(|event| event.key.clone());
        let acknowledged = journals.iter().flat_map(|journal| {
            let early = journal.acknowledged_seqs.iter().filter(|(_, seq)| *seq < first);
            early.map(|(id, _)| journal.key(id))
        });
        let trimmed = displayed.chain(acknowledged).collect();
        Self { history, loss, stored, trimmed, violations: Vec::new() }
    }

    pub fn check(&mut self, journal: &Journal) {
        self.check_acknowledged(journal);
        self.check_sent(journal);
        for (index, view) in journal.views.iter().enumerate() {
            self.check_view(journal, view, index);
        }
        // A client that vanished received nothing more.
        if journal.vanished.is_none() {
            self.check_screen(journal);
        }
    }

    /// Every acknowledged message is in the history, at the acknowledged `seq`.
    fn check_acknowledged(&mut self, journal: &Journal) {
        for message in &journal.acknowledged {
            let key = journal.key(&message.id);
            let declared =
                self.loss == AllowedLoss::Declared && journal.resets().any(|reset| reset.since >= message.at);
            if !self.stored.contains_key(key.as_str()) && !self.trimmed.contains(&key) && !declared {
                let detail = format!("{} was acknowledged at {} ms and is not in the history", message.id, message.at);
                self.report(journal, ViolationKind::Lost, detail);
            }
        }
        // A history that was lost or has forked assigns the same `seq` again.
        let comparable = if self.loss == AllowedLoss::None { journal.acknowledged_seqs.as_slice() } else { &[] };
        for (id, acknowledged) in comparable {
            if let Some(seq) = self.stored.get(journal.key(id).as_str()).filter(|seq| *seq != acknowledged) {
                let detail = format!("{id} was acknowledged with seq {acknowledged} and has seq {seq}");
                self.report(journal, ViolationKind::Duplicated, detail);
            }
        }
    }

    /// No message disappears, and those of one author are stored in the order in which they were sent.
    fn check_sent(&mut self, journal: &Journal) {
        let acknowledged: BTreeSet<&str> = journal.acknowledged.iter().map(|message| message.id.as_str()).collect();
        let unsent: BTreeSet<&String> = journal.screen.pending.iter().chain(&journal.screen.failed).collect();
        for message in &journal.sent {
            if !acknowledged.contains(message.id.as_str()) && !unsent.contains(&journal.key(&message.id)) {
                self.report(journal, ViolationKind::Lost, format!("{} was sent and then disappeared", message.id));
            }
        }
        let sent: BTreeMap<String, usize> =
            journal.sent.iter().enumerate().map(|(nth, message)| (journal.key(&message.id), nth)).collect();
        let own: Vec<(u64, usize)> =
            self.history.entries.iter().filter_map(|entry| Some((entry.seq, *sent.get(&entry.key)?))).collect();
        for pair in own.windows(2).filter(|pair| pair[1].1 < pair[0].1) {
            let detail = format!("seq {} was sent before seq {}", pair[1].0, pair[0].0);
            self.report(journal, ViolationKind::OutOfOrder, detail);
        }
    }

    /// What appeared on a screen has no silent gap, no duplicate, and the order of the history.
    fn check_view(&mut self, journal: &Journal, view: &TimelineView, index: usize) {
        let is_declared =
            matches!(view.declared, Some(Reason::Trimmed | Reason::Epoch | Reason::Fork | Reason::Unknown));
        if index > 0 && !is_declared {
            let detail = format!("the view was replaced at {} ms without a reason", view.since);
            self.report(journal, ViolationKind::Lost, detail);
        }
        for pair in view.events.windows(2) {
            let (before, after) = (&pair[0], &pair[1]);
            if after.seq <= before.seq {
                let detail = format!("{} appeared after {}", after.seq, before.seq);
                self.report(journal, ViolationKind::OutOfOrder, detail);
            } else if after.seq != before.seq + 1 {
                let detail = format!("{} appeared after {} at {} ms: a silent gap", after.seq, before.seq, after.at);
                self.report(journal, ViolationKind::Lost, detail);
            }
        }
        let mut keys = BTreeSet::new();
        for event in view.events.iter().filter(|event| !keys.insert(&event.key)) {
            self.report(journal, ViolationKind::Duplicated, format!("{} appeared again at {}", event.key, event.seq));
        }
        // A view of a history that was lost cannot be compared.
        if self.loss == AllowedLoss::None || index + 1 == journal.views.len() {
            let history = self.history;
            for event in view.events.iter().filter(|event| !history.agrees(event.seq, &event.key)) {
                let there = history.at(event.seq).map_or("nothing", |entry| entry.key.as_str());
                let detail = format!("{} was displayed at {}, where the history has {there}", event.key, event.seq);
                self.report(journal, ViolationKind::OutOfOrder, detail);
            }
        }
    }

    /// At the end a screen shows the end of the history without a gap, and nothing is pending.
    fn check_screen(&mut self, journal: &Journal) {
        let (screen, history, loss) = (&journal.screen, self.history, self.loss);
        let last = screen.sent.last().map_or(0, |(seq, _)| *seq);
        if last != history.head {
            let detail = format!("the screen ends with {last}, the history with {}", history.head);
            self.report(journal, ViolationKind::Lost, detail);
        }
        for pair in screen.sent.windows(2).filter(|pair| pair[1].0 != pair[0].0 + 1) {
            let detail = format!("{} follows {} on the screen", pair[1].0, pair[0].0);
            self.report(journal, ViolationKind::Lost, detail);
        }
        for (seq, key) in screen.sent.iter().filter(|(seq, key)| !history.agrees(*seq, key)) {
            let detail = format!("the screen shows {key} at {seq}, the history does not");
            self.report(journal, ViolationKind::OutOfOrder, detail);
        }
        for key in &screen.pending {
            self.report(journal, ViolationKind::Unsettled, format!("{key} is still pending"));
        }
        let is_declared =
            |key: &String| loss == AllowedLoss::Declared && journal.lost.iter().any(|id| *key == journal.key(id));
        for key in screen.failed.iter().filter(|key| !is_declared(key)) {
            self.report(journal, ViolationKind::Unsettled, format!("{key} is marked as failed"));
        }
    }

    fn report(&mut self, journal: &Journal, kind: ViolationKind, detail: String) {
        self.violations.push(Violation { kind, room: journal.room.clone(), user: journal.user.clone(), detail });
    }
}
