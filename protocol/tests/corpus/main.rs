//! Runs what the fuzz targets check over their corpus, without a fuzzer: what once broke something stays mended. Each file
//! of `fuzz/corpus` is one input.
#![expect(clippy::unwrap_used, reason = "a corpus that cannot be read must fail the test")]

mod client_frame;
mod files;
mod server_frame;

#[test]
fn frames_of_clients_are_refused_or_read_as_they_are() {
    let (files, frames) = files::check("client_frame", client_frame::check);
    assert!(files >= 20 && frames >= 10, "{frames} of {files} are frames");
}

#[test]
fn frames_of_servers_are_read_as_plain_serde_reads_them() {
    let (files, frames) = files::check("server_frame", server_frame::check);
    assert!(files >= 30 && frames >= 20, "{frames} of {files} are frames");
}
