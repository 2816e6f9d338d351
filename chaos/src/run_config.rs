use std::time::{Duration, Instant};

use rand::{SeedableRng, rngs::StdRng};

/// How a scenario is run.
#[derive(Clone, Copy, Debug)]
pub struct RunConfig {
    pub seed: Seed,
    /// The full form, or the short one.
    pub full: bool,
    /// The defence that the servers lack, by the server's name for it.
    pub disabled_defence: Option<&'static str>,
}

impl RunConfig {
    pub fn pick<T>(self, quick: T, full: T) -> T {
        if self.full { full } else { quick }
    }

    pub fn seconds(self, quick: u64, full: u64) -> Duration {
        Duration::from_secs(self.pick(quick, full))
    }
}

/// The seed of all random choices. Two runs with one seed make the same choices; timing still differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seed(pub u64);

impl Seed {
    /// An independent generator for one part of a run.
    pub fn rng(self, part: &str, number: u64) -> StdRng {
        // FNV-1a, which is the same in every build.
        let part = part
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        StdRng::seed_from_u64(self.0.wrapping_add(part).wrapping_add(number.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
    }
}

/// The clock of a run, shared by all journals.
#[derive(Clone, Copy, Debug)]
pub struct RunClock(Instant);

impl RunClock {
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Milliseconds since the start of the run.
    pub fn now(self) -> u64 {
        u64::try_from(self.0.elapsed().as_millis()).expect("a run lasts minutes")
    }

    /// The instant of a reading of this clock.
    pub fn at(self, milliseconds: u64) -> tokio::time::Instant {
        (self.0 + Duration::from_millis(milliseconds)).into()
    }
}

#[cfg(test)]
mod tests {
    use rand::Rng;

    use super::*;

    #[test]
    fn generators_are_reproducible_and_independent() {
        let draw = |seed: u64, part: &str, number: u64| Seed(seed).rng(part, number).random::<u64>();
        assert_eq!(draw(1, "wire", 0), draw(1, "wire", 0));
        for other in [draw(2, "wire", 0), draw(1, "door", 0), draw(1, "wire", 1)] {
            assert_ne!(draw(1, "wire", 0), other);
        }
    }
}
