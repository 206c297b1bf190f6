//! The objects of one kind in one vault: their records, opened, checked against each other and sealed.

use std::sync::{Arc, OnceLock};

use portcullis_crypto::{Random, Sealer};
use portcullis_model::{Generation, ObjectKind, ObjectName, ObjectVersion, UnixTime, VaultId};
use portcullis_store::{BatchBuilder, Entry, Record, Revision, StoreError};
use zeroize::Zeroizing;

use crate::attention::attention_time;
use crate::garbage::GARBAGE;
use crate::layout::{self, AttentionEntry, GarbageEntry, ObjectEntry, PurgeEntry};
use crate::record::{self, DeletedHead, Head, Malformed, Opened, Standing, VersionId, VersionRecord};
use crate::tries::Tries;
use crate::{Engine, EngineError};

/// The objects of one kind in one vault, for the time of one call.
#[derive(Debug)]
pub(crate) struct Objects<'a> {
    engine: &'a Engine,
    vault: VaultId,
    kind: ObjectKind,
    /// Absent until the vault's data key was needed and found, or made.
    sealer: OnceLock<Arc<Sealer>>,
}

/// A head as it was read.
#[derive(Debug)]
pub(crate) struct Stored<H> {
    pub(crate) head: H,
    pub(crate) revision: Revision,
}

/// A version as it was read. It has been checked against its head.
#[derive(Debug)]
pub(crate) struct StoredVersion {
    pub(crate) id: VersionId,
    pub(crate) sequence: u64,
    pub(crate) record: VersionRecord,
    pub(crate) revision: Revision,
}

impl<'a> Objects<'a> {
    pub(crate) const fn of(engine: &'a Engine, vault: VaultId, kind: ObjectKind) -> Self {
        Self { engine, vault, kind, sealer: OnceLock::new() }
    }

    pub(crate) const fn engine(&self) -> &'a Engine {
        self.engine
    }

    pub(crate) const fn kind(&self) -> ObjectKind {
        self.kind
    }

    pub(crate) fn now(&self) -> UnixTime {
        self.engine.clock.now()
    }

    pub(crate) fn random(&self) -> &'a dyn Random {
        &*self.engine.random
    }

    pub(crate) fn tries<'n>(&self, name: &'n ObjectName) -> Tries<'n>
    where
        'a: 'n,
    {
        Tries::new(self.kind, name, self.random())
    }

    pub(crate) fn not_found(&self, name: &ObjectName, version: Option<&ObjectVersion>) -> EngineError {
        EngineError::NotFound { kind: self.kind, name: name.clone(), version: version.cloned() }
    }

    /// The refusal of a change that others keep overtaking.
    pub(crate) fn busy(&self, name: &ObjectName) -> EngineError {
        EngineError::Busy { kind: self.kind, name: name.clone() }
    }

    pub(crate) fn new_generation(&self) -> Result<Generation, EngineError> {
        let mut bytes = [0; 16];
        self.random().fill(&mut bytes)?;
        Ok(Generation::from_bytes(bytes))
    }

    pub(crate) fn active_key(&self, name: &ObjectName) -> Vec<u8> {
        layout::active(self.vault, self.kind, name)
    }

    pub(crate) fn deleted_key(&self, name: &ObjectName) -> Vec<u8> {
        layout::deleted(self.vault, self.kind, name)
    }

    pub(crate) fn version_key(&self, generation: Generation, version: VersionId) -> Vec<u8> {
        layout::version(self.vault, generation, version)
    }

    pub(crate) fn purge_key(&self, deleted: &DeletedHead) -> Vec<u8> {
        let (time, name) = (deleted.scheduled_purge, deleted.head.name.clone());
        PurgeEntry(ObjectEntry { time, vault: self.vault, kind: self.kind, name }).key()
    }

    pub(crate) fn attention_key(&self, name: &ObjectName, time: UnixTime) -> Vec<u8> {
        AttentionEntry(ObjectEntry { time, vault: self.vault, kind: self.kind, name: name.clone() }).key()
    }

    pub(crate) const fn garbage(&self, generation: Generation, time: UnixTime) -> GarbageEntry {
        GarbageEntry { time, vault: self.vault, generation }
    }
}

/// Reading.
impl Objects<'_> {
    /// The head of an active object.
    pub(crate) async fn active(&self, name: &ObjectName) -> Result<Option<Stored<Head>>, EngineError> {
        let key = self.active_key(name);
        self.get(&key).await?.map(|record| self.open_active(&key, &record)).transpose()
    }

    /// The head of a deleted object.
    pub(crate) async fn deleted(&self, name: &ObjectName) -> Result<Option<Stored<DeletedHead>>, EngineError> {
        let key = self.deleted_key(name);
        self.get(&key).await?.map(|record| self.open_deleted(&key, &record)).transpose()
    }

    /// Whether a deleted object has the name.
    pub(crate) async fn is_deleted(&self, name: &ObjectName) -> Result<bool, EngineError> {
        Ok(self.get(&self.deleted_key(name)).await?.is_some())
    }

    /// A page of active objects in the order of their names.
    pub(crate) async fn page_active(
        &self,
        after: Option<&ObjectName>,
        limit: usize,
    ) -> Result<Vec<Stored<Head>>, EngineError> {
        let after = after.map(|name| self.active_key(name));
        let entries = self.scan(&layout::all_active(self.vault, self.kind), after.as_deref(), limit).await?;
        entries.iter().map(|entry| self.open_active(&entry.key, &entry.record)).collect()
    }

    /// A page of deleted objects in the order of their names.
    pub(crate) async fn page_deleted(
        &self,
        after: Option<&ObjectName>,
        limit: usize,
    ) -> Result<Vec<Stored<DeletedHead>>, EngineError> {
        let after = after.map(|name| self.deleted_key(name));
        let entries = self.scan(&layout::all_deleted(self.vault, self.kind), after.as_deref(), limit).await?;
        entries.iter().map(|entry| self.open_deleted(&entry.key, &entry.record)).collect()
    }

    /// An active object with one of its versions, the current one unless another is named. [`EngineError::NotFound`]
    /// if there is no such object or version.
    pub(crate) async fn find(
        &self,
        name: &ObjectName,
        version: Option<&ObjectVersion>,
    ) -> Result<(Stored<Head>, StoredVersion), EngineError> {
        let found = match version {
            None => self.latest(name).await?,
            Some(version) => self.named(name, version.into()).await?,
        };
        found.ok_or_else(|| self.not_found(name, version))
    }

    /// An active object with its current version.
    pub(crate) async fn latest(&self, name: &ObjectName) -> Result<Option<(Stored<Head>, StoredVersion)>, EngineError> {
        let mut tries = self.tries(name);
        loop {
            let Some(head) = self.active(name).await? else { return Ok(None) };
            match self.current(&head.head).await {
                Ok(version) => return Ok(Some((head, version))),
                Err(error) => self.unless_changed(&self.active_key(name), head.revision, error).await?,
            }
            tries.again().await?;
        }
    }

    /// A deleted object with its current version.
    pub(crate) async fn latest_deleted(
        &self,
        name: &ObjectName,
    ) -> Result<Option<(Stored<DeletedHead>, StoredVersion)>, EngineError> {
        let mut tries = self.tries(name);
        loop {
            let Some(head) = self.deleted(name).await? else { return Ok(None) };
            match self.current(&head.head.head).await {
                Ok(version) => return Ok(Some((head, version))),
                Err(error) => self.unless_changed(&self.deleted_key(name), head.revision, error).await?,
            }
            tries.again().await?;
        }
    }

    /// An active object with a page of its versions, in the order of their ids.
    pub(crate) async fn page_versions(
        &self,
        name: &ObjectName,
        after: Option<VersionId>,
        limit: usize,
    ) -> Result<Option<(Stored<Head>, Vec<StoredVersion>)>, EngineError> {
        let mut tries = self.tries(name);
        loop {
            let Some(head) = self.active(name).await? else { return Ok(None) };
            match self.scan_versions(&head.head, after, limit).await {
                Ok(versions) => return Ok(Some((head, versions))),
                Err(error) => self.unless_changed(&self.active_key(name), head.revision, error).await?,
            }
            tries.again().await?;
        }
    }

    /// Some versions of an object, in the order of their ids.
    pub(crate) async fn scan_versions(
        &self,
        head: &Head,
        after: Option<VersionId>,
        limit: usize,
    ) -> Result<Vec<StoredVersion>, EngineError> {
        let prefix = layout::all_versions(self.vault, head.generation);
        let after = after.map(|version| self.version_key(head.generation, version));
        let entries = self.scan(&prefix, after.as_deref(), limit).await?;
        entries.into_iter().map(|Entry { key, record }| self.open_version(head, key, &record)).collect()
    }

    /// Whether a head is still as it was read.
    pub(crate) async fn is_unchanged(&self, key: &[u8], revision: Revision) -> Result<bool, EngineError> {
        Ok(self.get(key).await?.is_some_and(|record| record.revision == revision))
    }

    async fn named(
        &self,
        name: &ObjectName,
        version: VersionId,
    ) -> Result<Option<(Stored<Head>, StoredVersion)>, EngineError> {
        let mut tries = self.tries(name);
        loop {
            let Some(head) = self.active(name).await? else { return Ok(None) };
            match self.version(&head.head, version).await {
                Ok(version) => return Ok(version.map(|version| (head, version))),
                Err(error) => self.unless_changed(&self.active_key(name), head.revision, error).await?,
            }
            tries.again().await?;
        }
    }

    /// Records that disagree are no sign of tampering if the head was changed between the reads of the two.
    async fn unless_changed(&self, key: &[u8], revision: Revision, error: EngineError) -> Result<(), EngineError> {
        match error {
            EngineError::Tampered { .. } if !self.is_unchanged(key, revision).await? => Ok(()),
            error => Err(error),
        }
    }

    async fn current(&self, head: &Head) -> Result<StoredVersion, EngineError> {
        let missing = || EngineError::Tampered { key: self.version_key(head.generation, head.version) };
        self.version(head, head.version).await?.ok_or_else(missing)
    }

    async fn version(&self, head: &Head, version: VersionId) -> Result<Option<StoredVersion>, EngineError> {
        let key = self.version_key(head.generation, version);
        match self.get(&key).await? {
            Some(record) => self.open_version(head, key, &record).map(Some),
            None if version == head.version => Err(EngineError::Tampered { key }),
            None => Ok(None),
        }
    }

    fn open_active(&self, key: &[u8], record: &Record) -> Result<Stored<Head>, EngineError> {
        let opened = self.open(key, record)?;
        let head = Head::decode(&opened).map_err(|error| corrupt(key, error))?;
        Ok(Stored { head, revision: record.revision })
    }

    fn open_deleted(&self, key: &[u8], record: &Record) -> Result<Stored<DeletedHead>, EngineError> {
        let opened = self.open(key, record)?;
        let head = DeletedHead::decode(&opened).map_err(|error| corrupt(key, error))?;
        Ok(Stored { head, revision: record.revision })
    }

    /// Opens a version, and checks that it agrees with its head (invariant 3).
    fn open_version(&self, head: &Head, key: Vec<u8>, record: &Record) -> Result<StoredVersion, EngineError> {
        let Opened { generation, sequence, plaintext } = self.open(&key, record)?;
        let Some(id) = layout::version_of(&key) else { return Err(EngineError::Tampered { key }) };
        let version = VersionRecord::from_bytes(plaintext);
        let standing = version.standing().map_err(|error| corrupt(&key, error))?;
        let agrees = match standing {
            Standing::Current => id == head.version && sequence == head.sequence,
            Standing::Superseded => id != head.version,
        };
        if !agrees || generation != head.generation {
            return Err(EngineError::Tampered { key });
        }
        Ok(StoredVersion { id, sequence, record: version, revision: record.revision })
    }

    fn open(&self, key: &[u8], record: &Record) -> Result<Opened, EngineError> {
        record::open(self.sealer()?, key, &record.bytes).map_err(|_| EngineError::Tampered { key: key.to_vec() })
    }

    async fn get(&self, key: &[u8]) -> Result<Option<Record>, EngineError> {
        let record = self.engine.store.get(key).await?;
        if record.is_some() {
            self.find_sealer().await?;
        }
        Ok(record)
    }

    async fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<Entry>, EngineError> {
        let entries = self.engine.store.scan(prefix, after, limit).await?;
        if !entries.is_empty() {
            self.find_sealer().await?;
        }
        Ok(entries)
    }

    /// Finds the vault's data key once there are records: it was made before the first of them.
    async fn find_sealer(&self) -> Result<(), EngineError> {
        if self.sealer.get().is_none() {
            let sealer = self.engine.keys.find(self.vault).await?;
            let sealer = sealer.ok_or_else(|| self.data_key_lost())?;
            self.sealer.get_or_init(|| sealer);
        }
        Ok(())
    }

    fn sealer(&self) -> Result<&Sealer, EngineError> {
        self.sealer.get().map(|sealer| &**sealer).ok_or_else(|| self.data_key_lost())
    }

    fn data_key_lost(&self) -> EngineError {
        EngineError::Tampered { key: layout::data_key(self.vault) }
    }
}

/// Records that belong to no object, such as a vault's contacts: sealed for their place, without versions.
impl Objects<'_> {
    /// What stands at a place, and its revision.
    pub(crate) async fn read_alone(&self, key: &[u8]) -> Result<Option<(Zeroizing<Vec<u8>>, Revision)>, EngineError> {
        let Some(record) = self.get(key).await? else { return Ok(None) };
        let Opened { plaintext, .. } = self.open(key, &record)?;
        Ok(Some((plaintext, record.revision)))
    }

    /// A page of such records, each with its key.
    pub(crate) async fn page_alone(
        &self,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Zeroizing<Vec<u8>>>, EngineError> {
        let entries = self.scan(prefix, after, limit).await?;
        let open = |entry: &Entry| self.open(&entry.key, &entry.record).map(|opened| opened.plaintext);
        entries.iter().map(open).collect()
    }

    /// Adds to a batch such a record.
    pub(crate) fn put_alone(
        &self,
        batch: BatchBuilder,
        key: Vec<u8>,
        plaintext: &[u8],
    ) -> Result<BatchBuilder, EngineError> {
        let sealed = self.seal(&key, Generation::from_bytes([0; 16]), 0, plaintext)?;
        Ok(batch.put(key, sealed))
    }
}

/// Writing.
impl Objects<'_> {
    /// Makes sure that the vault has a data key, before something is sealed that may be its first record. A vault that
    /// has records and no key has lost it: a new one would hide that.
    pub(crate) async fn prepare_to_seal(&self) -> Result<(), EngineError> {
        if self.sealer.get().is_some() {
            return Ok(());
        }
        if let Some(sealer) = self.engine.keys.find(self.vault).await? {
            self.sealer.get_or_init(|| sealer);
            return Ok(());
        }
        for heads in layout::all_heads(self.vault) {
            // Finds the key as well, if another made it and these records meanwhile.
            self.scan(&heads, None, 1).await?;
        }
        let sealer = self.engine.keys.find_or_make(self.vault).await?;
        self.sealer.get_or_init(|| sealer);
        Ok(())
    }

    /// When an object is to be looked at, as its head says.
    pub(crate) fn attention(&self, head: &Head) -> Option<UnixTime> {
        attention_time(self.kind, head)
    }

    /// Adds to a batch that an object is no longer to be looked at as its head said.
    pub(crate) fn drop_attention(&self, batch: BatchBuilder, head: &Head) -> BatchBuilder {
        match self.attention(head) {
            Some(time) => batch.delete(self.attention_key(&head.name, time)),
            None => batch,
        }
    }

    /// Adds to a batch the head of an active object, and the time at which it is to be looked at again. `before` is the
    /// time that its former head said.
    pub(crate) fn put_active(
        &self,
        batch: BatchBuilder,
        before: Option<UnixTime>,
        head: &Head,
    ) -> Result<BatchBuilder, EngineError> {
        let key = self.active_key(&head.name);
        let sealed = self.seal(&key, head.generation, head.sequence, &head.encode())?;
        let batch = batch.put(key, sealed);
        let after = self.attention(head);
        let batch = match before.filter(|before| after != Some(*before)) {
            Some(before) => batch.delete(self.attention_key(&head.name, before)),
            None => batch,
        };
        Ok(match after {
            Some(time) => batch.put(self.attention_key(&head.name, time), []),
            None => batch,
        })
    }

    pub(crate) fn seal_deleted(&self, deleted: &DeletedHead) -> Result<Vec<u8>, EngineError> {
        let head = &deleted.head;
        self.seal(&self.deleted_key(&head.name), head.generation, head.sequence, &deleted.encode())
    }

    pub(crate) fn seal_version(
        &self,
        generation: Generation,
        version: VersionId,
        sequence: u64,
        record: &VersionRecord,
    ) -> Result<Vec<u8>, EngineError> {
        self.seal(&self.version_key(generation, version), generation, sequence, record.as_bytes())
    }

    /// Adds to a batch the current version of a head, as it is to be under that head.
    pub(crate) fn put_current(
        &self,
        batch: BatchBuilder,
        head: &Head,
        record: &VersionRecord,
    ) -> Result<BatchBuilder, EngineError> {
        let sealed = self.seal_version(head.generation, head.version, head.sequence, record)?;
        Ok(batch.put(self.version_key(head.generation, head.version), sealed))
    }

    /// Adds to a batch the purge of a deleted object, which leaves its versions as garbage.
    pub(crate) fn purge(
        &self,
        batch: BatchBuilder,
        stored: &Stored<DeletedHead>,
        garbage: &GarbageEntry,
    ) -> BatchBuilder {
        let key = self.deleted_key(&stored.head.head.name);
        batch
            .unchanged(key.clone(), stored.revision)
            .delete(key)
            .delete(self.purge_key(&stored.head))
            .put(garbage.key(), [GARBAGE])
    }

    /// Carries a batch out, or gives `None` if one of its checks does not hold.
    pub(crate) async fn commit(&self, batch: BatchBuilder) -> Result<Option<Revision>, EngineError> {
        self.engine.commit(batch).await
    }

    fn seal(
        &self,
        key: &[u8],
        generation: Generation,
        sequence: u64,
        plaintext: &[u8],
    ) -> Result<Vec<u8>, EngineError> {
        Ok(record::seal(self.sealer()?, key, generation, sequence, plaintext)?)
    }
}

impl Engine {
    /// Carries a batch out, or gives `None` if one of its checks does not hold.
    pub(crate) async fn commit(&self, batch: BatchBuilder) -> Result<Option<Revision>, EngineError> {
        match self.store.commit(batch.build().map_err(StoreError::from)?).await {
            Ok(revision) => Ok(Some(revision)),
            Err(StoreError::Conflict { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

pub(crate) fn corrupt(key: &[u8], _: Malformed) -> EngineError {
    EngineError::Corrupt { key: key.to_vec() }
}
