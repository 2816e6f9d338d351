use std::{fmt, time::Duration};

/// A value that a scenario measures, and its promised limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metric {
    pub what: &'static str,
    unit: Unit,
    /// `None` if nothing is promised.
    limit: Option<u64>,
    /// `None` if it did not happen.
    observed: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Milliseconds,
    Times,
    Percent,
}

impl Metric {
    /// A time, observed in milliseconds.
    pub fn time(what: &'static str, limit: Option<Duration>, observed: Option<u64>) -> Self {
        let limit = limit.map(|limit| u64::try_from(limit.as_millis()).expect("a limit is minutes at most"));
        Self { what, unit: Unit::Milliseconds, limit, observed }
    }

    /// A number of occurrences.
    pub fn count(what: &'static str, limit: usize, observed: usize) -> Self {
        Self { what, unit: Unit::Times, limit: Some(limit as u64), observed: Some(observed as u64) }
    }

    /// A percentage; `None` of nothing.
    pub fn share(what: &'static str, part: usize, of: usize) -> Self {
        let observed = (part * 100).checked_div(of).map(|percent| percent as u64);
        Self { what, unit: Unit::Percent, limit: None, observed }
    }

    /// The same value without a promise.
    pub fn without_limit(self) -> Self {
        Self { limit: None, ..self }
    }

    pub fn is_within_limit(&self) -> bool {
        self.limit.is_none_or(|limit| self.observed.is_some_and(|observed| observed <= limit))
    }

    pub fn limit_text(&self) -> String {
        match self.limit {
            None => "–".to_owned(),
            Some(0) => "0".to_owned(),
            Some(limit) => format!("≤ {}", self.unit.format(limit)),
        }
    }

    pub fn observed_text(&self) -> String {
        self.observed.map_or_else(|| "never".to_owned(), |observed| self.unit.format(observed))
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}, promised is {}", self.what, self.observed_text(), self.limit_text())
    }
}

impl Unit {
    fn format(self, value: u64) -> String {
        match self {
            Self::Times => value.to_string(),
            Self::Percent => format!("{value} %"),
            Self::Milliseconds if value < 1_000 => format!("{value} ms"),
            Self::Milliseconds if value.is_multiple_of(1_000) => format!("{} s", value / 1_000),
            Self::Milliseconds => format!("{:.2} s", value as f64 / 1_000.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_inclusive() {
        for (limit, observed, within) in [
            (Some(10), Some(10), true),
            (Some(10), Some(11), false),
            (Some(10), None, false),
            (Some(0), Some(0), true),
            (None, Some(11), true),
        ] {
            let limit = limit.map(Duration::from_millis);
            assert_eq!(Metric::time("a", limit, observed).is_within_limit(), within, "{limit:?} {observed:?}");
        }
        assert!(!Metric::count("a", 0, 1).is_within_limit());
    }

    #[test]
    fn values_are_formatted_with_their_unit() {
        for (metric, limit, observed) in [
            (Metric::time("a", Some(Duration::from_secs(25)), Some(1_581)), "≤ 25 s", "1.58 s"),
            (Metric::time("a", Some(Duration::from_millis(86)), Some(14)), "≤ 86 ms", "14 ms"),
            (Metric::time("a", None, None), "–", "never"),
            (Metric::count("a", 100, 99), "≤ 100", "99"),
            (Metric::count("a", 0, 0), "0", "0"),
            (Metric::share("a", 2, 3), "–", "66 %"),
            (Metric::share("a", 0, 0), "–", "never"),
        ] {
            assert_eq!((metric.limit_text().as_str(), metric.observed_text().as_str()), (limit, observed));
        }
    }
}
