//! The measurements as a Markdown table.

use std::{fmt, iter};

use testkit::markdown_table;

/// A measured value.
#[derive(Clone, Debug, PartialEq)]
pub struct Measurement {
    name: String,
    unit: &'static str,
    value: f64,
}

/// All measurements, with a column for each server and backend.
#[derive(Debug)]
pub struct Report {
    columns: Vec<String>,
    /// Columns that are compared with the one so many before them: the same backend of the first server.
    servers: usize,
    cells: Vec<(usize, Measurement)>,
}

impl Measurement {
    /// A value and its unit.
    pub fn new(name: impl Into<String>, unit: &'static str, value: f64) -> Self {
        Self { name: name.into(), unit, value }
    }
}

impl Report {
    /// An empty report. Columns of one backend follow each other, one for each of the `servers`.
    pub fn new(columns: Vec<String>, servers: usize) -> Self {
        Self { columns, servers, cells: Vec::new() }
    }

    /// Adds measurements to a column.
    pub fn add(&mut self, column: usize, measurements: Vec<Measurement>) {
        self.cells.extend(measurements.into_iter().map(|measurement| (column, measurement)));
    }

    fn value(&self, column: usize, name: &str) -> Option<f64> {
        let mut matching = self.cells.iter().filter(|(of, measurement)| *of == column && measurement.name == name);
        matching.next().map(|(_, measurement)| measurement.value)
    }

    /// A value, and how it differs from the same one of the first server.
    fn cell(&self, column: usize, name: &str, unit: &str) -> String {
        let Some(value) = self.value(column, name) else { return "–".to_owned() };
        let text = format!("{} {unit}", format_number(value)).trim_end().to_owned();
        let first = column - column % self.servers;
        match self.value(first, name) {
            Some(base) if column != first && base != 0.0 => format!("{text} ({:+.0} %)", (value / base - 1.0) * 100.0),
            _ => text,
        }
    }

    /// Each name once, in the order of the measurements; those that only one column has stay beside their neighbours.
    fn rows(&self) -> Vec<(&str, &'static str)> {
        let mut rows: Vec<(&str, &'static str)> = Vec::new();
        let mut position = 0;
        for (_, Measurement { name, unit, .. }) in &self.cells {
            match rows.iter().position(|(existing, _)| existing == name) {
                Some(existing) => position = existing + 1,
                None => {
                    rows.insert(position, (name, unit));
                    position += 1;
                }
            }
        }
        rows
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let titles = format!(" | {}", self.columns.join(" | "));
        let rows = self.rows().into_iter().map(|(name, unit)| {
            iter::once(name.to_owned()).chain((0..self.columns.len()).map(move |column| self.cell(column, name, unit)))
        });
        f.write_str(&markdown_table(&titles, 1, rows))
    }
}

/// Three significant digits, with commas in large numbers.
fn format_number(value: f64) -> String {
    if value < 9.995 {
        return format!("{value:.2}");
    }
    if value < 99.95 {
        return format!("{value:.1}");
    }
    let digits = format!("{value:.0}");
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_easy_to_read() {
        for (value, text) in [
            (0.0, "0.00"),
            (2.345, "2.35"),
            (9.999, "10.0"),
            (55.0, "55.0"),
            (99.97, "100"),
            (1_234_567.0, "1,234,567"),
        ] {
            assert_eq!(format_number(value), text);
        }
    }

    #[test]
    fn backends_and_servers_are_columns_and_rows_stay_together() {
        let columns = ["before, embedded", "after, embedded", "before, Redis", "after, Redis"];
        let mut report = Report::new(columns.map(str::to_owned).into(), 2);
        let measured =
            |rows: &[(&str, f64)]| rows.iter().map(|(name, value)| Measurement::new(*name, "s", *value)).collect();
        report.add(0, measured(&[("a", 1.0), ("b", 5.0)]));
        report.add(1, measured(&[("a", 1.1), ("b", 4.0)]));
        report.add(2, measured(&[("a", 2.0), ("a of Redis", 3.0), ("b", 6.0)]));
        let expected = "|  | before, embedded | after, embedded | before, Redis | after, Redis |\n\
                        |---|--:|--:|--:|--:|\n\
                        | a | 1.00 s | 1.10 s (+10 %) | 2.00 s | – |\n\
                        | a of Redis | – | – | 3.00 s | – |\n\
                        | b | 5.00 s | 4.00 s (-20 %) | 6.00 s | – |\n";
        assert_eq!(report.to_string(), expected);
    }
}
