//! See `portcullis_fuzz::targets::pkcs12`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| portcullis_fuzz::targets::pkcs12(data));
