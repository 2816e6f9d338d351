/// A Markdown table. `titles` are separated by ` | `. All columns but the first so many contain numbers.
pub fn markdown_table(
    titles: &str,
    texts: usize,
    rows: impl IntoIterator<Item = impl IntoIterator<Item = String>>,
) -> String {
    let alignment = "---|".repeat(texts) + &"--:|".repeat(titles.split(" | ").count() - texts);
    let rows = rows.into_iter().map(|row| row.into_iter().collect::<Vec<String>>().join(" | "));
    format!("| {titles} |\n|{alignment}\n{}", rows.map(|row| format!("| {row} |\n")).collect::<String>())
}

/// The smallest of the values that a share of them, from 0 to 1, does not exceed (nearest rank); `None` without values.
pub fn percentile<T: Copy + PartialOrd>(values: impl IntoIterator<Item = T>, share: f64) -> Option<T> {
    let mut values: Vec<T> = values.into_iter().collect();
    values.sort_unstable_by(|one, other| one.partial_cmp(other).expect("no measured value is NaN"));
    let rank = (values.len() as f64 * share).ceil() as usize;
    values.get(rank.saturating_sub(1)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_texts_and_numbers() {
        let rows = [["a", "1"], ["b", "22"]].map(|row| row.map(str::to_owned));
        assert_eq!(markdown_table(" | n", 1, rows), "|  | n |\n|---|--:|\n| a | 1 |\n| b | 22 |\n");
    }

    #[test]
    fn a_percentile_is_one_of_the_values() {
        let shares = [0.0, 0.5, 0.99, 1.0].map(|share| percentile((1..=200).rev(), share));
        assert_eq!(shares, [Some(1), Some(100), Some(198), Some(200)]);
        assert_eq!((percentile([7], 0.5), percentile([0.0; 0], 0.5)), (Some(7), None));
        assert_eq!(percentile([20, 900, 10, 30, 25], 0.5), Some(25));
    }
}
