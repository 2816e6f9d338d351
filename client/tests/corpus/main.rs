//! Runs the check of the fuzz target `client` over its corpus, without a fuzzer, to prevent regressions.
//! `client/script.rs` describes the format of a file.
#![expect(clippy::unwrap_used, reason = "a corpus that cannot be read must fail the test")]

mod client;
#[path = "../../../protocol/tests/corpus/files.rs"]
mod files;

#[test]
fn timeline_is_one_history_without_gaps_for_any_server_frames() {
    let (files, showing) = files::check("client", client::check);
    assert!(files >= 20 && showing >= 15, "{showing} of {files} show something");
}
