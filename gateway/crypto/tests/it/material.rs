//! What key material promises, for each kind of key and each algorithm. Known answers are in `known_answers`.

mod decryption;
mod import;
mod properties;
mod refusals;
mod signatures;
mod storage;
