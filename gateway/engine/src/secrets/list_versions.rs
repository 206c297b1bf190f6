//! Lists the versions of a secret, disabled ones too.

use portcullis_model::secrets::{Page, SecretOutcome};
use portcullis_model::{ObjectName, ObjectVersion};

use super::{Secrets, cut, with_next};
use crate::EngineError;
use crate::objects::corrupt;

impl Secrets<'_> {
    /// In the order of the versions' ids, which is stable. An unknown secret has no versions.
    pub(super) async fn list_versions(
        &self,
        name: &ObjectName,
        page: &Page<ObjectVersion>,
    ) -> Result<SecretOutcome, EngineError> {
        let after = page.after.as_ref().map(Into::into);
        let Some((stored, mut versions)) = self.objects.page_versions(name, after, with_next(page.limit)).await? else {
            return Ok(SecretOutcome::Versions { items: Vec::new(), next: None });
        };
        let head = stored.head;
        let next = cut(&mut versions, page.limit, |version| version.id.into());
        let bundles = versions.iter().map(|version| {
            let key = || self.objects.version_key(head.generation, version.id);
            let meta = version.record.meta().map_err(|error| corrupt(&key(), error))?;
            Ok(self.bundle(head.name.clone(), version.id, meta, None))
        });
        Ok(SecretOutcome::Versions { items: bundles.collect::<Result<_, EngineError>>()?, next })
    }
}
