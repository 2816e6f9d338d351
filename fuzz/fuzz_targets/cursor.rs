#![no_main]

#[path = "../../client/tests/corpus/cursor/mod.rs"]
mod cursor;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    cursor::check(bytes);
});
