//! The state after a commit, as reads see it.

use std::fmt;
use std::ops::Bound;

use portcullis_store::{Entry, MAX_SCAN, Record, Revision, StoreError};
use redb::{Database, ReadOnlyTable, ReadableDatabase};

use crate::database::RECORDS;
use crate::failure::{guard, store_error};

/// The records as of one revision.
///
/// Taken once for each commit and shared by all reads until the next, which spares them beginning a transaction and
/// looking the table up. Pages that a commit replaces are therefore reused one commit later.
pub(crate) struct Snapshot {
    revision: Revision,
    records: ReadOnlyTable<&'static [u8], &'static [u8]>,
}

impl Snapshot {
    pub(crate) fn take(database: &Database, revision: Revision) -> Result<Self, redb::Error> {
        Ok(Self { revision, records: database.begin_read()?.open_table(RECORDS)? })
    }

    pub(crate) fn revision(&self) -> Revision {
        self.revision
    }

    pub(crate) fn get(&self, key: &[u8]) -> Result<Option<Record>, StoreError> {
        guard(|| self.records.get(key)?.map(|stored| record(stored.value())).transpose()).map_err(store_error)
    }

    pub(crate) fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<Entry>, StoreError> {
        let start = match after {
            Some(after) if after >= prefix => Bound::Excluded(after),
            Some(_) | None => Bound::Included(prefix),
        };
        guard(|| self.entries(prefix, start, limit.min(MAX_SCAN))).map_err(store_error)
    }

    fn entries(&self, prefix: &[u8], start: Bound<&[u8]>, limit: usize) -> Result<Vec<Entry>, redb::Error> {
        let mut entries = Vec::new();
        for found in self.records.range::<&[u8]>((start, Bound::Unbounded))?.take(limit) {
            let (key, stored) = found?;
            if !key.value().starts_with(prefix) {
                break;
            }
            entries.push(Entry { key: key.value().to_vec(), record: record(stored.value())? });
        }
        Ok(entries)
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Snapshot({})", self.revision)
    }
}

/// The stored form of a record.
pub(crate) fn stored(revision: Revision, bytes: &[u8]) -> Vec<u8> {
    [revision.0.to_le_bytes().as_slice(), bytes].concat()
}

/// The revision in the stored form of a record.
pub(crate) fn revision(stored: &[u8]) -> Result<Revision, redb::Error> {
    let (revision, _) = split(stored)?;
    Ok(revision)
}

fn record(stored: &[u8]) -> Result<Record, redb::Error> {
    let (revision, bytes) = split(stored)?;
    Ok(Record { bytes: bytes.to_vec(), revision })
}

fn split(stored: &[u8]) -> Result<(Revision, &[u8]), redb::Error> {
    let (revision, bytes) = stored
        .split_first_chunk()
        .ok_or_else(|| redb::Error::Corrupted("a record is shorter than its revision".to_owned()))?;
    Ok((Revision(u64::from_le_bytes(*revision)), bytes))
}
