//! A group of batches in one transaction.

use portcullis_store::{Batch, Revision, StoreError, Write};
use redb::{Database, Durability, ReadableTable, Table};

use crate::database::{META, RECORDS, REVISION};
use crate::snapshot;

/// What became of each batch, in their order, and the last revision.
pub(crate) struct Outcome {
    pub(crate) results: Vec<Result<Revision, StoreError>>,
    pub(crate) revision: Revision,
}

/// Carries out batches one after the other after a revision, and syncs once.
///
/// Each batch sees those before it and has a revision of its own. One whose checks fail writes nothing and disturbs no
/// other. An error means that all may have been carried out, or none.
pub(crate) fn commit<'a>(
    database: &Database,
    revision: Revision,
    batches: impl Iterator<Item = &'a Batch>,
) -> Result<Outcome, redb::Error> {
    let mut transaction = database.begin_write()?;
    transaction.set_durability(Durability::Immediate)?;
    let mut outcome = Outcome { results: Vec::new(), revision };
    {
        let mut records = transaction.open_table(RECORDS)?;
        for batch in batches {
            let next = outcome.revision.next();
            let result = carry_out(&mut records, batch, next)?;
            if result.is_ok() {
                outcome.revision = next;
            }
            outcome.results.push(result);
        }
        transaction.open_table(META)?.insert(REVISION, outcome.revision.0.to_le_bytes().as_slice())?;
    }
    if outcome.revision == revision {
        transaction.abort()?;
    } else {
        transaction.commit()?;
    }
    Ok(outcome)
}

fn carry_out(
    records: &mut Table<'_, &'static [u8], &'static [u8]>,
    batch: &Batch,
    revision: Revision,
) -> Result<Result<Revision, StoreError>, redb::Error> {
    for check in batch.checks() {
        let found = records.get(check.key())?.map(|stored| snapshot::revision(stored.value())).transpose()?;
        if !check.holds(found) {
            return Ok(Err(check.conflict()));
        }
    }
    for write in batch.writes() {
        match write {
            Write::Put { key, value } => {
                records.insert(key.as_slice(), snapshot::stored(revision, value).as_slice())?;
            }
            Write::Delete { key } => {
                records.remove(key.as_slice())?;
            }
        }
    }
    Ok(Ok(revision))
}
