#![no_main]

#[path = "../../protocol/tests/corpus/client_frame.rs"]
mod client_frame;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    client_frame::check(bytes);
});
