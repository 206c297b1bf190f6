//! The end of a vault: its data key is destroyed, then all its records are removed.

use portcullis_model::VaultId;
use portcullis_store::{Batch, StoreError};

use crate::{Engine, EngineError, layout};

/// How many records are removed at once.
const PORTION: usize = 100;

impl Engine {
    /// Erases all that is stored of a vault. The data key goes first: from then on nothing of the rest can be read, even
    /// if this is cut short. Entries of queues stay until their time and find nothing then. To be called for a vault
    /// that no request can reach any more; called again, it goes on where it was.
    ///
    /// # Errors
    /// When the store fails; it is to be called again then.
    pub async fn erase_vault(&self, vault: VaultId) -> Result<(), EngineError> {
        let key = Batch::builder().delete(layout::data_key(vault)).build().map_err(StoreError::from)?;
        self.store.commit(key).await?;
        self.keys.forget(vault);
        for prefix in layout::all_of_vault(vault) {
            loop {
                let entries = self.store.scan(&prefix, None, PORTION).await?;
                if entries.is_empty() {
                    break;
                }
                let delete =
                    |batch: portcullis_store::BatchBuilder, entry: portcullis_store::Entry| batch.delete(entry.key);
                let batch = entries.into_iter().fold(Batch::builder(), delete);
                self.store.commit(batch.build().map_err(StoreError::from)?).await?;
            }
        }
        Ok(())
    }
}
