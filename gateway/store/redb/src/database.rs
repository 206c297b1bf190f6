//! The redb database: its tables, and how it is recognised as ours.

use std::sync::Arc;

use portcullis_store::Revision;
use redb::{Builder, Database, ReadableDatabase, ReadableTable, StorageBackend, TableDefinition, TableError};

use crate::failure::guard;
use crate::snapshot::Snapshot;

/// The records by their keys.
pub(crate) const RECORDS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("records");
/// What is said of the store as a whole.
pub(crate) const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");
/// The entry of [`META`] with the revision of the last commit.
pub(crate) const REVISION: &str = "revision";

/// A database that is open and ours, with its present state.
pub(crate) struct Opened {
    pub(crate) database: Database,
    pub(crate) snapshot: Arc<Snapshot>,
}

/// Why it is not.
#[derive(Debug)]
pub(crate) enum OpenFailure {
    Redb(redb::Error),
    Foreign,
    Newer { found: u64, known: u64 },
}

impl<E: Into<redb::Error>> From<E> for OpenFailure {
    fn from(error: E) -> Self {
        Self::Redb(error.into())
    }
}

/// Opens the database on a medium, with a cache of so many bytes, and makes it ours if it holds nothing.
pub(crate) fn open(backend: impl StorageBackend, cache: usize) -> Result<Opened, OpenFailure> {
    guard(|| {
        let database = Builder::new().set_cache_size(cache).create_with_backend(backend)?;
        if database.begin_read()?.list_tables()?.next().is_none() {
            initialise(&database)?;
        }
        let revision = recognise(&database)?;
        let snapshot = Arc::new(Snapshot::take(&database, revision)?);
        Ok(Opened { database, snapshot })
    })
}

fn initialise(database: &Database) -> Result<(), OpenFailure> {
    let transaction = database.begin_write()?;
    {
        let mut meta = transaction.open_table(META)?;
        meta.insert(APPLICATION, APPLICATION_NAME)?;
        meta.insert(VERSION, FORMAT.to_le_bytes().as_slice())?;
        meta.insert(REVISION, Revision::ZERO.0.to_le_bytes().as_slice())?;
        transaction.open_table(RECORDS)?;
    }
    transaction.commit()?;
    Ok(())
}

/// The revision of a database that is ours and of a format that we know.
fn recognise(database: &Database) -> Result<Revision, OpenFailure> {
    let transaction = database.begin_read()?;
    let meta = match transaction.open_table(META) {
        Ok(meta) => meta,
        Err(TableError::Storage(error)) => return Err(error.into()),
        // No such table, or one of another kind.
        Err(_) => return Err(OpenFailure::Foreign),
    };
    if meta.get(APPLICATION)?.is_none_or(|name| name.value() != APPLICATION_NAME) {
        return Err(OpenFailure::Foreign);
    }
    let found = number(&meta, VERSION)?;
    if found > FORMAT {
        return Err(OpenFailure::Newer { found, known: FORMAT });
    }
    Ok(Revision(number(&meta, REVISION)?))
}

fn number(meta: &impl ReadableTable<&'static str, &'static [u8]>, name: &str) -> Result<u64, OpenFailure> {
    let value = meta.get(name)?;
    let bytes = value.as_ref().and_then(|value| value.value().try_into().ok());
    bytes.map(u64::from_le_bytes).ok_or_else(|| {
        OpenFailure::Redb(redb::Error::Corrupted(format!("the entry {name} of the store's description is malformed")))
    })
}

const APPLICATION: &str = "application";
const APPLICATION_NAME: &[u8] = b"portcullis store";
const VERSION: &str = "version";
/// The format that this program writes. A greater one in a file is refused: its meaning is not known.
const FORMAT: u64 = 1;
