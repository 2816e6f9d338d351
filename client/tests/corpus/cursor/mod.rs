mod harness;
mod history;
mod script;

use client::{ConnectionStatus, Notice};
use protocol::Cursor;

use harness::Harness;

/// So long a script is no better than a shorter one, and slower.
const LINES: usize = 300;

/// Whatever a server says, in whatever order: no panic, nothing shown twice or out of order, what is shown is an unbroken
/// end of one history, and it is never taken back without a word. True if something was shown.
pub fn check(bytes: &[u8]) -> bool {
    let Ok(script) = str::from_utf8(bytes) else { return false };
    let mut harness = Harness::new();
    let mut last = None;
    let mut shown = false;
    for step in script.lines().take(LINES).filter_map(script::read) {
        harness.take(step);
        if matches!(harness.client.link(), ConnectionStatus::Stopped(_)) {
            break;
        }
        let cursor = harness.cursor();
        check_progress(last.as_ref(), cursor.as_ref(), &harness);
        if let (Some(room), Some(cursor)) = (harness.room(), &cursor) {
            harness.history.check(room.lines(), cursor);
            shown |= !room.lines().is_empty();
        }
        last = cursor;
    }
    shown
}

/// The cursor goes forward, or the person is told that the history is another one.
fn check_progress(last: Option<&Cursor>, now: Option<&Cursor>, harness: &Harness) {
    let (Some(last), Some(room)) = (last, harness.room()) else { return };
    let now = now.expect("what was loaded stays so while the room is open");
    let forward = now == last || (now.epoch == last.epoch && now.seq > last.seq);
    assert!(forward || room.notice() == Some(Notice::Reset), "from {last:?} to {now:?} with {:?}", room.notice());
}
