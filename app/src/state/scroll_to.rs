use std::ops::Range;

use client::TimelineItem;

use super::row_window::{MAX_ROWS, ROWS_AFTER_TRIM, RowWindow, index_of_seq};

/// By how many items the window is moved.
const STEP: usize = 100;

/// Where a reader wants to target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScrollTo {
    /// Further up.
    Older,
    /// Further down.
    Newer,
    /// At the latest message.
    Latest,
    /// Around the message of that number.
    Message(u64),
}

impl RowWindow {
    /// Moved there. `None` where nothing is loaded that is not drawn.
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
}

#[cfg(test)]
mod tests {
    use super::{super::row_window::tests::items, *};

    #[test]
    fn moves_up_and_down_without_letting_go_of_what_is_in_view() {
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
    fn takes_older_items_in_at_the_first_one_and_nowhere_else() {
        let at_the_first = RowWindow::ALL.resized(&items(100..200, 0), true);
        assert_eq!(at_the_first.range(&items(50..200, 0)), 0..150);
        let older = items(1..200, 0);
        let further_down = RowWindow::ALL.moved(ScrollTo::Message(380), &older).expect("it moves");
        assert_eq!(further_down.range(&older), 89..199);
        assert_eq!(further_down.range(&items(50..200, 0)), 40..150);
    }
}
