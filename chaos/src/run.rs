use std::time::Duration;

use crate::seed::Seed;

/// How a scenario is to be played.
#[derive(Clone, Copy, Debug)]
pub struct RunConfig {
    pub seed: Seed,
    /// In full, or in a short form.
    pub full: bool,
    /// The defence that the servers lack, as they call it.
    pub without: Option<&'static str>,
}

impl RunConfig {
    pub fn pick<T>(self, quick: T, full: T) -> T {
        if self.full { full } else { quick }
    }

    pub fn seconds(self, quick: u64, full: u64) -> Duration {
        Duration::from_secs(self.pick(quick, full))
    }
}
