//! See `portcullis_fuzz::targets::pem`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| portcullis_fuzz::targets::pem(data));
