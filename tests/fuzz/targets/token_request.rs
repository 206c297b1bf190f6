//! See `portcullis_fuzz::targets::token_request`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| portcullis_fuzz::targets::token_request(data));
