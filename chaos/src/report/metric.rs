use std::{fmt, time::Duration};

/// A number that a scenario is about: what was observed, and at most how much of it is limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metric {
    pub what: &'static str,
    pub unit: MetricUnit,
    /// Empty where the number is only told.
    pub limit: Option<u64>,
    /// Empty where it never came to that.
    pub observed: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricUnit {
    Milliseconds,
    Times,
    Percent,
}

impl Metric {
    /// A time, which was observed in milliseconds.
    pub fn time(what: &'static str, limit: Option<Duration>, observed: Option<u64>) -> Self {
        let limit = limit.map(|most| u64::try_from(most.as_millis()).expect("minutes are limit, not ages"));
        Self { what, unit: MetricUnit::Milliseconds, limit, observed }
    }

    /// How often something happened.
    pub fn count(what: &'static str, limit: usize, observed: usize) -> Self {
        Self { what, unit: MetricUnit::Times, limit: Some(limit as u64), observed: Some(observed as u64) }
    }

    /// How many of so many it was. Nothing if there were none.
    pub fn share(what: &'static str, part: usize, of: usize) -> Self {
        let observed = (part * 100).checked_div(of).map(|percent| percent as u64);
        Self { what, unit: MetricUnit::Percent, limit: None, observed }
    }

    pub fn is_within_limit(&self) -> bool {
        self.limit.is_none_or(|limit| self.observed.is_some_and(|observed| observed <= limit))
    }

    /// What is limit, as a reader wants it.
    pub fn limit_text(&self) -> String {
        match self.limit {
            None => "–".to_owned(),
            Some(0) => "0".to_owned(),
            Some(most) => format!("≤ {}", self.unit.write(most)),
        }
    }

    /// What was observed, as a reader wants it.
    pub fn observed_text(&self) -> String {
        self.observed.map_or_else(|| "never".to_owned(), |observed| self.unit.write(observed))
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}, limit is {}", self.what, self.observed_text(), self.limit_text())
    }
}

impl MetricUnit {
    fn write(self, number: u64) -> String {
        match self {
            Self::Times => number.to_string(),
            Self::Percent => format!("{number} %"),
            Self::Milliseconds if number < 1_000 => format!("{number} ms"),
            Self::Milliseconds if number.is_multiple_of(1_000) => format!("{} s", number / 1_000),
            Self::Milliseconds => format!("{:.2} s", number as f64 / 1_000.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promise_is_kept_up_to_its_number() {
        for (limit, observed, is_within_limit) in [
            (Some(10), Some(10), true),
            (Some(10), Some(11), false),
            (Some(10), None, false),
            (Some(0), Some(0), true),
            (None, Some(11), true),
        ] {
            let limit = limit.map(Duration::from_millis);
            assert_eq!(
                Metric::time("tea", limit, observed).is_within_limit(),
                is_within_limit,
                "{limit:?} {observed:?}"
            );
        }
        assert!(!Metric::count("tea", 0, 1).is_within_limit());
    }

    #[test]
    fn times_are_told_as_people_tell_them() {
        for (metric, promise, observed_text) in [
            (Metric::time("tea", Some(Duration::from_secs(25)), Some(1_581)), "≤ 25 s", "1.58 s"),
            (Metric::time("tea", Some(Duration::from_millis(86)), Some(14)), "≤ 86 ms", "14 ms"),
            (Metric::time("tea", None, None), "–", "never"),
            (Metric::count("tea", 100, 99), "≤ 100", "99"),
            (Metric::count("tea", 0, 0), "0", "0"),
            (Metric::share("tea", 2, 3), "–", "66 %"),
            (Metric::share("tea", 0, 0), "–", "never"),
        ] {
            assert_eq!((metric.limit_text().as_str(), metric.observed_text().as_str()), (promise, observed_text));
        }
    }
}
