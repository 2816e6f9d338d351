//! Rate limits by token buckets, checked before a request is handled.

use std::{
    collections::HashMap,
    sync::Mutex,
    time::{Duration, Instant},
};

use crate::{config::LimitsConfig, supervisor::lock};

/// Bytes of text that one token pays for, so that the stored volume is limited and not only the number of commands.
const TOKEN_BYTES: usize = 2_000;

/// A sustained rate and a burst.
#[derive(Clone, Copy, Debug)]
pub struct RateLimit {
    /// Tokens per second.
    pub per_second: f64,
    /// Capacity of the bucket in tokens.
    pub burst: f64,
}

/// A bucket of tokens that refills at a fixed rate.
#[derive(Clone, Copy, Debug)]
pub struct TokenBucket {
    rate: RateLimit,
    tokens: f64,
    at: Instant,
}

impl TokenBucket {
    /// A full bucket.
    #[must_use]
    pub fn new(rate: RateLimit, now: Instant) -> Self {
        Self { rate, tokens: rate.burst, at: now }
    }

    /// Takes one token.
    ///
    /// # Errors
    /// The time until a token is available.
    pub fn take(&mut self, now: Instant) -> Result<(), Duration> {
        self.take_many(1.0, now)
    }

    /// Takes `tokens` tokens, at most a full bucket.
    ///
    /// # Errors
    /// The time until enough tokens are available.
    pub fn take_many(&mut self, tokens: f64, now: Instant) -> Result<(), Duration> {
        self.refill(now);
        let tokens = tokens.min(self.rate.burst);
        if self.tokens >= tokens {
            self.tokens -= tokens;
            Ok(())
        } else {
            Err(Duration::from_secs_f64((tokens - self.tokens) / self.rate.per_second))
        }
    }

    fn refill(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.at).as_secs_f64();
        self.tokens = (self.tokens + elapsed * self.rate.per_second).min(self.rate.burst);
        self.at = now;
    }

    fn is_full(&mut self, now: Instant) -> bool {
        self.refill(now);
        self.tokens >= self.rate.burst
    }
}

/// One token bucket per user, over all their sockets on this instance.
#[derive(Debug)]
pub struct PerUserLimits {
    rate: RateLimit,
    users: Mutex<HashMap<String, TokenBucket>>,
}

/// At this many users, full buckets are removed. This changes nothing, because new buckets are full.
const SWEEP_ABOVE: usize = 4_096;

impl PerUserLimits {
    /// No buckets yet; each user starts with a full one.
    #[must_use]
    pub fn new(rate: RateLimit) -> Self {
        Self { rate, users: Mutex::default() }
    }

    /// Takes `tokens` tokens from a user's bucket.
    ///
    /// # Errors
    /// The time until enough tokens are available.
    pub fn take(&self, user: &str, tokens: f64, now: Instant) -> Result<(), Duration> {
        let mut users = lock(&self.users);
        if users.len() >= SWEEP_ABOVE && !users.contains_key(user) {
            users.retain(|_, bucket| !bucket.is_full(now));
        }
        users.entry(user.to_owned()).or_insert_with(|| TokenBucket::new(self.rate, now)).take_many(tokens, now)
    }
}

/// The rate limits of users, over all their sockets and forms on this instance.
#[derive(Debug)]
pub struct RateLimits {
    commands: PerUserLimits,
    joins: PerUserLimits,
}

impl RateLimits {
    /// All buckets are full.
    #[must_use]
    pub fn new(limits: &LimitsConfig) -> Self {
        let commands = RateLimit { per_second: limits.sends_per_second, burst: limits.sends_burst };
        let joins = RateLimit { per_second: limits.joins_per_second, burst: limits.joins_burst };
        Self { commands: PerUserLimits::new(commands), joins: PerUserLimits::new(joins) }
    }

    /// Takes a user's tokens for a command: one, and one more for each whole [`TOKEN_BYTES`] of text.
    ///
    /// # Errors
    /// `rate_limited`, with the time until there are enough.
    pub fn check_command(&self, user: &str, text: &str) -> Result<(), protocol::Error> {
        let tokens = 1 + text.len() / TOKEN_BYTES;
        self.commands.take(user, tokens as f64, Instant::now()).map_err(too_fast)
    }

    /// Takes one of a user's tokens for a join, which may cost a subscription, a read, memory, and a broadcast to the
    /// room.
    ///
    /// # Errors
    /// `rate_limited`, with the time until there is one.
    pub fn check_join(&self, user: &str) -> Result<(), protocol::Error> {
        self.joins.take(user, 1.0, Instant::now()).map_err(too_fast)
    }
}

/// A refusal with the time until there are enough tokens.
pub fn too_fast(wait: Duration) -> protocol::Error {
    let wait = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
    protocol::Error::rate_limited(wait.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: RateLimit = RateLimit { per_second: 10.0, burst: 3.0 };

    #[test]
    fn allows_a_burst_then_the_rate() {
        let start = Instant::now();
        let mut bucket = TokenBucket::new(RATE, start);
        assert!((0..3).all(|_| bucket.take(start).is_ok()));
        let wait = bucket.take(start).unwrap_err();
        assert_eq!(wait, Duration::from_millis(100));
        assert!(bucket.take(start + wait).is_ok());
        assert!(bucket.take(start + wait).is_err());
        let later = start + Duration::from_secs(3_600);
        assert_eq!((0..10).filter(|_| bucket.take(later).is_ok()).count(), 3);
    }

    #[test]
    fn charges_at_most_a_full_bucket() {
        let start = Instant::now();
        let mut bucket = TokenBucket::new(RATE, start);
        assert!(bucket.take_many(2.0, start).is_ok());
        assert_eq!(bucket.take_many(9.0, start), Err(Duration::from_millis(200)));
        assert!(bucket.take_many(9.0, start + Duration::from_millis(200)).is_ok());
    }

    #[test]
    fn users_have_separate_buckets() {
        let now = Instant::now();
        let buckets = PerUserLimits::new(RATE);
        assert_eq!((0..9).filter(|_| buckets.take("ana", 1.0, now).is_ok()).count(), 3);
        assert!(buckets.take("rui", 1.0, now).is_ok());
    }

    #[test]
    fn removes_full_buckets() {
        let start = Instant::now();
        let buckets = PerUserLimits::new(RATE);
        (0..SWEEP_ABOVE).for_each(|n| buckets.take(&n.to_string(), 1.0, start).unwrap());
        buckets.take("one more", 1.0, start + Duration::from_secs(1)).unwrap();
        assert_eq!(buckets.users.lock().unwrap().len(), 1);
    }
}
