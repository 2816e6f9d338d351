use std::{fmt, fs};

use anyhow::Context;
use testkit::markdown_table;

use super::{Metric, ScenarioReport};
use crate::checker::ViolationKind;

const DOCS_PAGE: &str = "docs/guarantees.md";
const BEGIN: &str = "<!-- script/chaos --write: begin -->\n";
const END: &str = "<!-- script/chaos --write: end -->";

const TITLES: &str = "Scenario | Clients | Messages | Faults | Lost | Duplicated | Out of order | Resume p50, ms | \
                      p99, ms | worst, ms | Resets";

/// The results of all scenarios, displayed as Markdown.
#[derive(Debug, Default)]
pub struct ResultTable {
    rows: Vec<(&'static str, ScenarioReport)>,
    /// How many messages a run needs for its result to mean something.
    min_messages: usize,
}

impl ResultTable {
    pub fn new(min_messages: usize) -> Self {
        Self { rows: Vec::new(), min_messages }
    }

    pub fn add(&mut self, name: &'static str, report: ScenarioReport) {
        self.rows.push((name, report));
    }

    pub fn is_good(&self) -> bool {
        self.rows.iter().all(|(_, report)| report.is_good()) && self.total().messages >= self.min_messages
    }

    /// The sum of all scenarios, without resume times.
    fn total(&self) -> ScenarioReport {
        let sum = |number: fn(&ScenarioReport) -> usize| self.rows.iter().map(|(_, report)| number(report)).sum();
        ScenarioReport {
            clients: sum(|report| report.clients),
            messages: sum(|report| report.messages),
            faults: sum(|report| report.faults),
            resets: sum(|report| report.resets),
            violations: self.rows.iter().flat_map(|(_, report)| report.violations.clone()).collect(),
            ..ScenarioReport::default()
        }
    }
}

impl fmt::Display for ResultTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = self.total();
        let rows = self.rows.iter().map(|(name, report)| row(name, report)).chain([row("**All**", &total)]);
        let metrics = self.rows.iter().flat_map(|(name, report)| {
            let cells = |one: &Metric| [(*name).to_owned(), one.what.to_owned(), one.limit_text(), one.observed_text()];
            report.metrics.iter().map(cells)
        });
        let among = match self.min_messages {
            0 => String::new(),
            min => format!(" of at least {min}"),
        };
        let seen = format!("{} of {}", total.violations.len(), total.messages);
        let all = ["**All**".to_owned(), "lost, duplicated or out of order".to_owned(), format!("0{among}"), seen];
        let metrics = markdown_table("Scenario | Figure | Promised | Seen", 2, metrics.chain([all]));
        write!(f, "{}\n{metrics}", markdown_table(TITLES, 1, rows))
    }
}

fn row(name: &str, report: &ScenarioReport) -> Vec<String> {
    let lost = report.count(ViolationKind::Lost) + report.count(ViolationKind::Unsettled);
    let (duplicated, disordered) = (report.count(ViolationKind::Duplicated), report.count(ViolationKind::OutOfOrder));
    let counts = [report.clients, report.messages, report.faults, lost, duplicated, disordered];
    let resume = |share| report.resume_time(share).map_or_else(|| "–".to_owned(), |time| time.to_string());
    let cells = counts.iter().map(ToString::to_string).chain([0.5, 0.99, 1.0].map(resume));
    [name.to_owned()].into_iter().chain(cells).chain([report.resets.to_string()]).collect()
}

/// Replaces the text between the markers of the documentation.
pub fn write_to_docs(text: &str) -> anyhow::Result<()> {
    let page = fs::read_to_string(DOCS_PAGE).with_context(|| format!("cannot read {DOCS_PAGE}"))?;
    let page = replace_between_markers(&page, text).with_context(|| format!("{DOCS_PAGE} has lost its markers"))?;
    fs::write(DOCS_PAGE, page).with_context(|| format!("cannot write {DOCS_PAGE}"))
}

fn replace_between_markers(page: &str, text: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{text}\n{END}{after}"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::checker::Violation;

    #[test]
    fn a_row_counts_violations_by_kind() {
        let violation = |kind| Violation { kind, room: "a".into(), user: String::new(), detail: String::new() };
        let violations =
            [ViolationKind::Lost, ViolationKind::Unsettled, ViolationKind::OutOfOrder].map(violation).into();
        let resume_times = (1..=200).collect();
        let (clients, messages, faults, resets) = (3, 40, 5, 6);
        let mut table = ResultTable::default();
        let report =
            ScenarioReport { clients, messages, faults, violations, resume_times, resets, ..Default::default() };
        table.add("a", report);
        let text = table.to_string();
        assert!(!table.is_good());
        assert!(text.contains("| a | 3 | 40 | 5 | 2 | 0 | 1 | 100 | 198 | 200 | 6 |\n"), "{text}");
        assert!(text.contains("| **All** | 3 | 40 | 5 | 2 | 0 | 1 | – | – | – | 6 |\n"), "{text}");
        assert!(text.ends_with("| **All** | lost, duplicated or out of order | 0 | 3 of 40 |\n"), "{text}");
    }

    #[test]
    fn metrics_are_listed_with_their_limits() {
        let mut report = ScenarioReport { messages: 7, ..ScenarioReport::default() };
        report.record(Metric::time("a client is back", Some(Duration::from_secs(25)), Some(1_581)));
        let mut table = ResultTable::new(7);
        table.add("a", report);
        let metrics = table.to_string().split_once("\n\n").unwrap().1.to_owned();
        assert!(metrics.contains("| a | a client is back | ≤ 25 s | 1.58 s |\n"), "{metrics}");
        assert!(metrics.ends_with("| 0 of at least 7 | 0 of 7 |\n"), "{metrics}");
    }

    #[test]
    fn a_run_with_too_few_messages_is_not_good() {
        for (min_messages, is_good) in [(7, true), (8, false)] {
            let mut table = ResultTable::new(min_messages);
            table.add("a", ScenarioReport { messages: 7, ..ScenarioReport::default() });
            assert_eq!(table.is_good(), is_good);
        }
    }

    #[test]
    fn only_the_text_between_the_markers_is_replaced() {
        let page = format!("a\n{BEGIN}old\n{END}\nb\n");
        assert_eq!(replace_between_markers(&page, "new\n").unwrap(), format!("a\n{BEGIN}\nnew\n\n{END}\nb\n"));
        assert_eq!(replace_between_markers("a\n", "new"), None);
    }
}
