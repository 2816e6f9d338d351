use std::ops::Range;

use client::TimelineItem;

/// The most items that are drawn.
pub(super) const MAX_ROWS: usize = 300;
/// What is drawn of them once there were more, or where the window is moved to.
pub(super) const ROWS_AFTER_TRIM: usize = 200;

/// The stretch of a room's items that is drawn, by the numbers of its ends: they stay the same whatever is loaded before it and
/// said after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowWindow {
    /// Zero where it begins with whatever is the first item.
    from: u64,
    to: u64,
}

impl RowWindow {
    /// All items, as far as they are few.
    pub const ALL: Self = Self { from: 0, to: u64::MAX };

    /// Whether the latest message is in it, and what is not sent yet.
    pub const fn is_at_end(self) -> bool {
        self.to == u64::MAX
    }

    /// Where in the items it is.
    pub fn range(self, items: &[TimelineItem]) -> Range<usize> {
        let end = if self.is_at_end() { items.len() } else { index_of_seq(items, self.to + 1) };
        index_of_seq(items, self.from).min(end)..end
    }

    /// As items have come and gone. If there are too many it stays with the reader, who is at the end or somewhere above.
    pub fn resized(self, items: &[TimelineItem], is_at_end: bool) -> Self {
        let Range { start, end } = self.range(items);
        let range = match end - start {
            0 => items.len().saturating_sub(ROWS_AFTER_TRIM)..items.len(),
            count if count <= MAX_ROWS => start..end,
            _ if is_at_end => end - ROWS_AFTER_TRIM..end,
            _ => start..start + MAX_ROWS,
        };
        Self::over(range, items)
    }

    pub(super) fn over(range: Range<usize>, items: &[TimelineItem]) -> Self {
        let from = if range.start == 0 { None } else { items[range.start].seq };
        // What is not sent yet has no number and stands at the end.
        let last = if range.end == items.len() { None } else { items[range].iter().rev().find_map(|item| item.seq) };
        Self { from: from.unwrap_or(0), to: last.unwrap_or(u64::MAX) }
    }
}

/// Where the first item stands that has this number or a larger one, or none yet.
pub fn index_of_seq(items: &[TimelineItem], seq: u64) -> usize {
    items.partition_point(|item| item.seq.is_some_and(|known| known < seq))
}

#[cfg(test)]
pub(super) mod tests {
    use protocol::User;

    use super::*;

    /// Lines with every second number, as if each had a reaction.
    pub fn items(numbers: Range<u64>, pending: usize) -> Vec<TimelineItem> {
        let user = || User { id: "u_ana".into(), name: "Ana".into() };
        let item = |seq: Option<u64>| TimelineItem { seq, ..TimelineItem::new(user(), "m", String::new(), 0) };
        numbers.map(|number| item(Some(number * 2))).chain((0..pending).map(|_| item(None))).collect()
    }

    #[test]
    fn stays_with_the_reader_when_there_are_too_many() {
        let window = RowWindow::ALL.resized(&items(1..251, 0), true);
        let more = items(1..302, 1);
        assert_eq!(window.resized(&more, true).range(&more), 102..302);
        let above = window.resized(&more, false);
        assert_eq!(above.range(&more), 0..300);
        assert!(!above.is_at_end());
        assert_eq!(above.resized(&items(1..500, 0), false).range(&items(1..500, 0)), 0..300);
    }

    #[test]
    fn goes_to_the_end_where_what_it_showed_is_gone() {
        let window = RowWindow::over(400..600, &items(1..1_001, 0));
        for now in [items(1..30, 0), items(2_000..2_030, 1), items(1..1, 1)] {
            let resized = window.resized(&now, false);
            assert!(resized.is_at_end());
            assert_eq!(resized.range(&now), 0..now.len());
        }
    }

    #[test]
    fn what_is_not_sent_yet_is_beneath_the_latest() {
        let none_is_sent = items(1..1, 400);
        assert_eq!(RowWindow::ALL.resized(&none_is_sent, false).range(&none_is_sent), 0..400);
    }
}
