//! The data keys of the vaults.

use std::fmt;
use std::sync::Arc;

use portcullis_crypto::{DataKey, KeyEncryptionKey, OpenError, Random, RandomError, Sealer};
use portcullis_model::VaultId;
use portcullis_store::{Batch, Store, StoreError};
use quick_cache::sync::Cache;

use crate::{EngineError, layout};

/// Finds, makes and remembers the data key of each vault, sealed in the store under the key-encryption key.
pub struct VaultKeys {
    store: Arc<dyn Store>,
    key: Arc<KeyEncryptionKey>,
    random: Arc<dyn Random>,
    sealers: Cache<VaultId, Arc<Sealer>>,
}

impl VaultKeys {
    /// How many vaults' keys are remembered unless it is said otherwise.
    pub const DEFAULT_REMEMBERED: usize = 1024;

    /// Takes the key-encryption key, and remembers the keys of [`Self::DEFAULT_REMEMBERED`] vaults.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, key: Arc<KeyEncryptionKey>, random: Arc<dyn Random>) -> Self {
        Self { store, key, random, sealers: Cache::new(Self::DEFAULT_REMEMBERED) }
    }

    /// Remembers the keys of about this many vaults, those that are used most.
    #[must_use]
    pub fn remembering(self, vaults: usize) -> Self {
        Self { sealers: Cache::new(vaults), ..self }
    }

    /// The sealer of a vault, or `None` if the vault has no data key, and thus no records.
    pub(crate) async fn find(&self, vault: VaultId) -> Result<Option<Arc<Sealer>>, EngineError> {
        if let Some(sealer) = self.sealers.get(&vault) {
            return Ok(Some(sealer));
        }
        let key = layout::data_key(vault);
        let Some(record) = self.store.get(&key).await? else { return Ok(None) };
        let data_key = DataKey::open(&record.bytes, &self.key, &key).map_err(|_| EngineError::Tampered { key })?;
        Ok(Some(self.remember(vault, &data_key)))
    }

    /// The sealer of a vault, whose data key is made if there is none. To be called only if the vault has no records:
    /// a vault with records and without a key has lost it, and a new one would hide that.
    pub(crate) async fn find_or_make(&self, vault: VaultId) -> Result<Arc<Sealer>, EngineError> {
        let key = layout::data_key(vault);
        loop {
            if let Some(sealer) = self.find(vault).await? {
                return Ok(sealer);
            }
            let data_key = DataKey::generate(&*self.random)?;
            let sealed = data_key.seal(&self.key, &key, &*self.random)?;
            let batch = Batch::builder().absent(key.clone()).put(key.clone(), sealed).build();
            match self.store.commit(batch.map_err(StoreError::from)?).await {
                Ok(_) => return Ok(self.remember(vault, &data_key)),
                // Another made it first: the next turn finds it.
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Forgets the key of a vault whose record is gone.
    pub(crate) fn forget(&self, vault: VaultId) {
        self.sealers.remove(&vault);
    }

    /// A key for one backup, and the same key sealed for a context.
    pub(crate) fn make_backup_key(&self, context: &[u8]) -> Result<(Sealer, Vec<u8>), RandomError> {
        let data_key = DataKey::generate(&*self.random)?;
        let sealed = data_key.seal(&self.key, context, &*self.random)?;
        Ok((self.sealer(&data_key), sealed))
    }

    /// The key of a backup, out of its sealed form.
    pub(crate) fn open_backup_key(&self, sealed: &[u8], context: &[u8]) -> Result<Sealer, OpenError> {
        DataKey::open(sealed, &self.key, context).map(|data_key| self.sealer(&data_key))
    }

    fn remember(&self, vault: VaultId, data_key: &DataKey) -> Arc<Sealer> {
        let sealer = Arc::new(self.sealer(data_key));
        self.sealers.insert(vault, Arc::clone(&sealer));
        sealer
    }

    fn sealer(&self, data_key: &DataKey) -> Sealer {
        Sealer::new(data_key, Arc::clone(&self.random))
    }
}

impl fmt::Debug for VaultKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VaultKeys").field("remembered", &self.sealers.len()).finish_non_exhaustive()
    }
}
