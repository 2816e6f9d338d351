mod harness;
mod history;
mod script;

use client::{ConnectionStatus, Notice};
use protocol::Cursor;

use harness::ScriptHarness;

/// How many lines of a script are run. Longer scripts find no more and are slower.
const LINES: usize = 300;

/// Checks that for any frames in any order, the client does not panic, shows nothing twice or out of order, shows an
/// end of one history without gaps, and removes nothing from it without a notice. Returns whether anything was shown.
pub fn check(bytes: &[u8]) -> bool {
    let Ok(script) = str::from_utf8(bytes) else { return false };
    let mut harness = ScriptHarness::new();
    let mut last = None;
    let mut shown = false;
    for step in script.lines().take(LINES).filter_map(script::read) {
        harness.run(step);
        if matches!(harness.client.connection_status(), ConnectionStatus::Stopped(_)) {
            break;
        }
        let cursor = harness.cursor();
        check_progress(last.as_ref(), cursor.as_ref(), &harness);
        if let (Some(room), Some(cursor)) = (harness.room(), &cursor) {
            harness.history.check(room.timeline(), cursor);
            shown |= !room.timeline().is_empty();
        }
        last = cursor;
    }
    shown
}

/// Checks that the cursor moves forward, or that the room has a notice about another history.
fn check_progress(last: Option<&Cursor>, now: Option<&Cursor>, harness: &ScriptHarness) {
    let (Some(last), Some(room)) = (last, harness.room()) else { return };
    let now = now.expect("a loaded room stays loaded while it is open");
    let forward = now == last || (now.epoch == last.epoch && now.seq > last.seq);
    assert!(
        forward || room.history_state().notice == Some(Notice::Reset),
        "from {last:?} to {now:?} with {:?}",
        room.history_state().notice
    );
}
