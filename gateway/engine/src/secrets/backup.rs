//! Backs a secret up with all its versions.

use portcullis_model::ObjectName;
use portcullis_model::secrets::{MAX_BACKUP_VERSIONS, SecretOutcome};

use super::Secrets;
use crate::EngineError;
use crate::backup::{Backup, Origin};
use crate::objects::StoredVersion;
use crate::record::Head;

impl Secrets<'_> {
    pub(super) async fn backup(&self, name: &ObjectName) -> Result<SecretOutcome, EngineError> {
        let objects = &self.objects;
        let mut tries = objects.tries(name);
        loop {
            let (stored, _) = objects.find(name, None).await?;
            let versions = self.all_versions(&stored.head).await;
            // Pages read before and after a change do not make one backup, and may seem to disagree.
            if objects.is_unchanged(&objects.active_key(name), stored.revision).await? {
                let versions = versions?.into_iter().map(|version| (version.id, version.record)).collect();
                let backup = Backup { name: stored.head.name, current: stored.head.version, versions };
                let origin = Origin::of(self.vault, objects.kind());
                return Ok(SecretOutcome::Backup(backup.seal(&origin, &objects.engine().keys)?));
            }
            tries.again().await?;
        }
    }

    async fn all_versions(&self, head: &Head) -> Result<Vec<StoredVersion>, EngineError> {
        let mut versions: Vec<StoredVersion> = Vec::new();
        loop {
            let page = self.objects.scan_versions(head, versions.last().map(|version| version.id), PAGE).await?;
            let is_last = page.len() < PAGE;
            versions.extend(page);
            if versions.len() > MAX_BACKUP_VERSIONS {
                return Err(EngineError::TooManyVersions { name: head.name.clone(), limit: MAX_BACKUP_VERSIONS });
            }
            if is_last {
                return Ok(versions);
            }
        }
    }
}

const PAGE: usize = 64;
