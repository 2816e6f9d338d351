//! Random ids.

use rand::distr::{Alphanumeric, SampleString};

/// A random token of letters and digits, each about 5.95 bits.
#[must_use]
pub fn token(length: usize) -> String {
    Alphanumeric.sample_string(&mut rand::rng(), length)
}
