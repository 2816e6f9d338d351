mod delivery;
pub mod docs_page;
mod metric;
mod percentile;
mod presence;
mod table;

use std::time::Duration;

pub use metric::Metric;
pub use percentile::percentile;
pub use table::ResultTable;

use protocol::Reason;

use crate::{
    checker::{Violation, ViolationKind},
    clients::Journal,
};

/// Promises G3 and G5: how soon there are news again.
const NEWS: Duration = Duration::from_secs(10);

/// What came of one scenario.
#[derive(Clone, Debug, Default)]
pub struct ScenarioReport {
    pub clients: usize,
    /// Acknowledged messages.
    pub messages: usize,
    pub faults: usize,
    pub violations: Vec<Violation>,
    /// What the scenario expected beyond the promises that hold everywhere, and did not get.
    pub failed_expectations: Vec<String>,
    /// The numbers that the scenario is about. One beyond its promise is a disappointment, too.
    pub metrics: Vec<Metric>,
    /// How long people were without news, in milliseconds: from the loss of the link until the room was joined again, or from the
    /// end of a fault until the next message.
    pub resumes: Vec<u64>,
    /// Acknowledged messages that are no longer in the history.
    pub missing_from_history: usize,
    /// Views that were replaced with a word about it.
    pub resets: usize,
    pub journals: Vec<Journal>,
}

impl ScenarioReport {
    pub fn expect(&mut self, is_so: bool, otherwise: impl Into<String>) {
        if !is_so {
            self.failed_expectations.push(otherwise.into());
        }
    }

    /// Notes a number, which has to be as promised.
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

    /// How often somebody saw the banner who did not vanish.
    pub fn interruptions(&self) -> usize {
        let present = self.journals.iter().filter(|journal| journal.vanished.is_none());
        present.map(|journal| journal.outages.len()).sum()
    }

    /// How many sockets the other side closed, with a code that is in question.
    pub fn closes(&self, is_meant: impl Fn(u16) -> bool) -> usize {
        self.journals.iter().flat_map(|journal| &journal.closes).filter(|code| is_meant(**code)).count()
    }

    /// How often the platform was to lead somebody to the instance of before, and how often it did.
    pub fn affinity(&self) -> (usize, usize) {
        let affinities = self.journals.iter().map(|journal| journal.affinity);
        affinities.fold((0, 0), |(wanted, had), one| (wanted + one.wanted, had + one.had))
    }

    /// The shortest time below which a share (0 to 1) of the resumes lie.
    pub fn resume(&self, share: f64) -> Option<u64> {
        percentile(&self.resumes, share)
    }

    /// Promise G4: live again within 3 s (median) and 25 s (worst).
    pub fn record_resume_times(&mut self) {
        for (what, seconds, share) in
            [("half of the people are live again", 3, 0.5), ("the last one is live again", 25, 1.0)]
        {
            self.record(Metric::time(what, Some(Duration::from_secs(seconds)), self.resume(share)));
        }
    }

    /// Promises G3 and G5: news again soon after the end of a fault.
    pub fn record_recovery_time(&mut self) {
        self.record(Metric::time("the last one has news again", Some(NEWS), self.resume(1.0)));
    }

    /// People whose views were replaced less often than that because of a loss.
    pub fn without_resets(&self, resets: usize, until: u64) -> usize {
        let count = |journal: &&Journal| journal.resets().filter(|reset| reset.since < until).count();
        self.journals.iter().filter(|journal| count(journal) < resets).count()
    }

    /// People who were told that something is no longer kept.
    pub fn count_told_of_gaps(&self) -> usize {
        let told = |journal: &&Journal| journal.views.iter().any(|view| view.declared == Some(Reason::Trimmed));
        self.journals.iter().filter(told).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_good_until_something_is_not() {
        let mut report = ScenarioReport::default();
        report.expect(true, "never said");
        assert!(report.is_good());
        report.expect(false, "said");
        assert!(!report.is_good());
    }

    #[test]
    fn a_number_beyond_its_promise_is_a_disappointment() {
        let mut report = ScenarioReport::default();
        report.record(Metric::count("tea", 2, 2));
        assert!(report.is_good());
        report.record(Metric::count("cake", 2, 3));
        assert_eq!(report.failed_expectations, ["cake: 3, promised is ≤ 2"]);
        assert_eq!(report.metrics.len(), 2);
    }

    #[test]
    fn a_late_return_is_a_disappointment() {
        for (resumes, failed_expectations) in
            [(vec![], 2), (vec![100, 200, 24_000], 0), (vec![100, 26_000], 1), (vec![4_000], 1)]
        {
            let mut report = ScenarioReport { resumes, ..ScenarioReport::default() };
            report.record_resume_times();
            assert_eq!(report.failed_expectations.len(), failed_expectations, "{:?}", report.resumes);
        }
    }
}
