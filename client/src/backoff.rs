/// The bound of the first delay, in milliseconds.
const FIRST: u64 = 500;
/// The largest bound, in milliseconds.
const LONGEST: u64 = 20_000;

/// Exponential back-off with full jitter: clients that were disconnected together reconnect spread out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Backoff {
    attempt: u32,
}

impl Backoff {
    /// Returns the next delay in milliseconds: uniform between 0 and a bound that doubles each time. `random` is in
    /// `[0, 1)`.
    pub(crate) fn next(&mut self, random: f64) -> u64 {
        let bound = 1_u64.checked_shl(self.attempt).map_or(LONGEST, |times| FIRST.saturating_mul(times).min(LONGEST));
        self.attempt = self.attempt.saturating_add(1);
        (random * bound as f64) as u64
    }

    pub(crate) fn reset(&mut self) {
        self.attempt = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bound_doubles_up_to_twenty_seconds() {
        let mut backoff = Backoff::default();
        let waits: Vec<u64> = (0..8).map(|_| backoff.next(0.5)).collect();
        assert_eq!(waits, [250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
        backoff.reset();
        assert_eq!(backoff.next(0.5), 250);
    }

    #[test]
    fn jitter_is_full_and_attempts_do_not_overflow() {
        assert_eq!(Backoff::default().next(0.0), 0);
        assert_eq!(Backoff::default().next(0.999), 499);
        for attempt in [62, 63, 64, u32::MAX] {
            assert_eq!(Backoff { attempt }.next(0.5), LONGEST / 2, "{attempt}");
        }
    }
}
