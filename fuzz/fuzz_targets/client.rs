#![no_main]

#[path = "../../client/tests/corpus/client/mod.rs"]
mod client;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    client::check(bytes);
});
