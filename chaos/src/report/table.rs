use std::fmt;

use crate::{checker::ViolationKind, report::Metric, report::ScenarioReport};

/// What came of all scenarios, as Markdown.
#[derive(Debug, Default)]
pub struct ResultTable {
    rows: Vec<(&'static str, ScenarioReport)>,
    /// How many messages there must be, so that the loss of none says something.
    least_messages: usize,
}

impl ResultTable {
    pub fn of(least_messages: usize) -> Self {
        Self { rows: Vec::new(), least_messages }
    }

    pub fn add(&mut self, name: &'static str, report: ScenarioReport) {
        self.rows.push((name, report));
    }

    pub fn is_good(&self) -> bool {
        self.rows.iter().all(|(_, report)| report.is_good()) && self.messages() >= self.least_messages
    }

    fn sum(&self, number: fn(&ScenarioReport) -> usize) -> usize {
        self.rows.iter().map(|(_, report)| number(report)).sum()
    }

    fn messages(&self) -> usize {
        self.sum(|report| report.messages)
    }

    /// All scenarios in one row.
    fn all(&self) -> ScenarioReport {
        ScenarioReport {
            clients: self.sum(|report| report.clients),
            messages: self.messages(),
            faults: self.sum(|report| report.faults),
            resets: self.sum(|report| report.resets),
            violations: self.rows.iter().flat_map(|(_, report)| report.violations.clone()).collect(),
            ..ScenarioReport::default()
        }
    }

    /// Each number that a scenario is about, beside what is promised.
    fn metrics(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| Scenario | Figure | Promised | Seen |\n|---|---|--:|--:|")?;
        for (name, report) in &self.rows {
            for metric @ Metric { what, .. } in &report.metrics {
                writeln!(f, "| {name} | {what} | {} | {} |", metric.limit_text(), metric.observed_text())?;
            }
        }
        let (lost, messages) = (self.all().violations.len(), self.messages());
        let among = match self.least_messages {
            0 => String::new(),
            least => format!(" of at least {least}"),
        };
        writeln!(f, "| **All** | lost, duplicated or out of order | 0{among} | {lost} of {messages} |")
    }
}

impl fmt::Display for ResultTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| Scenario | Clients | Messages | Faults | Lost | Duplicated | Out of order | Resume p50, ms | p99, ms | worst, ms | \
             Resets |"
        )?;
        writeln!(f, "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|")?;
        for (name, report) in &self.rows {
            row(f, name, report)?;
        }
        row(f, "**All**", &self.all())?;
        writeln!(f)?;
        self.metrics(f)
    }
}

fn row(f: &mut fmt::Formatter<'_>, name: &str, report: &ScenarioReport) -> fmt::Result {
    let resume = |share| report.resume(share).map_or_else(|| "–".to_owned(), |resume| resume.to_string());
    let ScenarioReport { clients, messages, faults, resets, .. } = report;
    let lost = report.count(ViolationKind::Lost) + report.count(ViolationKind::Unsettled);
    let (twice, astray) = (report.count(ViolationKind::Duplicated), report.count(ViolationKind::OutOfOrder));
    let [p50, p99, worst] = [0.5, 0.99, 1.0].map(resume);
    writeln!(
        f,
        "| {name} | {clients} | {messages} | {faults} | {lost} | {twice} | {astray} | {p50} | {p99} | {worst} | {resets} |"
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::checker::Violation;

    #[test]
    fn a_row_tells_what_was_broken() {
        let violation = |kind| Violation { kind, room: "a".into(), who: String::new(), detail: String::new() };
        let violations = vec![
            violation(ViolationKind::Lost),
            violation(ViolationKind::Unsettled),
            violation(ViolationKind::OutOfOrder),
        ];
        let resumes = (1..=200).collect();
        let mut table = ResultTable::default();
        table.add(
            "tea",
            ScenarioReport {
                clients: 3,
                messages: 40,
                faults: 5,
                violations,
                resumes,
                resets: 6,
                ..ScenarioReport::default()
            },
        );
        assert!(!table.is_good());
        assert!(table.to_string().contains("| tea | 3 | 40 | 5 | 2 | 0 | 1 | 100 | 198 | 200 | 6 |\n"), "{table}");
        assert!(table.to_string().contains("| **All** | 3 | 40 | 5 | 2 | 0 | 1 | – | – | – | 6 |\n"), "{table}");
        assert!(
            table.to_string().ends_with("| **All** | lost, duplicated or out of order | 0 | 3 of 40 |\n"),
            "{table}"
        );
    }

    #[test]
    fn figures_stand_beneath_beside_their_promises() {
        let mut report = ScenarioReport { messages: 7, ..ScenarioReport::default() };
        report.record(Metric::time("somebody is back", Some(Duration::from_secs(25)), Some(1_581)));
        let mut table = ResultTable::of(7);
        table.add("tea", report);
        let metrics = table.to_string().split_once("\n\n").unwrap().1.to_owned();
        assert!(metrics.contains("| tea | somebody is back | ≤ 25 s | 1.58 s |\n"), "{metrics}");
        assert!(metrics.ends_with("| 0 of at least 7 | 0 of 7 |\n"), "{metrics}");
    }

    #[test]
    fn a_run_in_which_little_was_said_says_little() {
        for (least, is_good) in [(7, true), (8, false)] {
            let mut table = ResultTable::of(least);
            table.add("tea", ScenarioReport { messages: 7, ..ScenarioReport::default() });
            assert_eq!(table.is_good(), is_good);
        }
    }
}
