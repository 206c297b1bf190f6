//! See `portcullis_fuzz::targets::jwk`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| portcullis_fuzz::targets::jwk(data));
