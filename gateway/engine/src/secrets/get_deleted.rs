//! Reads what is known of a deleted secret.

use portcullis_model::ObjectName;
use portcullis_model::secrets::SecretOutcome;

use super::Secrets;
use crate::EngineError;

impl Secrets<'_> {
    pub(super) async fn get_deleted(&self, name: &ObjectName) -> Result<SecretOutcome, EngineError> {
        match self.objects.deleted(name).await? {
            Some(stored) => Ok(SecretOutcome::Deleted(self.deleted_of(stored.head))),
            None => Err(EngineError::DeletedNotFound { name: name.clone() }),
        }
    }
}
