use rand::{SeedableRng, rngs::StdRng};

/// What chance a run has. Two runs with one seed make the same choices; what the machine does between them still differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seed(pub u64);

impl Seed {
    /// The chance of one part of a run, which no other part disturbs.
    pub fn rng(self, part: &str, number: u64) -> StdRng {
        // FNV-1a, so that the same name is the same part in every build.
        let part = part
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        StdRng::seed_from_u64(self.0.wrapping_add(part).wrapping_add(number.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
    }
}

#[cfg(test)]
mod tests {
    use rand::Rng;

    use super::*;

    #[test]
    fn parts_are_repeated_and_differ() {
        let draw = |seed: u64, part: &str, number: u64| Seed(seed).rng(part, number).random::<u64>();
        assert_eq!(draw(1, "wire", 0), draw(1, "wire", 0));
        for other in [draw(2, "wire", 0), draw(1, "door", 0), draw(1, "wire", 1)] {
            assert_ne!(draw(1, "wire", 0), other);
        }
    }
}
