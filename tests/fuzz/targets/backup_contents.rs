//! See `portcullis_fuzz::targets::backup_contents`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| portcullis_fuzz::targets::backup_contents(data));
