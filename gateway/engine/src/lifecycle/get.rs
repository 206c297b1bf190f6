//! Reads a version.

use portcullis_model::{ObjectName, ObjectVersion};

use super::{Lifecycle, Version};
use crate::EngineError;

impl Lifecycle<'_> {
    /// A version of an active object, the current one unless another is named.
    pub(crate) async fn get(&self, name: &ObjectName, version: Option<&ObjectVersion>) -> Result<Version, EngineError> {
        let (stored, found) = self.objects.find(name, version).await?;
        self.version(&stored.head, found)
    }
}
