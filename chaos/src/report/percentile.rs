/// The shortest time below which a share (0 to 1) of them lie, by the nearest rank.
pub fn percentile(times: &[u64], share: f64) -> Option<u64> {
    let mut times = times.to_vec();
    times.sort_unstable();
    let rank = (times.len() as f64 * share).ceil() as usize;
    times.get(rank.saturating_sub(1)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_of_the_times() {
        let times: Vec<u64> = (1..=200).rev().collect();
        let shares = [0.0, 0.5, 0.99, 1.0].map(|share| percentile(&times, share));
        assert_eq!(shares, [Some(1), Some(100), Some(198), Some(200)]);
        assert_eq!((percentile(&[7], 0.5), percentile(&[], 0.5)), (Some(7), None));
    }
}
