use super::{Words, number};

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// A day, counted from 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day(u64);

impl Day {
    /// The day of a time in milliseconds since the Unix epoch.
    pub const fn of(at: u64) -> Self {
        Self(at / DAY)
    }

    /// Whether `other` is the day before.
    pub const fn follows(self, other: Self) -> bool {
        self.0 == other.0 + 1
    }
}

/// The time of day, `HH:MM`. Every function here reads UTC, so local time is passed as a shifted `at`.
pub fn time_of_day(at: u64) -> String {
    format!("{:02}:{:02}", at % DAY / HOUR, at % HOUR / MINUTE)
}

/// The date, such as `4 Nov 2025`.
pub fn date(at: u64, words: Words) -> String {
    let (year, month, day) = civil_from_days(Day::of(at));
    let month = words.months().split(' ').nth(month as usize - 1).unwrap_or_default();
    words.date(&number(day), month, &number(year))
}

/// The time in ISO 8601.
pub fn iso_8601(at: u64) -> String {
    let (year, month, day) = civil_from_days(Day::of(at));
    format!("{year:04}-{month:02}-{day:02}T{}:{:02}Z", time_of_day(at), at % MINUTE / SECOND)
}

/// Year, month (1 to 12) and day in the Gregorian calendar, by Howard Hinnant's `civil_from_days`. A date library would
/// weigh more than the rest of the page.
const fn civil_from_days(Day(days): Day) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preferences::Language;

    #[test]
    fn formats_times_in_iso_8601_and_as_dates() {
        let words = Words::of(Language::En);
        for (at, text, day) in [
            (0, "1970-01-01T00:00:00Z", "1 Jan 1970"),
            (951_782_400_000, "2000-02-29T00:00:00Z", "29 Feb 2000"),
            (1_763_800_000_123, "2025-11-22T08:26:40Z", "22 Nov 2025"),
            (4_102_444_799_999, "2099-12-31T23:59:59Z", "31 Dec 2099"),
            (4_107_542_400_000, "2100-03-01T00:00:00Z", "1 Mar 2100"),
        ] {
            assert_eq!(iso_8601(at), text);
            assert_eq!(date(at, words), day);
            assert_eq!(time_of_day(at), text[11..16]);
        }
    }

    #[test]
    fn formats_dates_in_each_language() {
        for (language, november, may) in [
            (Language::En, "4 Nov 2025", "31 May 2026"),
            (Language::PtBr, "4 de nov. de 2025", "31 de mai. de 2026"),
            (Language::Es, "4 nov 2025", "31 may 2026"),
        ] {
            let words = Words::of(language);
            assert_eq!(date(1_762_214_400_000, words), november);
            assert_eq!(date(1_780_185_600_000, words), may);
        }
    }
}
