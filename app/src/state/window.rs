use std::ops::Range;

use client::TimelineItem;

/// The most lines that are drawn.
pub(super) const MOST: usize = 300;
/// What is drawn of them once there were more, or where the window is moved to.
pub(super) const SOME: usize = 200;

/// The stretch of a room's lines that is drawn, by the numbers of its ends: they stay the same whatever is loaded before it and
/// said after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Zero where it begins with whatever is the first line.
    from: u64,
    to: u64,
}

impl Window {
    /// All lines, as far as they are few.
    pub const ALL: Self = Self { from: 0, to: u64::MAX };

    /// Whether the latest message is in it, and what is not sent yet.
    pub const fn is_at_end(self) -> bool {
        self.to == u64::MAX
    }

    /// Where in the lines it is.
    pub fn range(self, lines: &[TimelineItem]) -> Range<usize> {
        let end = if self.is_at_end() { lines.len() } else { place_of(lines, self.to + 1) };
        place_of(lines, self.from).min(end)..end
    }

    /// As lines have come and gone. If there are too many it stays with the reader, who is at the end or somewhere above.
    pub fn fitted(self, lines: &[TimelineItem], is_at_end: bool) -> Self {
        let Range { start, end } = self.range(lines);
        let range = match end - start {
            0 => lines.len().saturating_sub(SOME)..lines.len(),
            count if count <= MOST => start..end,
            _ if is_at_end => end - SOME..end,
            _ => start..start + MOST,
        };
        Self::over(range, lines)
    }

    pub(super) fn over(range: Range<usize>, lines: &[TimelineItem]) -> Self {
        let from = if range.start == 0 { None } else { lines[range.start].seq };
        // What is not sent yet has no number and stands at the end.
        let last = if range.end == lines.len() { None } else { lines[range].iter().rev().find_map(|line| line.seq) };
        Self { from: from.unwrap_or(0), to: last.unwrap_or(u64::MAX) }
    }
}

/// Where the first line stands that has this number or a larger one, or none yet.
pub fn place_of(lines: &[TimelineItem], seq: u64) -> usize {
    lines.partition_point(|line| line.seq.is_some_and(|known| known < seq))
}

#[cfg(test)]
pub(super) mod tests {
    use protocol::User;

    use super::*;

    /// Lines with every second number, as if each had a reaction.
    pub fn lines(numbers: Range<u64>, pending: usize) -> Vec<TimelineItem> {
        let user = || User { id: "u_ana".into(), name: "Ana".into() };
        let line = |seq: Option<u64>| TimelineItem { seq, ..TimelineItem::new(user(), "m", String::new(), 0) };
        numbers.map(|number| line(Some(number * 2))).chain((0..pending).map(|_| line(None))).collect()
    }

    #[test]
    fn stays_with_the_reader_when_there_are_too_many() {
        let window = Window::ALL.fitted(&lines(1..251, 0), true);
        let more = lines(1..302, 1);
        assert_eq!(window.fitted(&more, true).range(&more), 102..302);
        let above = window.fitted(&more, false);
        assert_eq!(above.range(&more), 0..300);
        assert!(!above.is_at_end());
        assert_eq!(above.fitted(&lines(1..500, 0), false).range(&lines(1..500, 0)), 0..300);
    }

    #[test]
    fn goes_to_the_end_where_what_it_showed_is_gone() {
        let window = Window::over(400..600, &lines(1..1_001, 0));
        for now in [lines(1..30, 0), lines(2_000..2_030, 1), lines(1..1, 1)] {
            let fitted = window.fitted(&now, false);
            assert!(fitted.is_at_end());
            assert_eq!(fitted.range(&now), 0..now.len());
        }
    }

    #[test]
    fn what_is_not_sent_yet_is_beneath_the_latest() {
        let none_is_sent = lines(1..1, 400);
        assert_eq!(Window::ALL.fitted(&none_is_sent, false).range(&none_is_sent), 0..400);
    }
}
