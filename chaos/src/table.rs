use std::fmt;

use crate::{check::Breach, report::Report};

/// What came of all scenarios, as Markdown.
#[derive(Debug, Default)]
pub struct Table {
    rows: Vec<(&'static str, Report)>,
}

impl Table {
    pub fn add(&mut self, name: &'static str, report: Report) {
        self.rows.push((name, report));
    }

    pub fn is_good(&self) -> bool {
        self.rows.iter().all(|(_, report)| report.is_good())
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| Scenario | Clients | Messages | Faults | Lost | Duplicated | Out of order | Resume p50, ms | p99, ms | Resets |"
        )?;
        writeln!(f, "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|")?;
        for (name, report) in &self.rows {
            row(f, name, report)?;
        }
        let sum = |number: fn(&Report) -> usize| self.rows.iter().map(|(_, report)| number(report)).sum();
        let all = Report {
            clients: sum(|report| report.clients),
            messages: sum(|report| report.messages),
            faults: sum(|report| report.faults),
            resets: sum(|report| report.resets),
            findings: self.rows.iter().flat_map(|(_, report)| report.findings.clone()).collect(),
            ..Report::default()
        };
        row(f, "**All**", &all)
    }
}

fn row(f: &mut fmt::Formatter<'_>, name: &str, report: &Report) -> fmt::Result {
    let resume = |share| report.resume(share).map_or_else(|| "–".to_owned(), |resume| resume.to_string());
    let Report { clients, messages, faults, resets, .. } = report;
    let lost = report.count(Breach::Lost) + report.count(Breach::Unsettled);
    let (twice, astray) = (report.count(Breach::Duplicated), report.count(Breach::OutOfOrder));
    let (p50, p99) = (resume(0.5), resume(0.99));
    writeln!(
        f,
        "| {name} | {clients} | {messages} | {faults} | {lost} | {twice} | {astray} | {p50} | {p99} | {resets} |"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Finding;

    #[test]
    fn a_row_tells_what_was_broken() {
        let finding = |breach| Finding { breach, room: "a".into(), who: String::new(), detail: String::new() };
        let findings = vec![finding(Breach::Lost), finding(Breach::Unsettled), finding(Breach::OutOfOrder)];
        let resumes = (1..=200).collect();
        let mut table = Table::default();
        table.add(
            "tea",
            Report { clients: 3, messages: 40, faults: 5, findings, resumes, resets: 6, ..Report::default() },
        );
        assert!(!table.is_good());
        assert!(table.to_string().contains("| tea | 3 | 40 | 5 | 2 | 0 | 1 | 100 | 198 | 6 |\n"), "{table}");
        assert!(table.to_string().contains("| **All** | 3 | 40 | 5 | 2 | 0 | 1 | – | – | 6 |\n"), "{table}");
    }
}
