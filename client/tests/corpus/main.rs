//! Runs what the fuzz target `cursor` checks over its corpus, without a fuzzer: what once broke something stays mended.
//! `cursor/script.rs` tells how a file is read.
#![expect(clippy::unwrap_used, reason = "a corpus that cannot be read must fail the test")]

mod cursor;
#[path = "../../../protocol/tests/corpus/files.rs"]
mod files;

#[test]
fn whatever_a_server_says_what_is_shown_is_one_unbroken_history() {
    let (files, showing) = files::check("cursor", cursor::check);
    assert!(files >= 20 && showing >= 15, "{showing} of {files} show something");
}
