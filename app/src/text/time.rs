const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// The time of day in UTC, `HH:MM`: what a page says before it knows the reader's clock.
pub fn utc(at: u64) -> String {
    format!("{:02}:{:02}", at % DAY / HOUR, at % HOUR / MINUTE)
}

/// The moment in ISO 8601, for programs.
pub fn iso(at: u64) -> String {
    let (year, month, day) = date(at / DAY);
    format!("{year:04}-{month:02}-{day:02}T{}:{:02}Z", utc(at), at % MINUTE / SECOND)
}

/// The Gregorian date of a day since 1970, after Howard Hinnant's `civil_from_days`. A library would outweigh the page.
const fn date(days: u64) -> (u64, u64, u64) {
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

    #[test]
    fn a_moment_reads_as_a_date() {
        for (at, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400_000, "2000-02-29T00:00:00Z"),
            (1_763_800_000_123, "2025-11-22T08:26:40Z"),
            (4_102_444_799_999, "2099-12-31T23:59:59Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(iso(at), text);
            assert_eq!(utc(at), text[11..16]);
        }
    }
}
