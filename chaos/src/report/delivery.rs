use std::{collections::BTreeMap, ops::Range};

use super::ScenarioReport;

impl ScenarioReport {
    /// How long it took from the saying of something, within a span of time, until it stood on a screen of another who never
    /// lost the link.
    pub fn deliveries(&self, time: &Range<u64>) -> Vec<u64> {
        let said: BTreeMap<String, (u64, &str)> = self
            .journals
            .iter()
            .flat_map(|journal| journal.said.iter().map(move |said| (journal, said)))
            .filter(|(_, said)| time.contains(&said.at))
            .map(|(journal, said)| (format!("{}/{}", journal.who, said.id), (said.at, journal.who.as_str())))
            .collect();
        let seers = self.journals.iter().filter(|journal| journal.outages.is_empty());
        let lines = seers.flat_map(|seer| seer.views.iter().flat_map(|view| &view.lines).map(move |line| (seer, line)));
        lines
            .filter_map(|(seer, line)| {
                let (at, _) = said.get(&line.key).filter(|(_, author)| *author != seer.who)?;
                Some(line.at.saturating_sub(*at))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::{DisplayedEvent, Journal, Outage, SentMessage, TimelineView};

    #[test]
    fn deliveries_are_timed_on_the_screens_of_others_who_kept_their_link() {
        let said = [("a", 10), ("b", 20), ("c", 30)].map(|(id, at)| SentMessage { id: id.into(), at });
        let lines = [("a", 11), ("b", 25), ("c", 60)];
        let lines = (1..).zip(lines).map(|(seq, (id, at))| DisplayedEvent { seq, key: format!("ana/{id}"), at });
        let views = vec![TimelineView { lines: lines.collect(), ..TimelineView::default() }];
        let rui = Journal { who: "rui".into(), views, ..Journal::default() };
        let ana = Journal { who: "ana".into(), said: said.into(), ..rui.clone() };
        let cut_off = Journal { outages: vec![Outage { since: 0, until: Some(5) }], ..rui.clone() };
        let report = ScenarioReport { journals: vec![ana, rui, cut_off], ..ScenarioReport::default() };
        assert_eq!(report.deliveries(&(10..30)), [1, 5]);
        assert_eq!(report.deliveries(&(30..31)), [30]);
    }
}
