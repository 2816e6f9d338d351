use super::ScenarioReport;
use crate::clients::Journal;

/// Who is back within this many milliseconds must not be seen to leave. A second less than is promised, since an instance
/// notices a lost connection later than its client.
const GRACE: u64 = 9_000;

impl ScenarioReport {
    /// Promise G7, where so many in each room stayed or came back: nobody is missing, and nobody seemed to leave who was there, or
    /// was soon back.
    pub fn expect_presence(&mut self, people: usize) {
        let present = || self.journals.iter().filter(|journal| journal.vanished.is_none());
        let wrong = present().filter(|journal| journal.screen.here != people as u64).count();
        let is_late = |journal: &&Journal| {
            journal.outages.iter().any(|outage| outage.until.is_none_or(|until| until - outage.since >= GRACE))
        };
        let prompt: Vec<&str> = present().filter(|one| !is_late(one)).map(|journal| journal.who.as_str()).collect();
        let departures = self.journals.iter().flat_map(|journal| &journal.departures);
        let blinks = departures.filter(|departure| prompt.contains(&departure.who.as_str())).count();
        self.expect(wrong == 0, format!("{wrong} screens do not show {people} people"));
        self.expect(blinks == 0, format!("{blinks} times somebody was seen to leave who was there, or soon back"));
    }

    /// How long those who vanished were still shown to others, at most. Nothing if nobody vanished, or somebody is still shown.
    pub fn longest_stale_presence(&self) -> Option<u64> {
        let ghosts = self.journals.iter().filter_map(|ghost| Some((ghost, ghost.vanished?)));
        let stays = ghosts.flat_map(|(ghost, vanished)| {
            let seers = self.journals.iter().filter(|seer| seer.room == ghost.room && seer.vanished.is_none());
            seers.map(move |seer| {
                let departure = seer.departures.iter().find(|departure| departure.who == ghost.who)?;
                Some(departure.at.saturating_sub(vanished))
            })
        });
        stays.collect::<Option<Vec<u64>>>()?.into_iter().max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::{Departure, Outage, Screen};

    fn departure(who: &str, at: u64) -> Departure {
        Departure { who: who.into(), at }
    }

    #[test]
    fn a_missing_person_and_a_blink_are_disappointments() {
        for (here, departures, away, failed_expectations) in [
            (6, vec![], 0, 0),
            (7, vec![], 0, 1),
            (6, vec![departure("rui", 1)], 5_000, 1),
            (5, vec![departure("rui", 1)], 5_000, 2),
            (6, vec![departure("rui", 1)], 20_000, 0),
            (6, vec![departure("rui", 1), departure("ana", 1)], 20_000, 1),
        ] {
            let screen = Screen { here, ..Screen::default() };
            let outages = vec![Outage { since: 1_000, until: Some(1_000 + away) }];
            let rui = Journal { who: "rui".into(), outages, screen: screen.clone(), ..Journal::default() };
            let ana = Journal { who: "ana".into(), departures, screen, ..Journal::default() };
            let mut report = ScenarioReport { journals: vec![rui, ana], ..ScenarioReport::default() };
            report.expect_presence(6);
            assert_eq!(report.failed_expectations.len(), failed_expectations, "{here} {away}");
        }
    }

    #[test]
    fn a_ghost_stays_until_the_last_screen_is_rid_of_it() {
        let journal = |who: &str, room: &str| Journal { who: who.into(), room: room.into(), ..Journal::default() };
        let ghost = Journal { vanished: Some(100), ..journal("ghost", "lobby") };
        let saw = |who: &str, at: u64| Journal { departures: vec![departure("ghost", at)], ..journal(who, "lobby") };
        for (seers, longest) in [
            (vec![saw("ana", 300), saw("rui", 450), journal("zoe", "garden")], Some(350)),
            (vec![saw("ana", 300), journal("rui", "lobby")], None),
        ] {
            let journals = [vec![ghost.clone()], seers].concat();
            assert_eq!(ScenarioReport { journals, ..ScenarioReport::default() }.longest_stale_presence(), longest);
        }
        assert_eq!(
            ScenarioReport { journals: vec![saw("ana", 300)], ..ScenarioReport::default() }.longest_stale_presence(),
            None
        );
    }
}
