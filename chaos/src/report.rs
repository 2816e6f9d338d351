use protocol::Reason;

use crate::{
    check::{Breach, Finding},
    people::Journal,
};

/// Who is back within this many milliseconds must not be seen to leave. A second less than is promised, since an instance
/// notices a lost connection later than its client.
const GRACE: u64 = 9_000;

/// What came of one scenario.
#[derive(Clone, Debug, Default)]
pub struct Report {
    pub clients: usize,
    /// Acknowledged messages.
    pub messages: usize,
    pub faults: usize,
    pub findings: Vec<Finding>,
    /// What the scenario expected beyond the promises that hold everywhere, and did not get.
    pub disappointments: Vec<String>,
    /// How long people were without news, in milliseconds: from the loss of the link until the room was joined again, or from the
    /// end of a fault until the next message.
    pub resumes: Vec<u64>,
    /// Acknowledged messages that are no longer in the history.
    pub gone: usize,
    /// Views that were replaced with a word about it.
    pub resets: usize,
    pub journals: Vec<Journal>,
}

impl Report {
    pub fn expect(&mut self, is_so: bool, otherwise: impl Into<String>) {
        if !is_so {
            self.disappointments.push(otherwise.into());
        }
    }

    pub fn is_good(&self) -> bool {
        self.findings.is_empty() && self.disappointments.is_empty()
    }

    pub fn count(&self, breach: Breach) -> usize {
        self.findings.iter().filter(|finding| finding.breach == breach).count()
    }

    /// How often somebody saw the banner.
    pub fn interruptions(&self) -> usize {
        self.journals.iter().map(|journal| journal.outages.len()).sum()
    }

    /// How many sockets the other side closed, with a code that is in question.
    pub fn closes(&self, is_meant: impl Fn(u16) -> bool) -> usize {
        self.journals.iter().flat_map(|journal| &journal.closes).filter(|code| is_meant(**code)).count()
    }

    /// The shortest time below which a share (0 to 1) of the resumes lie, by the nearest rank.
    pub fn resume(&self, share: f64) -> Option<u64> {
        let mut resumes = self.resumes.clone();
        resumes.sort_unstable();
        let rank = (resumes.len() as f64 * share).ceil() as usize;
        resumes.get(rank.saturating_sub(1)).copied()
    }

    /// Promise G4: live again within 3 s (median) and 25 s (worst).
    pub fn expect_quick_resumes(&mut self) {
        for (share, most, what) in [(0.5, 3_000, "half of the people"), (1.0, 25_000, "somebody")] {
            let resume = self.resume(share).unwrap_or_default();
            self.expect(resume <= most, format!("{what} took {resume} ms to be live again, {most} are promised"));
        }
    }

    /// Promise G7, where all of so many in each room came back: nobody is missing, and nobody seemed to leave who was soon back.
    pub fn expect_presence(&mut self, people: usize) {
        let wrong = self.journals.iter().filter(|journal| journal.screen.here != people as u64).count();
        self.expect(wrong == 0, format!("{wrong} screens do not show {people} people"));
        let outages = self.journals.iter().flat_map(|journal| &journal.outages);
        let late = outages.filter(|outage| outage.until.is_none_or(|until| until - outage.since >= GRACE)).count();
        let departures: usize = self.journals.iter().map(|journal| journal.departures).sum();
        // Each of the others sees it.
        let most = late * people.saturating_sub(1);
        let what =
            format!("{departures} times somebody was seen to leave; {late} people being late makes {most} at most");
        self.expect(departures <= most, what);
    }

    /// People whose views were replaced less often than that because of a loss.
    pub fn without_resets(&self, resets: usize) -> usize {
        self.journals.iter().filter(|journal| journal.resets().count() < resets).count()
    }

    /// People who were told that something is no longer kept.
    pub fn told_of_gaps(&self) -> usize {
        let told = |journal: &&Journal| journal.views.iter().any(|view| view.declared == Some(Reason::Trimmed));
        self.journals.iter().filter(told).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::{Outage, Screen};

    #[test]
    fn a_report_is_good_until_something_is_not() {
        let mut report = Report::default();
        report.expect(true, "never said");
        assert!(report.is_good());
        report.expect(false, "said");
        assert!(!report.is_good());
    }

    #[test]
    fn a_ghost_and_a_blink_are_disappointments() {
        for (here, departures, away, disappointments) in
            [(6, 0, 0, 0), (7, 0, 0, 1), (6, 1, 5_000, 1), (5, 1, 5_000, 2), (6, 5, 20_000, 0), (6, 6, 20_000, 1)]
        {
            let screen = Screen { here, ..Screen::default() };
            let outages = vec![Outage { since: 1_000, until: Some(1_000 + away) }];
            let journals = vec![Journal { departures, screen, outages, ..Journal::default() }];
            let mut report = Report { journals, ..Report::default() };
            report.expect_presence(6);
            assert_eq!(report.disappointments.len(), disappointments, "{here} {departures} {away}");
        }
    }

    #[test]
    fn a_late_return_is_a_disappointment() {
        for (resumes, disappointments) in
            [(vec![], 0), (vec![100, 200, 24_000], 0), (vec![100, 26_000], 1), (vec![4_000], 1)]
        {
            let mut report = Report { resumes, ..Report::default() };
            report.expect_quick_resumes();
            assert_eq!(report.disappointments.len(), disappointments, "{:?}", report.resumes);
        }
    }
}
