//! Reads what is known of a deleted object.

use portcullis_model::ObjectName;

use super::{Lifecycle, Version};
use crate::EngineError;
use crate::record::DeletedHead;

impl Lifecycle<'_> {
    /// A deleted object and its current version.
    pub(crate) async fn get_deleted(&self, name: &ObjectName) -> Result<(DeletedHead, Version), EngineError> {
        match self.objects.latest_deleted(name).await? {
            Some((stored, latest)) => {
                let version = self.version(&stored.head.head, latest)?;
                Ok((stored.head, version))
            }
            None => Err(self.deleted_not_found(name)),
        }
    }

    pub(super) fn deleted_not_found(&self, name: &ObjectName) -> EngineError {
        EngineError::DeletedNotFound { kind: self.objects.kind(), name: name.clone() }
    }
}
