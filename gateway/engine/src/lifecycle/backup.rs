//! Backs an object up with all its versions.

use portcullis_model::ObjectName;

use super::{Lifecycle, Through};
use crate::EngineError;
use crate::backup::{self, Backup, Origin};
use crate::objects::StoredVersion;
use crate::record::Head;

impl Lifecycle<'_> {
    /// The sealed bytes, which restore in vaults of the same subscription and geography.
    pub(crate) async fn backup(&self, name: &ObjectName) -> Result<Vec<u8>, EngineError> {
        let backup = self.gather(name, Through::Itself).await?;
        let objects = &self.objects;
        backup::seal(&backup.encode(), &Origin::of(self.vault, objects.kind()), &objects.engine().keys)
    }

    /// All that a backup holds of an object.
    pub(crate) async fn gather(&self, name: &ObjectName, through: Through) -> Result<Backup, EngineError> {
        let objects = &self.objects;
        let mut tries = objects.tries(name);
        loop {
            let (stored, _) = objects.find(name, None).await?;
            self.refuse_foreign(name, &stored.head.meta, through)?;
            let versions = self.all_versions(&stored.head).await;
            // Pages read before and after a change do not make one backup, and may seem to disagree.
            if objects.is_unchanged(&objects.active_key(name), stored.revision).await? {
                let versions = versions?.into_iter().map(|version| (version.id, version.record)).collect();
                let Head { name, version: current, whole, .. } = stored.head;
                return Ok(Backup { name, current, whole, versions });
            }
            tries.again().await?;
        }
    }

    async fn all_versions(&self, head: &Head) -> Result<Vec<StoredVersion>, EngineError> {
        let mut versions: Vec<StoredVersion> = Vec::new();
        let mut bytes = 0;
        loop {
            let page = self.objects.scan_versions(head, versions.last().map(|version| version.id), PAGE).await?;
            let is_last = page.len() < PAGE;
            bytes += page.iter().map(|version| version.record.as_bytes().len()).sum::<usize>();
            versions.extend(page);
            if bytes > MAX_BYTES {
                return Err(EngineError::BackupTooLarge { kind: self.objects.kind(), name: head.name.clone() });
            }
            if versions.len() > MAX_VERSIONS {
                return Err(EngineError::TooManyVersions {
                    kind: self.objects.kind(),
                    name: head.name.clone(),
                    limit: MAX_VERSIONS,
                });
            }
            if is_last {
                return Ok(versions);
            }
        }
    }
}

/// The greatest number of versions that a backup holds (wire contract, section 10.6).
const MAX_VERSIONS: usize = 500;
/// The greatest sum of the versions' sizes, so that a backup fits, in base64, the body of the restore that it is for.
pub(crate) const MAX_BYTES: usize = 17 * 1024 * 1024;
const PAGE: usize = 64;
