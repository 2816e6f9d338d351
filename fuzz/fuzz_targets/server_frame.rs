#![no_main]

#[path = "../../protocol/tests/corpus/server_frame/mod.rs"]
mod server_frame;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    server_frame::check(bytes);
});
