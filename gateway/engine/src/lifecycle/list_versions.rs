//! Lists the versions of an object, disabled ones too.

use portcullis_model::{ObjectName, ObjectVersion, Page};

use super::page::{cut, with_next};
use super::{Lifecycle, Version};
use crate::EngineError;

impl Lifecycle<'_> {
    /// In the order of the versions' ids, which is stable. An unknown object has no versions.
    pub(crate) async fn list_versions(
        &self,
        name: &ObjectName,
        page: &Page<ObjectVersion>,
    ) -> Result<(Vec<Version>, Option<ObjectVersion>), EngineError> {
        let after = page.after.as_ref().map(Into::into);
        let Some((stored, mut versions)) = self.objects.page_versions(name, after, with_next(page.limit)).await? else {
            return Ok((Vec::new(), None));
        };
        let next = cut(&mut versions, page.limit, |version| version.id.into());
        let versions = versions.into_iter().map(|version| self.version(&stored.head, version));
        Ok((versions.collect::<Result<_, _>>()?, next))
    }
}
