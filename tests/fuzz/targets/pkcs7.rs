//! See `portcullis_fuzz::targets::pkcs7`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| portcullis_fuzz::targets::pkcs7(data));
