use std::ops::Range;

use client::TimelineItem;

/// The maximum number of rendered rows.
const MAX_ROWS: usize = 300;
/// The number of rows that remain when there were more, and of a window that jumps.
const ROWS_AFTER_TRIM: usize = 200;
/// By how many rows scrolling moves the window.
#[cfg(any(test, feature = "hydrate"))]
const STEP: usize = 100;

/// Where to move the window of rendered rows.
#[cfg(any(test, feature = "hydrate"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScrollTo {
    /// Towards older messages.
    Older,
    /// Towards newer messages.
    Newer,
    /// To the latest message.
    Latest,
    /// To the message with this seq.
    Message(u64),
}

/// The range of a room's items that is rendered. Its ends are seqs, which stay valid when items are prepended and appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowWindow {
    /// Seq of the first row; 0 starts at the first item.
    from: u64,
    /// Seq of the last row; `u64::MAX` ends after the last item.
    to: u64,
}

impl RowWindow {
    /// All items.
    pub const ALL: Self = Self { from: 0, to: u64::MAX };

    /// Whether the window includes the latest message and pending ones.
    pub const fn is_at_end(self) -> bool {
        self.to == u64::MAX
    }

    /// The indices of the window's items.
    pub fn range(self, items: &[TimelineItem]) -> Range<usize> {
        let end = if self.is_at_end() { items.len() } else { index_of_seq(items, self.to + 1) };
        index_of_seq(items, self.from).min(end)..end
    }

    /// Shrinks a window that became too large. It stays with the reader, who is at the end or somewhere above.
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

    /// Moves the window. Returns `None` if all loaded items in that direction are rendered.
    #[cfg(any(test, feature = "hydrate"))]
    pub fn moved(self, target: ScrollTo, items: &[TimelineItem]) -> Option<Self> {
        let Range { start, end } = self.range(items);
        let range = match target {
            ScrollTo::Older if start == 0 => return None,
            ScrollTo::Older => {
                let start = start.saturating_sub(STEP);
                start..end.min(start + MAX_ROWS)
            }
            ScrollTo::Newer | ScrollTo::Latest if self.is_at_end() => return None,
            ScrollTo::Newer => {
                let end = items.len().min(end + STEP);
                start.max(end.saturating_sub(MAX_ROWS))..end
            }
            ScrollTo::Latest => items.len().saturating_sub(ROWS_AFTER_TRIM)..items.len(),
            ScrollTo::Message(seq) => {
                let index = index_of_seq(items, seq);
                index.saturating_sub(STEP)..items.len().min(index + STEP)
            }
        };
        Some(Self::over(range, items))
    }

    fn over(range: Range<usize>, items: &[TimelineItem]) -> Self {
        let from = if range.start == 0 { None } else { items[range.start].seq };
        // Pending items have no seq and are last.
        let last = if range.end == items.len() { None } else { items[range].iter().rev().find_map(|item| item.seq) };
        Self { from: from.unwrap_or(0), to: last.unwrap_or(u64::MAX) }
    }
}

/// The index of the first item with at least this seq, or of the first pending one.
pub fn index_of_seq(items: &[TimelineItem], seq: u64) -> usize {
    items.partition_point(|item| item.seq.is_some_and(|known| known < seq))
}

#[cfg(test)]
mod tests {
    use protocol::User;

    use super::*;

    /// Items with every second seq, as if each had a reaction.
    fn items(numbers: Range<u64>, pending: usize) -> Vec<TimelineItem> {
        let user = || User { id: "u_ana".into(), name: "Ana".into() };
        let item = |seq: Option<u64>| TimelineItem { seq, ..TimelineItem::new(user(), "m", String::new(), 0) };
        numbers.map(|number| item(Some(number * 2))).chain((0..pending).map(|_| item(None))).collect()
    }

    #[test]
    fn a_window_that_is_too_large_shrinks_around_the_reader() {
        let window = RowWindow::ALL.resized(&items(1..251, 0), true);
        let more = items(1..302, 1);
        assert_eq!(window.resized(&more, true).range(&more), 102..302);
        let above = window.resized(&more, false);
        assert_eq!(above.range(&more), 0..300);
        assert!(!above.is_at_end());
        assert_eq!(above.resized(&items(1..500, 0), false).range(&items(1..500, 0)), 0..300);
    }

    #[test]
    fn a_window_of_removed_items_moves_to_the_end() {
        let window = RowWindow::over(400..600, &items(1..1_001, 0));
        for items in [items(1..30, 0), items(2_000..2_030, 1), items(1..1, 1)] {
            let resized = window.resized(&items, false);
            assert!(resized.is_at_end());
            assert_eq!(resized.range(&items), 0..items.len());
        }
    }

    #[test]
    fn pending_items_belong_to_the_end() {
        let pending = items(1..1, 400);
        assert_eq!(RowWindow::ALL.resized(&pending, false).range(&pending), 0..400);
    }

    #[test]
    fn a_moved_window_keeps_the_rows_in_view() {
        let items = items(1..1_001, 2);
        let mut window = RowWindow::ALL.resized(&items, true);
        assert_eq!(window.range(&items), 802..1_002);
        for (target, range) in [
            (ScrollTo::Newer, 802..1_002),
            (ScrollTo::Older, 702..1_002),
            (ScrollTo::Older, 602..902),
            (ScrollTo::Older, 502..802),
            (ScrollTo::Newer, 602..902),
            (ScrollTo::Message(600), 199..399),
            (ScrollTo::Older, 99..399),
            (ScrollTo::Older, 0..300),
            (ScrollTo::Older, 0..300),
            (ScrollTo::Message(1_900), 849..1_002),
            (ScrollTo::Message(10), 0..104),
            (ScrollTo::Latest, 802..1_002),
        ] {
            window = window.moved(target, &items).unwrap_or(window);
            assert_eq!(window.range(&items), range, "{target:?}");
            assert_eq!(window.resized(&items, false).range(&items), range, "{target:?}");
        }
        assert!(window.is_at_end());
        assert_eq!(window.moved(ScrollTo::Latest, &items), None);
    }

    #[test]
    fn a_window_at_the_first_item_grows_with_older_items() {
        let at_the_first = RowWindow::ALL.resized(&items(100..200, 0), true);
        assert_eq!(at_the_first.range(&items(50..200, 0)), 0..150);
        let older = items(1..200, 0);
        let further_down = RowWindow::ALL.moved(ScrollTo::Message(380), &older).expect("older items are loaded");
        assert_eq!(further_down.range(&older), 89..199);
        assert_eq!(further_down.range(&items(50..200, 0)), 40..150);
    }
}
