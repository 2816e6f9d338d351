use std::time::Duration;

use rand::{Rng, rngs::StdRng};

use super::resp::contains;
use crate::{clients::TEXT_PREFIX, run_config::Seed};

/// The faults that are injected between the instances and Redis. The first four are probabilities.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FaultConfig {
    /// Of a published event: not delivered.
    pub drop: f64,
    /// Of a published event: delivered twice.
    pub repeat: f64,
    /// Of a published event: delivered after the next one.
    pub reorder: f64,
    /// Of a reply to an append: the connection is closed in its place.
    pub swallow: f64,
    /// The delay of everything that Redis sends.
    pub delay: Duration,
}

/// Decides at random which fault happens, and counts them.
#[derive(Debug)]
pub struct FaultInjector {
    pub config: FaultConfig,
    rng: StdRng,
    pub faults: usize,
}

impl FaultInjector {
    pub fn new(seed: Seed) -> Self {
        Self { config: FaultConfig::default(), rng: seed.rng("wire", 0), faults: 0 }
    }

    /// Whether the reply to an append is swallowed.
    pub fn swallows_reply(&mut self) -> bool {
        let swallows = self.rng.random::<f64>() < self.config.swallow;
        self.faults += usize::from(swallows);
        swallows
    }

    /// Appends a published event to `passed` once, twice or not at all, or postpones it until the next one has passed.
    pub fn pass_event(&mut self, event: Vec<u8>, passed: &mut Vec<u8>, postponed: &mut Option<Vec<u8>>) {
        let FaultConfig { drop, repeat, reorder, .. } = self.config;
        let drawn: f64 = self.rng.random();
        if drawn >= drop + repeat + reorder {
            passed.extend(event);
        } else {
            self.faults += 1;
            if drawn >= drop + repeat {
                passed.extend(postponed.replace(event).unwrap_or_default());
                return;
            }
            passed.extend(event.repeat(if drawn < drop { 0 } else { 2 }));
        }
        passed.extend(postponed.take().unwrap_or_default());
    }
}

/// Whether a push is a client's message on the channel of a room.
pub fn is_event(value: &[u8]) -> bool {
    contains(&value[..value.len().min(24)], b"message\r\n") && contains(value, TEXT_PREFIX.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(text: &str) -> Vec<u8> {
        let payload = format!("+e 1 u p\n{{\"text\":\"{TEXT_PREFIX}{text}\"}}");
        format!("*3\r\n$7\r\nmessage\r\n$4\r\nroom\r\n${}\r\n{payload}\r\n", payload.len()).into_bytes()
    }

    #[test]
    fn only_messages_of_clients_are_events() {
        assert!(is_event(&event("hello")));
        for other in ["*3\r\n$7\r\nmessage\r\n$10\r\nsala:probe\r\n$0\r\n\r\n", "$5\r\nhello\r\n", ":1\r\n"] {
            assert!(!is_event(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn events_are_dropped_repeated_and_reordered() {
        let (a, b) = (event("a"), event("b"));
        for (drop, repeat, reorder, expected, faults) in [
            (0.0, 0.0, 0.0, vec![&a, &b], 0),
            (1.0, 0.0, 0.0, vec![], 2),
            (0.0, 1.0, 0.0, vec![&a, &a, &b, &b], 2),
            (0.0, 0.0, 1.0, vec![&b, &a], 1),
        ] {
            let (mut injector, mut passed, mut postponed) = (FaultInjector::new(Seed(1)), Vec::new(), None);
            injector.config = FaultConfig { drop, repeat, reorder, ..FaultConfig::default() };
            injector.pass_event(a.clone(), &mut passed, &mut postponed);
            injector.config = FaultConfig { drop, repeat, ..FaultConfig::default() };
            injector.pass_event(b.clone(), &mut passed, &mut postponed);
            let expected: Vec<u8> = expected.into_iter().flatten().copied().collect();
            assert_eq!((passed, injector.faults), (expected, faults), "{drop} {repeat} {reorder}");
        }
    }

    #[test]
    fn replies_are_swallowed_with_their_probability() {
        let mut injector = FaultInjector::new(Seed(1));
        assert!(!injector.swallows_reply());
        injector.config = FaultConfig { swallow: 1.0, ..FaultConfig::default() };
        assert!(injector.swallows_reply());
        assert_eq!(injector.faults, 1);
    }
}
