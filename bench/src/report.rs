//! The figures as Markdown: all of them, then beside those of others.

use std::fmt;

use crate::server::Backend;

/// One thing that was measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    name: String,
    unit: &'static str,
    value: f64,
}

impl Figure {
    pub fn new(name: impl Into<String>, unit: &'static str, value: f64) -> Self {
        Self { name: name.into(), unit, value }
    }
}

/// What others need for the same, measured in another run on a machine of the same kind.
struct Reference {
    name: &'static str,
    /// Google's tutorial "WebSocket chat on Cloud Run": Node.js, Socket.IO, Redis adapter. The better end of what was seen.
    sample: f64,
    /// An axum program that broadcasts, without Redis, history or identity.
    bare: f64,
}

const REFERENCES: [Reference; 8] = [
    Reference { name: "1,000 members connect and join 100 rooms", sample: 0.7, bare: 0.2 },
    Reference { name: "Memory per idle member", sample: 12.0, bare: 10.0 },
    Reference { name: "10,000/s in a room of 100: CPU per delivery", sample: 17.0, bare: 5.6 },
    Reference { name: "10,000/s in a room of 100: latency, p99", sample: f64::NAN, bare: 1.6 },
    Reference { name: "One room of 100, saturated: CPU per delivery", sample: 8.0, bare: 2.4 },
    Reference { name: "One room of 100, saturated: latency, p99", sample: 55.0, bare: 1.7 },
    Reference { name: "100 rooms of 10, saturated: CPU per delivery", sample: 8.0, bare: 5.4 },
    Reference { name: "100 rooms of 10, saturated: latency, p99", sample: 397.0, bare: 6.0 },
];

/// All figures, by backend.
#[derive(Debug, Default)]
pub struct Report {
    figures: Vec<(Backend, Figure)>,
}

impl Report {
    pub fn add(&mut self, backend: Backend, figures: Vec<Figure>) {
        self.figures.extend(figures.into_iter().map(|figure| (backend, figure)));
    }

    fn value(&self, backend: Backend, name: &str) -> Option<f64> {
        let mut matching = self.figures.iter().filter(|(of, figure)| *of == backend && figure.name == name);
        matching.next().map(|(_, figure)| figure.value)
    }

    /// Each name once, in the order of the measurements; those of Redis alone beside their kin.
    fn rows(&self) -> Vec<(&str, &'static str)> {
        let mut rows: Vec<(&str, &'static str)> = Vec::new();
        let mut at = 0;
        for (_, Figure { name, unit, .. }) in &self.figures {
            match rows.iter().position(|(seen, _)| seen == name) {
                Some(seen) => at = seen + 1,
                None => {
                    // Where nothing was found before, this is the end.
                    rows.insert(at, (name, unit));
                    at += 1;
                }
            }
        }
        rows
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| | Sala, embedded | Sala, Redis |\n|---|---:|---:|")?;
        for (name, unit) in self.rows() {
            let cell = |backend| {
                self.value(backend, name)
                    .map_or_else(|| "–".to_owned(), |value| format!("{} {unit}", digits(value)).trim_end().to_owned())
            };
            writeln!(f, "| {name} | {} | {} |", cell(Backend::Embedded), cell(Backend::Redis))?;
        }
        let find = |(name, unit)| Some((name, unit, REFERENCES.iter().find(|reference| reference.name == name)?));
        let compared: Vec<_> = self.rows().into_iter().filter_map(find).collect();
        if compared.is_empty() {
            return Ok(());
        }
        writeln!(
            f,
            "\nBeside figures of another run, on a machine of the same kind; in brackets Sala's share of them, embedded"
        )?;
        writeln!(f, "and with Redis:\n\n| | Bare axum broadcast | Tutorial's Node.js sample |\n|---|---:|---:|")?;
        for (name, unit, reference) in compared {
            let cell = |other: f64| self.beside(name, unit, other);
            writeln!(f, "| {name} | {} | {} |", cell(reference.bare), cell(reference.sample))?;
        }
        Ok(())
    }
}

impl Report {
    fn beside(&self, name: &str, unit: &str, other: f64) -> String {
        if other.is_nan() {
            return "–".into();
        }
        let share = |backend| self.value(backend, name).map_or("–".into(), |value| format!("{:.2}", value / other));
        format!("{} {unit} ({}, {})", digits(other), share(Backend::Embedded), share(Backend::Redis))
    }
}

/// Three significant digits, and commas in large numbers.
fn digits(value: f64) -> String {
    if value < 9.995 {
        return format!("{value:.2}");
    }
    if value < 99.95 {
        return format!("{value:.1}");
    }
    let whole = format!("{value:.0}");
    let mut out = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
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
            assert_eq!(digits(value), text);
        }
    }

    #[test]
    fn both_backends_stand_beside_each_other_and_beside_others() {
        let mut report = Report::default();
        report
            .add(Backend::Embedded, vec![Figure::new("a", "s", 1.0), Figure::new("Memory per idle member", "kB", 5.0)]);
        let figures = [("a", "s", 2.0), ("a, of Redis", "s", 3.0), ("Memory per idle member", "kB", 6.0)];
        report.add(Backend::Redis, figures.map(|(name, unit, value)| Figure::new(name, unit, value)).into());
        let text = report.to_string();
        let rows =
            "| a | 1.00 s | 2.00 s |\n| a, of Redis | – | 3.00 s |\n| Memory per idle member | 5.00 kB | 6.00 kB |\n";
        assert!(text.contains(rows), "{text}");
        assert!(text.contains("| Memory per idle member | 10.0 kB (0.50, 0.60) | 12.0 kB (0.42, 0.50) |"), "{text}");
    }
}
