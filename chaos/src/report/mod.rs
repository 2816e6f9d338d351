mod metric;
mod table;

use std::{collections::BTreeMap, ops::Range, time::Duration};

use protocol::Reason;
use testkit::percentile;

use crate::{
    checker::{Violation, ViolationKind},
    clients::Journal,
};

pub use metric::Metric;
pub use table::{ResultTable, write_to_docs};

/// Promises G3 and G5: how soon events flow again.
const RECOVERY_LIMIT: Duration = Duration::from_secs(10);

/// A client that is back within so many milliseconds must not be seen to leave. A second less than is promised, because an
/// instance notices a lost connection later than its client does.
const PRESENCE_GRACE: u64 = 9_000;

/// The result of one scenario.
#[derive(Clone, Debug, Default)]
pub struct ScenarioReport {
    pub clients: usize,
    /// How many messages were acknowledged.
    pub messages: usize,
    pub faults: usize,
    pub violations: Vec<Violation>,
    /// What the scenario expected, beyond the promises that hold everywhere, and did not see.
    pub failed_expectations: Vec<String>,
    /// The measured values. One that exceeds its limit is a failed expectation, too.
    pub metrics: Vec<Metric>,
    /// Times without events in milliseconds: from the loss of a connection to the completed join, or from the end of a
    /// fault to the next event.
    pub resume_times: Vec<u64>,
    /// How many acknowledged messages are no longer in the history.
    pub missing: usize,
    /// How many views were replaced because history was lost.
    pub resets: usize,
    pub journals: Vec<Journal>,
}

impl ScenarioReport {
    pub fn expect(&mut self, condition: bool, otherwise: impl Into<String>) {
        if !condition {
            self.failed_expectations.push(otherwise.into());
        }
    }

    /// Expects that no client showed its connection as lost.
    pub fn expect_no_interruptions(&mut self) {
        let interruptions = self.interruptions();
        self.expect(interruptions == 0, format!("clients saw {interruptions} interruptions"));
    }

    pub fn expect_no_resets(&mut self) {
        self.expect(self.resets == 0, "a room was reset");
    }

    /// Records a measured value and expects it to be within its limit.
    pub fn record(&mut self, metric: Metric) {
        self.expect(metric.is_within_limit(), metric.to_string());
        self.metrics.push(metric);
    }

    pub fn is_good(&self) -> bool {
        self.violations.is_empty() && self.failed_expectations.is_empty()
    }

    pub fn count(&self, kind: ViolationKind) -> usize {
        self.violations.iter().filter(|violation| violation.kind == kind).count()
    }

    /// How often clients that did not vanish showed the connection as lost.
    pub fn interruptions(&self) -> usize {
        self.present().map(|journal| journal.outages.len()).sum()
    }

    pub fn rotations(&self) -> usize {
        self.journals.iter().map(|journal| journal.rotations).sum()
    }

    /// How many sockets the other side closed with one code, and how many with any other.
    pub fn closes(&self, code: protocol::CloseCode) -> (usize, usize) {
        let codes: Vec<u16> = self.journals.iter().flat_map(|journal| journal.close_codes.clone()).collect();
        let matching = codes.iter().filter(|other| **other == u16::from(code)).count();
        (matching, codes.len() - matching)
    }

    /// The shortest time below which a share (0 to 1) of the resume times lie.
    pub fn resume_time(&self, share: f64) -> Option<u64> {
        percentile(self.resume_times.iter().copied(), share)
    }

    /// Promise G4: live again within 3 s (median) and 25 s (worst).
    pub fn record_resume_times(&mut self) {
        for (what, seconds, share) in
            [("half of the clients are live again", 3, 0.5), ("the last client is live again", 25, 1.0)]
        {
            self.record(Metric::time(what, Some(Duration::from_secs(seconds)), self.resume_time(share)));
        }
    }

    pub fn record_recovery_time(&mut self) {
        self.record(Metric::time("the last client receives events again", Some(RECOVERY_LIMIT), self.resume_time(1.0)));
    }

    /// How many clients saw fewer than so many resets before a time.
    pub fn count_without_resets(&self, resets: usize, until: u64) -> usize {
        let count = |journal: &&Journal| journal.resets().filter(|reset| reset.since < until).count();
        self.journals.iter().filter(|journal| count(journal) < resets).count()
    }

    /// How many clients were told that events are no longer kept.
    pub fn count_told_of_gaps(&self) -> usize {
        let told = |journal: &&Journal| journal.views.iter().any(|view| view.declared == Some(Reason::Trimmed));
        self.journals.iter().filter(told).count()
    }

    /// The times from sending a message, within a span of time, to its display by another client that never lost its
    /// connection.
    pub fn delivery_times(&self, span: &Range<u64>) -> Vec<u64> {
        let sent: BTreeMap<String, (u64, &str)> = self
            .journals
            .iter()
            .flat_map(|journal| journal.sent.iter().map(move |message| (journal, message)))
            .filter(|(_, message)| span.contains(&message.at))
            .map(|(journal, message)| (journal.key(&message.id), (message.at, journal.user.as_str())))
            .collect();
        let readers = self.journals.iter().filter(|journal| journal.outages.is_empty());
        let events = readers
            .flat_map(|reader| reader.views.iter().flat_map(|view| &view.events).map(move |event| (reader, event)));
        events
            .filter_map(|(reader, event)| {
                let (at, _) = sent.get(&event.key).filter(|(_, author)| *author != reader.user)?;
                Some(event.at.saturating_sub(*at))
            })
            .collect()
    }

    /// Promise G7 for rooms in which so many clients stayed or came back: every screen shows that number, and no client
    /// that was present, or back in time, was seen to leave.
    pub fn expect_presence(&mut self, members: usize) {
        let wrong = self.present().filter(|journal| journal.screen.members != members as u64).count();
        let is_late = |journal: &&Journal| {
            journal.outages.iter().any(|outage| outage.until.is_none_or(|until| until - outage.since >= PRESENCE_GRACE))
        };
        let prompt: Vec<&str> =
            self.present().filter(|one| !is_late(one)).map(|journal| journal.user.as_str()).collect();
        let departures = self.journals.iter().flat_map(|journal| &journal.departures);
        let flickers = departures.filter(|departure| prompt.contains(&departure.id.as_str())).count();
        self.expect(wrong == 0, format!("{wrong} screens do not show {members} members"));
        self.expect(
            flickers == 0,
            format!("{flickers} times a client that was present, or soon back, was seen to leave"),
        );
    }

    /// The longest time for which a vanished client was still shown to others. `None` if no client vanished, or one is
    /// still shown.
    pub fn longest_stale_presence(&self) -> Option<u64> {
        let vanished = self.journals.iter().filter_map(|journal| Some((journal, journal.vanished?)));
        let times = vanished.flat_map(|(gone, vanished)| {
            self.present().filter(move |reader| reader.room == gone.room).map(move |reader| {
                let departure = reader.departures.iter().find(|departure| departure.id == gone.user)?;
                Some(departure.at.saturating_sub(vanished))
            })
        });
        times.collect::<Option<Vec<u64>>>()?.into_iter().max()
    }

    fn present(&self) -> impl Iterator<Item = &Journal> {
        self.journals.iter().filter(|journal| journal.vanished.is_none())
    }
}

/// The combined report of two runs.
impl std::ops::Add for ScenarioReport {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            clients: self.clients + other.clients,
            messages: self.messages + other.messages,
            faults: self.faults + other.faults,
            violations: [self.violations, other.violations].concat(),
            failed_expectations: [self.failed_expectations, other.failed_expectations].concat(),
            metrics: [self.metrics, other.metrics].concat(),
            resume_times: [self.resume_times, other.resume_times].concat(),
            missing: self.missing + other.missing,
            resets: self.resets + other.resets,
            journals: [self.journals, other.journals].concat(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::{DisplayedEvent, Outage, Screen, Timed, TimelineView};

    fn departure(user: &str, at: u64) -> Timed {
        Timed { id: user.into(), at }
    }

    #[test]
    fn a_report_is_good_until_an_expectation_fails() {
        let mut report = ScenarioReport::default();
        report.expect(true, "not recorded");
        report.record(Metric::count("a", 2, 2));
        assert!(report.is_good());
        report.record(Metric::count("b", 2, 3));
        assert_eq!(report.failed_expectations, ["b: 3, promised is ≤ 2"]);
        assert_eq!((report.is_good(), report.metrics.len()), (false, 2));
    }

    #[test]
    fn a_late_return_fails() {
        for (resume_times, failures) in
            [(vec![], 2), (vec![100, 200, 24_000], 0), (vec![100, 26_000], 1), (vec![4_000], 1)]
        {
            let mut report = ScenarioReport { resume_times, ..ScenarioReport::default() };
            report.record_resume_times();
            assert_eq!(report.failed_expectations.len(), failures, "{:?}", report.resume_times);
        }
    }

    #[test]
    fn delivery_is_timed_for_other_clients_that_stayed_connected() {
        let sent = [("a", 10), ("b", 20), ("c", 30)].map(|(id, at)| Timed { id: id.into(), at });
        let events = (1..).zip([("a", 11), ("b", 25), ("c", 60)]);
        let events = events.map(|(seq, (id, at))| DisplayedEvent { seq, key: format!("ana/{id}"), at });
        let views = vec![TimelineView { events: events.collect(), ..TimelineView::default() }];
        let rui = Journal { user: "rui".into(), views, ..Journal::default() };
        let ana = Journal { user: "ana".into(), sent: sent.into(), ..rui.clone() };
        let interrupted = Journal { outages: vec![Outage { since: 0, until: Some(5) }], ..rui.clone() };
        let report = ScenarioReport { journals: vec![ana, rui, interrupted], ..ScenarioReport::default() };
        assert_eq!(report.delivery_times(&(10..30)), [1, 5]);
        assert_eq!(report.delivery_times(&(30..31)), [30]);
    }

    #[test]
    fn a_wrong_count_and_a_flicker_fail() {
        for (members, departures, away, failures) in [
            (6, vec![], 0, 0),
            (7, vec![], 0, 1),
            (6, vec![departure("rui", 1)], 5_000, 1),
            (5, vec![departure("rui", 1)], 5_000, 2),
            (6, vec![departure("rui", 1)], 20_000, 0),
            (6, vec![departure("rui", 1), departure("ana", 1)], 20_000, 1),
        ] {
            let screen = Screen { members, ..Screen::default() };
            let outages = vec![Outage { since: 1_000, until: Some(1_000 + away) }];
            let rui = Journal { user: "rui".into(), outages, screen: screen.clone(), ..Journal::default() };
            let ana = Journal { user: "ana".into(), departures, screen, ..Journal::default() };
            let mut report = ScenarioReport { journals: vec![rui, ana], ..ScenarioReport::default() };
            report.expect_presence(6);
            assert_eq!(report.failed_expectations.len(), failures, "{members} {away}");
        }
    }

    #[test]
    fn presence_is_stale_until_the_last_screen_has_removed_it() {
        let journal = |user: &str, room: &str| Journal { user: user.into(), room: room.into(), ..Journal::default() };
        let gone = Journal { vanished: Some(100), ..journal("gone", "lobby") };
        let saw = |user: &str, at: u64| Journal { departures: vec![departure("gone", at)], ..journal(user, "lobby") };
        for (readers, longest) in [
            (vec![saw("ana", 300), saw("rui", 450), journal("zoe", "garden")], Some(350)),
            (vec![saw("ana", 300), journal("rui", "lobby")], None),
        ] {
            let journals = [vec![gone.clone()], readers].concat();
            assert_eq!(ScenarioReport { journals, ..ScenarioReport::default() }.longest_stale_presence(), longest);
        }
        let nobody = ScenarioReport { journals: vec![saw("ana", 300)], ..ScenarioReport::default() };
        assert_eq!(nobody.longest_stale_presence(), None);
    }
}
