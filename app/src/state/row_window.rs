use std::ops::Range;

use client::{TimelineDiff, TimelineItem};

use super::MessageRow;

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

/// The rendered rows: a window of the items of a room's timeline.
#[derive(Clone, Default)]
pub struct RowWindow {
    rows: Vec<MessageRow>,
    /// The index of the first row's item.
    start: usize,
    /// The number of items of the timeline.
    item_count: usize,
}

impl RowWindow {
    /// The rows, oldest first.
    pub fn rows(&self) -> &[MessageRow] {
        &self.rows
    }

    /// Whether the window includes the first item.
    pub const fn is_at_start(&self) -> bool {
        self.start == 0
    }

    /// Whether the window includes the last item.
    pub const fn is_at_end(&self) -> bool {
        self.end() == self.item_count
    }

    const fn end(&self) -> usize {
        self.start + self.rows.len()
    }

    /// Applies the diffs of a timeline whose items are now `items`. Touches the rows that the diffs name and the ones
    /// below them. A window that became too large shrinks around the reader, who is at the end or somewhere above.
    /// Returns whether rows were added, removed or moved.
    pub fn apply(&mut self, diffs: &[TimelineDiff], items: &[TimelineItem], reader_is_at_end: bool) -> bool {
        // A row that moves is inserted again, and keeps its elements.
        let mut removed = Vec::new();
        let mut is_changed = false;
        for diff in diffs {
            is_changed |= match diff {
                TimelineDiff::Splice { index, removed: count, items } => {
                    self.splice(*index, *count, items, &mut removed)
                }
                TimelineDiff::Reset => self.splice(0, self.item_count, items, &mut removed),
            };
        }
        let range = match self.rows.len() {
            0 => items.len().saturating_sub(ROWS_AFTER_TRIM)..items.len(),
            count if count <= MAX_ROWS => self.start..self.end(),
            _ if reader_is_at_end => self.end() - ROWS_AFTER_TRIM..self.end(),
            _ => self.start..self.start + MAX_ROWS,
        };
        if range.len() == self.rows.len() {
            self.update_first(items);
            return is_changed;
        }
        self.show(range, items);
        true
    }

    /// Replaces `count` items from `index` on by `items`. Returns whether rows were added, removed or moved.
    fn splice(&mut self, index: usize, count: usize, items: &[TimelineItem], removed: &mut Vec<MessageRow>) -> bool {
        let (start, end) = (self.start, self.end());
        let rows = index.clamp(start, end) - start..(index + count).clamp(start, end) - start;
        // Items at an end of the timeline are rendered if the window includes that end.
        let is_inside = !rows.is_empty()
            || (start < index && index < end)
            || (index == start && self.is_at_start())
            || (index == end && self.is_at_end());
        self.item_count = self.item_count - count + items.len();
        if !is_inside {
            if index + count <= start {
                self.start = start - count + items.len();
            }
            return false;
        }
        self.start = start.min(index);
        let keys = self.rows[rows.clone()].iter().map(|row| &row.key);
        let is_changed = keys.ne(items.iter().map(|item| &item.key));
        let mut below = self.rows.split_off(rows.end);
        removed.append(&mut self.rows.split_off(rows.start));
        self.rows.extend(items.iter().map(|item| take_row(removed, item)));
        self.rows.append(&mut below);
        let below = (rows.start + items.len() + 1).min(self.rows.len());
        update_neighbours(&self.rows[rows.start.saturating_sub(1)..below]);
        is_changed
    }

    /// Updates the first row, whose item above is not rendered.
    fn update_first(&self, items: &[TimelineItem]) {
        if let Some(row) = self.rows.first() {
            row.set_above(self.start.checked_sub(1).map(|above| MessageRow::new(&items[above])).as_ref());
        }
    }

    /// Renders a range of the items. Rows in it stay.
    fn show(&mut self, range: Range<usize>, items: &[TimelineItem]) {
        let row = |index: usize| {
            let known = index.checked_sub(self.start).and_then(|index| self.rows.get(index));
            known.cloned().unwrap_or_else(|| MessageRow::new(&items[index]))
        };
        let rows: Vec<MessageRow> = range.clone().map(row).collect();
        update_neighbours(&rows);
        *self = Self { rows, start: range.start, item_count: items.len() };
        self.update_first(items);
    }

    /// Moves the window. Returns false if all loaded items in that direction are rendered.
    #[cfg(any(test, feature = "hydrate"))]
    pub fn scroll_to(&mut self, target: ScrollTo, items: &[TimelineItem]) -> bool {
        let (start, end) = (self.start, self.end());
        let range = match target {
            ScrollTo::Older if start == 0 => return false,
            ScrollTo::Older => {
                let start = start.saturating_sub(STEP);
                start..end.min(start + MAX_ROWS)
            }
            ScrollTo::Newer | ScrollTo::Latest if self.is_at_end() => return false,
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
        self.show(range, items);
        true
    }
}

/// Updates what depends on the row above, in all rows but the first.
fn update_neighbours(rows: &[MessageRow]) {
    for pair in rows.windows(2) {
        pair[1].set_above(Some(&pair[0]));
    }
}

/// The row of an item: the removed one with its key, or a new one.
fn take_row(removed: &mut Vec<MessageRow>, item: &TimelineItem) -> MessageRow {
    match removed.iter().position(|row| row.key == item.key) {
        Some(index) => {
            let row = removed.remove(index);
            row.update(item);
            row
        }
        None => MessageRow::new(item),
    }
}

/// The index of the first item with at least this seq, or of the first pending one.
#[cfg(any(test, feature = "hydrate"))]
pub fn index_of_seq(items: &[TimelineItem], seq: u64) -> usize {
    items.partition_point(|item| item.seq.is_some_and(|known| known < seq))
}

#[cfg(test)]
mod tests {
    use client::Reaction;
    use leptos::prelude::*;
    use protocol::{Reply, User};

    use super::*;

    fn item(id: &str, at: u64, seq: Option<u64>) -> TimelineItem {
        let name = if at.is_multiple_of(3) { "Rui" } else { "Ana" };
        let user = User { id: format!("u_{name}"), name: name.to_owned() };
        TimelineItem { seq, ..TimelineItem::new(user, id, String::new(), at) }
    }

    /// Items with every second seq, as if each had a reaction.
    fn items(numbers: Range<u64>, pending: u64) -> Vec<TimelineItem> {
        let sent = numbers.map(|number| item(&format!("m{number}"), number * 60_000, Some(number * 2)));
        sent.chain((0..pending).map(|number| item(&format!("p{number}"), number, None))).collect()
    }

    fn window(items: &[TimelineItem]) -> RowWindow {
        let mut window = RowWindow::default();
        window.apply(&[TimelineDiff::Reset], items, true);
        window
    }

    /// Splices both the items and the window.
    fn splice(
        window: &mut RowWindow,
        items: &mut Vec<TimelineItem>,
        range: Range<usize>,
        new: Vec<TimelineItem>,
        reader_is_at_end: bool,
    ) {
        let diff = TimelineDiff::Splice { index: range.start, removed: range.len(), items: new.clone() };
        items.splice(range, new);
        window.apply(&[diff], items, reader_is_at_end);
        check(window, items);
    }

    /// Checks that the rows equal rows that are built from scratch.
    fn check(window: &RowWindow, items: &[TimelineItem]) {
        let mut expected = RowWindow::default();
        expected.show(window.start..window.end(), items);
        assert_eq!(window.item_count, items.len());
        for (actual, expected) in window.rows.iter().zip(&expected.rows) {
            assert_eq!(actual.values(), expected.values());
        }
    }

    fn range(window: &RowWindow) -> Range<usize> {
        window.start..window.end()
    }

    #[test]
    fn a_window_that_is_too_large_shrinks_around_the_reader() {
        for (reader_is_at_end, expected, rest) in [(true, 102..302, 302..302), (false, 0..300, 300..302)] {
            let mut items = items(1..251, 0);
            let mut window = window(&items);
            splice(&mut window, &mut items, 250..250, super::tests::items(251..302, 1), reader_is_at_end);
            assert_eq!((range(&window), window.is_at_end()), (expected.clone(), rest.is_empty()));
            splice(&mut window, &mut items, 301..301, super::tests::items(302..500, 0), false);
            assert_eq!(range(&window), if rest.is_empty() { 102..402 } else { expected });
        }
    }

    #[test]
    fn a_window_of_removed_items_moves_to_the_end() {
        for new in [items(1..30, 0), items(2_000..2_030, 1), items(1..1, 1), vec![]] {
            let mut items = items(1..1_001, 0);
            let mut window = window(&items);
            assert!(window.scroll_to(ScrollTo::Message(1_000), &items));
            splice(&mut window, &mut items, 0..1_000, new, false);
            assert_eq!((range(&window), window.is_at_end()), (0..items.len(), true));
        }
    }

    #[test]
    fn a_moved_window_keeps_the_rows_in_view() {
        let items = items(1..1_001, 2);
        let mut window = window(&items);
        assert_eq!(range(&window), 802..1_002);
        for (target, expected) in [
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
            let kept = window.rows.iter().find(|row| row.key == items[expected.start].key).cloned();
            window.scroll_to(target, &items);
            assert_eq!(range(&window), expected, "{target:?}");
            check(&window, &items);
            if let Some(kept) = kept {
                kept.at.set(7);
                assert_eq!(window.rows[0].at.get_untracked(), 7, "{target:?}: the row stays");
                kept.at.set(items[expected.start].at);
            }
        }
        assert!(window.is_at_end() && !window.scroll_to(ScrollTo::Latest, &items));
    }

    #[test]
    fn a_window_at_the_first_item_grows_with_older_items() {
        let mut items = items(100..200, 0);
        let mut window = window(&items);
        splice(&mut window, &mut items, 0..0, super::tests::items(50..100, 0), true);
        assert_eq!(range(&window), 0..150);
        let mut older = super::tests::items(50..300, 0);
        let mut further_down = RowWindow::default();
        further_down.show(40..150, &older);
        splice(&mut further_down, &mut older, 0..0, super::tests::items(1..50, 0), true);
        assert_eq!(range(&further_down), 89..199);
    }

    #[test]
    fn a_message_that_moves_keeps_its_row() {
        let mut items = items(1..4, 2);
        let mut window = window(&items);
        let row = window.rows[4].clone();
        let sent = TimelineItem { seq: Some(9), ..items.remove(4) };
        items.insert(3, sent.clone());
        let diffs = [
            TimelineDiff::Splice { index: 4, removed: 1, items: vec![] },
            TimelineDiff::Splice { index: 3, removed: 0, items: vec![sent] },
        ];
        assert!(window.apply(&diffs, &items, true));
        assert_eq!((row.seq.get_untracked(), &window.rows[3].key), (Some(9), &row.key));
        check(&window, &items);
    }

    #[test]
    fn an_update_changes_no_other_row() {
        let mut items = items(1..4, 0);
        let mut window = window(&items);
        items[1].text = "edited".into();
        items[1].edited = Some(5);
        let diff = TimelineDiff::Splice { index: 1, removed: 1, items: vec![items[1].clone()] };
        assert!(!window.apply(&[diff], &items, true), "the rows are the same");
        check(&window, &items);
    }

    /// Applies random diffs, and scrolls at random.
    #[test]
    fn rows_after_diffs_equal_rows_from_scratch() {
        let mut seed = 7_u64;
        let mut below = move |bound: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) as usize % bound
        };
        let (mut items, mut window) = (items(1..400, 3), RowWindow::default());
        window.apply(&[TimelineDiff::Reset], &items, true);
        for step in 0..400 {
            let mut diffs = Vec::new();
            for part in 0..below(3) {
                let index = [0, items.len(), below(items.len() + 1)][below(3)];
                let removed = [0, 1, below(60)][below(3)].min(items.len() - index);
                let mut new: Vec<_> = (0..[0, 1, below(60)][below(3)])
                    .map(|number| item(&format!("{step}-{part}-{number}"), below(900) as u64 * 1_000, None))
                    .collect();
                // Some items stay, with other content.
                new.extend(items[index..index + removed].iter().filter(|_| below(2) == 0).cloned());
                for item in &mut new {
                    item.seq = [None, Some(below(2_000) as u64)][below(2)];
                    item.at += below(2) as u64 * 1_000;
                    item.edited = [None, Some(below(9) as u64)][below(2)];
                    item.reply =
                        [None, Some(Reply { seq: 1, author: item.author.clone(), text: "q".into() })][below(2)].clone();
                    item.reactions =
                        vec![Reaction { emoji: "👍".into(), people: vec![item.author.clone()] }; below(2)];
                }
                items.splice(index..index + removed, new.clone());
                diffs.push(TimelineDiff::Splice { index, removed, items: new });
            }
            if below(50) == 0 {
                diffs = vec![TimelineDiff::Reset];
            }
            let (keys, is_at_end) = (keys(&window), window.is_at_end());
            let is_changed = window.apply(&diffs, &items, is_at_end && below(2) == 0);
            assert!(is_changed || keys == super::tests::keys(&window), "a change of the rows is reported");
            check(&window, &items);
            assert!(window.rows.len() <= MAX_ROWS && window.rows.is_empty() == items.is_empty());
            let target = [ScrollTo::Older, ScrollTo::Newer, ScrollTo::Latest][below(3)];
            if below(4) == 0 {
                window.scroll_to(target, &items);
                check(&window, &items);
            }
        }
    }

    fn keys(window: &RowWindow) -> Vec<String> {
        window.rows.iter().map(|row| row.key.clone()).collect()
    }
}
