use std::{fmt, time::Duration};

/// A number that a scenario is about: what was seen, and at most how much of it is promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figure {
    pub what: &'static str,
    pub unit: Unit,
    /// Empty where the number is only told.
    pub promised: Option<u64>,
    /// Empty where it never came to that.
    pub seen: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Milliseconds,
    Times,
    Percent,
}

impl Figure {
    /// A time, which was seen in milliseconds.
    pub fn time(what: &'static str, promised: Option<Duration>, seen: Option<u64>) -> Self {
        let promised = promised.map(|most| u64::try_from(most.as_millis()).expect("minutes are promised, not ages"));
        Self { what, unit: Unit::Milliseconds, promised, seen }
    }

    /// How often something happened.
    pub fn count(what: &'static str, promised: usize, seen: usize) -> Self {
        Self { what, unit: Unit::Times, promised: Some(promised as u64), seen: Some(seen as u64) }
    }

    /// How many of so many it was. Nothing if there were none.
    pub fn share(what: &'static str, part: usize, of: usize) -> Self {
        let seen = (part * 100).checked_div(of).map(|percent| percent as u64);
        Self { what, unit: Unit::Percent, promised: None, seen }
    }

    pub fn is_kept(&self) -> bool {
        self.promised.is_none_or(|promised| self.seen.is_some_and(|seen| seen <= promised))
    }

    /// What is promised, as a reader wants it.
    pub fn promise(&self) -> String {
        match self.promised {
            None => "–".to_owned(),
            Some(0) => "0".to_owned(),
            Some(most) => format!("≤ {}", self.unit.write(most)),
        }
    }

    /// What was seen, as a reader wants it.
    pub fn sight(&self) -> String {
        self.seen.map_or_else(|| "never".to_owned(), |seen| self.unit.write(seen))
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}, promised is {}", self.what, self.sight(), self.promise())
    }
}

impl Unit {
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
        for (promised, seen, is_kept) in [
            (Some(10), Some(10), true),
            (Some(10), Some(11), false),
            (Some(10), None, false),
            (Some(0), Some(0), true),
            (None, Some(11), true),
        ] {
            let promised = promised.map(Duration::from_millis);
            assert_eq!(Figure::time("tea", promised, seen).is_kept(), is_kept, "{promised:?} {seen:?}");
        }
        assert!(!Figure::count("tea", 0, 1).is_kept());
    }

    #[test]
    fn times_are_told_as_people_tell_them() {
        for (figure, promise, sight) in [
            (Figure::time("tea", Some(Duration::from_secs(25)), Some(1_581)), "≤ 25 s", "1.58 s"),
            (Figure::time("tea", Some(Duration::from_millis(86)), Some(14)), "≤ 86 ms", "14 ms"),
            (Figure::time("tea", None, None), "–", "never"),
            (Figure::count("tea", 100, 99), "≤ 100", "99"),
            (Figure::count("tea", 0, 0), "0", "0"),
            (Figure::share("tea", 2, 3), "–", "66 %"),
            (Figure::share("tea", 0, 0), "–", "never"),
        ] {
            assert_eq!((figure.promise().as_str(), figure.sight().as_str()), (promise, sight));
        }
    }
}
