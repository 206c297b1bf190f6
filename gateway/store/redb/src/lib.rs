//! The store on one machine, in a redb file.
//!
//! | table | key | value |
//! |---|---|---|
//! | `records` | the record's key | revision (8 bytes, little-endian), then the record's bytes |
//! | `meta` | `application`, `version`, `revision` | `portcullis store`; format version and last revision (8 bytes, little-endian) |
//!
//! One thread writes. It takes all batches that wait, carries them out in one transaction, syncs once and then answers
//! each: a sync costs the same for one batch as for a hundred. Reads go past it, on the snapshot of the last commit,
//! and run on the caller's thread: what they read is in redb's cache or the page cache, so they take microseconds, less
//! than handing them to another thread would. A read that does reach the disk holds its thread for one disk access;
//! that was preferred to paying the hand-over on every read.
//!
//! Depends on store. The only crate that names redb.

mod database;
mod failure;
mod file;
mod group;
mod open_error;
mod resync;
mod snapshot;
mod store;
mod writer;

pub use open_error::OpenError;
pub use store::{DEFAULT_CACHE, RedbStore};
