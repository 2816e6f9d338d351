//! Runs the checks of the fuzz targets over their corpus, without a fuzzer, to prevent regressions. Each file of
//! `fuzz/corpus` is one input.
#![expect(clippy::unwrap_used, reason = "a corpus that cannot be read must fail the test")]

mod client_frame;
mod files;
mod server_frame;

#[test]
fn client_frames_are_refused_or_round_trip() {
    let (files, frames) = files::check("client_frame", client_frame::check);
    assert!(files >= 20 && frames >= 10, "{frames} of {files} are frames");
}

#[test]
fn server_frames_are_decoded_as_by_plain_serde() {
    let (files, frames) = files::check("server_frame", server_frame::check);
    assert!(files >= 30 && frames >= 20, "{frames} of {files} are frames");
}
