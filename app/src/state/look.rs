use std::ops::Range;

use client::TimelineItem;

use super::window::{MOST, SOME, Window, place_of};

/// By how many lines the window is moved.
const STEP: usize = 100;

/// Where a reader wants to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Further up.
    Back,
    /// Further down.
    Forward,
    /// At the latest message.
    Latest,
    /// Around the message of that number.
    At(u64),
}

impl Window {
    /// Moved there. `None` where nothing is loaded that is not drawn.
    pub fn moved(self, look: Look, lines: &[TimelineItem]) -> Option<Self> {
        let Range { start, end } = self.range(lines);
        let range = match look {
            Look::Back if start == 0 => return None,
            Look::Back => {
                let start = start.saturating_sub(STEP);
                start..end.min(start + MOST)
            }
            Look::Forward | Look::Latest if self.is_at_end() => return None,
            Look::Forward => {
                let end = lines.len().min(end + STEP);
                start.max(end.saturating_sub(MOST))..end
            }
            Look::Latest => lines.len().saturating_sub(SOME)..lines.len(),
            Look::At(seq) => {
                let place = place_of(lines, seq);
                place.saturating_sub(STEP)..lines.len().min(place + STEP)
            }
        };
        Some(Self::over(range, lines))
    }
}

#[cfg(test)]
mod tests {
    use super::{super::window::tests::lines, *};

    #[test]
    fn moves_up_and_down_without_letting_go_of_what_is_in_view() {
        let lines = lines(1..1_001, 2);
        let mut window = Window::ALL.fitted(&lines, true);
        assert_eq!(window.range(&lines), 802..1_002);
        for (look, range) in [
            (Look::Forward, 802..1_002),
            (Look::Back, 702..1_002),
            (Look::Back, 602..902),
            (Look::Back, 502..802),
            (Look::Forward, 602..902),
            (Look::At(600), 199..399),
            (Look::Back, 99..399),
            (Look::Back, 0..300),
            (Look::Back, 0..300),
            (Look::At(1_900), 849..1_002),
            (Look::At(10), 0..104),
            (Look::Latest, 802..1_002),
        ] {
            window = window.moved(look, &lines).unwrap_or(window);
            assert_eq!(window.range(&lines), range, "{look:?}");
            assert_eq!(window.fitted(&lines, false).range(&lines), range, "{look:?}");
        }
        assert!(window.is_at_end());
        assert_eq!(window.moved(Look::Latest, &lines), None);
    }

    #[test]
    fn takes_older_lines_in_at_the_first_one_and_nowhere_else() {
        let at_the_first = Window::ALL.fitted(&lines(100..200, 0), true);
        assert_eq!(at_the_first.range(&lines(50..200, 0)), 0..150);
        let older = lines(1..200, 0);
        let further_down = Window::ALL.moved(Look::At(380), &older).expect("it moves");
        assert_eq!(further_down.range(&older), 89..199);
        assert_eq!(further_down.range(&lines(50..200, 0)), 40..150);
    }
}
