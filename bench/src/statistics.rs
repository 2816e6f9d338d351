//! Medians and percentiles.

/// The percentile by nearest rank, for a `share` from 0 to 1. Sorts the values; returns 0 for none.
pub fn percentile<T: Copy + Default + PartialOrd>(values: &mut [T], share: f64) -> T {
    values.sort_unstable_by(|a, b| a.partial_cmp(b).expect("no measured value is NaN"));
    let rank = (values.len() as f64 * share).ceil() as usize;
    values.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

/// The value in the middle.
pub fn median<T: Copy + Default + PartialOrd>(values: impl IntoIterator<Item = T>) -> T {
    let mut values: Vec<T> = values.into_iter().collect();
    percentile(&mut values, 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_nearest_ranks() {
        let mut hundred: Vec<u32> = (1..=100).rev().collect();
        for (share, value) in [(0.5, 50), (0.99, 99), (1.0, 100), (0.0, 1)] {
            assert_eq!(percentile(&mut hundred, share), value, "{share}");
        }
        assert_eq!(percentile::<u32>(&mut [], 0.5), 0);
    }

    #[test]
    fn one_outlier_does_not_move_the_median() {
        assert_eq!(median([20, 900, 10, 30, 25]), 25);
    }
}
