use std::time::Duration;

use rand::{Rng, rngs::StdRng};

use super::resp::contains;
use crate::{clients::MARK, seed::Seed};

/// What the wire does to what goes over it. The shares are of 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FaultConfig {
    /// Published events that are not delivered.
    pub drop: f64,
    /// Published events that are delivered twice.
    pub repeat: f64,
    /// Published events that are delivered after the one behind them.
    pub reorder: f64,
    /// Appends whose reply never comes: the connection is cut in its place.
    pub swallow: f64,
    /// How long everything from Redis is held up.
    pub delay: Duration,
}

/// Who does it, by chance, and counts.
#[derive(Debug)]
pub struct FaultInjector {
    fault_config: FaultConfig,
    rng: StdRng,
    faults: usize,
}

impl FaultInjector {
    pub fn new(seed: Seed) -> Self {
        Self { fault_config: FaultConfig::default(), rng: seed.rng("wire", 0), faults: 0 }
    }

    pub fn make(&mut self, fault_config: FaultConfig) {
        self.fault_config = fault_config;
    }

    pub fn delay(&self) -> Duration {
        self.fault_config.delay
    }

    pub fn faults(&self) -> usize {
        self.faults
    }

    /// Whether the reply to an append is swallowed.
    pub fn swallows_reply(&mut self) -> bool {
        let swallows_reply = self.rng.random::<f64>() < self.fault_config.swallow;
        self.faults += usize::from(swallows_reply);
        swallows_reply
    }

    /// Passes a published event on, or not, or twice, or puts it by until the next one has passed.
    pub fn deliver(&mut self, event: Vec<u8>, passed: &mut Vec<u8>, late: &mut Option<Vec<u8>>) {
        let FaultConfig { drop, repeat, reorder, .. } = self.fault_config;
        let drawn: f64 = self.rng.random();
        if drawn >= drop + repeat + reorder {
            passed.extend(event);
        } else {
            self.faults += 1;
            if drawn < drop {
                // It is gone.
            } else if drawn < drop + repeat {
                passed.extend(event.repeat(2));
            } else {
                passed.extend(late.replace(event).unwrap_or_default());
                return;
            }
        }
        passed.extend(late.take().unwrap_or_default());
    }
}

/// A message of people, on the channel of a room.
pub fn is_event(value: &[u8]) -> bool {
    contains(&value[..value.len().min(24)], b"message\r\n") && contains(value, MARK.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(text: &str) -> Vec<u8> {
        let payload = format!("+e 1 u p\n{{\"text\":\"{MARK}{text}\"}}");
        format!("*3\r\n$7\r\nmessage\r\n$4\r\nroom\r\n${}\r\n{payload}\r\n", payload.len()).into_bytes()
    }

    #[test]
    fn only_messages_of_people_are_tampered_with() {
        assert!(is_event(&event("hello")));
        for other in ["*3\r\n$7\r\nmessage\r\n$10\r\nsala:probe\r\n$0\r\n\r\n", "$5\r\nhello\r\n", ":1\r\n"] {
            assert!(!is_event(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn each_mischief_does_what_it_says() {
        let (a, b) = (event("a"), event("b"));
        for (drop, repeat, late_first, delivered, faults) in [
            (0.0, 0.0, false, vec![&a, &b], 0),
            (1.0, 0.0, false, vec![], 2),
            (0.0, 1.0, false, vec![&a, &a, &b, &b], 2),
            (0.0, 0.0, true, vec![&b, &a], 1),
        ] {
            let (mut injector, mut passed, mut late) = (FaultInjector::new(Seed(1)), Vec::new(), None);
            let reorder = f64::from(u8::from(late_first));
            injector.make(FaultConfig { drop, repeat, reorder, ..FaultConfig::default() });
            injector.deliver(a.clone(), &mut passed, &mut late);
            injector.make(FaultConfig { drop, repeat, ..FaultConfig::default() });
            injector.deliver(b.clone(), &mut passed, &mut late);
            let delivered: Vec<u8> = delivered.into_iter().flatten().copied().collect();
            assert_eq!((passed, injector.faults()), (delivered, faults), "{drop} {repeat} {late_first}");
        }
    }

    #[test]
    fn replies_are_swallowed_by_their_share() {
        let mut injector = FaultInjector::new(Seed(1));
        assert!(!injector.swallows_reply());
        injector.make(FaultConfig { swallow: 1.0, ..FaultConfig::default() });
        assert!(injector.swallows_reply());
        assert_eq!(injector.faults(), 1);
    }
}
