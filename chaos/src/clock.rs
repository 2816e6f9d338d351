use std::time::{Duration, Instant};

/// The one clock of a run, so that journals of different people can be compared.
#[derive(Clone, Copy, Debug)]
pub struct Clock(Instant);

impl Clock {
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Milliseconds since the run began.
    pub fn now(self) -> u64 {
        u64::try_from(self.0.elapsed().as_millis()).expect("a run lasts minutes")
    }

    /// The moment of a reading of this clock.
    pub fn at(self, milliseconds: u64) -> tokio::time::Instant {
        (self.0 + Duration::from_millis(milliseconds)).into()
    }
}
