//! Reads a version with its value.

use portcullis_model::secrets::SecretOutcome;
use portcullis_model::{ObjectName, ObjectVersion, SecretText};

use super::Secrets;
use crate::EngineError;
use crate::objects::corrupt;

impl Secrets<'_> {
    /// `nbf` and `exp` of a secret only inform (wire contract, section 9): they do not keep it from being read.
    pub(super) async fn get(
        &self,
        name: &ObjectName,
        version: Option<&ObjectVersion>,
    ) -> Result<SecretOutcome, EngineError> {
        let (stored, found) = self.objects.find(name, version).await?;
        let head = stored.head;
        let key = || self.objects.version_key(head.generation, found.id);
        let (meta, value) = found.record.parts().map_err(|error| corrupt(&key(), error))?;
        if !meta.attributes.enabled {
            return Err(EngineError::Disabled { name: head.name, version: found.id.into() });
        }
        let value = str::from_utf8(value).map_err(|_| EngineError::Corrupt { key: key() })?;
        let value = SecretText::new(value.to_owned());
        Ok(SecretOutcome::Bundle(self.bundle(head.name, found.id, meta, Some(value))))
    }
}
