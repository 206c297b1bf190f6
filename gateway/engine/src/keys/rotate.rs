//! Makes a new version like the latest one: when its owner asks, or when its rotation policy says so.

use portcullis_crypto::material::KeyMaterial;
use portcullis_model::keys::KeyOutcome;
use portcullis_model::{Attributes, ObjectName, UnixTime};

use super::create::{expiry, new_version};
use super::record::KeyRecord;
use super::{KeyWhole, Keys};
use crate::EngineError;
use crate::lifecycle::{NewVersion, Through, Version};
use crate::record::{Head, Meta, VersionId};

/// What the service did with a key that was due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rotation {
    /// A new version was made.
    Rotated(VersionId),
    /// The owner is to be told that this version is about to expire.
    NearExpiry(VersionId),
    /// Nothing was due any more.
    Nothing,
}

impl Keys<'_> {
    pub(super) async fn rotate(&self, name: &ObjectName) -> Result<KeyOutcome, EngineError> {
        let (head, latest) = self.0.head(name).await?;
        self.0.refuse_foreign(name, &head.meta, Through::Itself)?;
        let (whole, spec) = (self.whole(&head)?, self.record(&latest)?.spec);
        let key = self.generate(spec).await?;
        let rotated = self.0.add_version(name, Through::Itself, |latest| match latest {
            Some(latest) => self.successor(latest, &whole, &key),
            None => Err(self.0.objects.not_found(name, None)),
        });
        self.told(&rotated.await?)
    }

    /// Does what is due for a key, once: whoever else does it at the same time finds the key changed.
    pub(crate) async fn attend(&self, name: &ObjectName, now: UnixTime) -> Result<Rotation, EngineError> {
        let (head, latest) = self.0.head(name).await?;
        let whole = self.whole(&head)?;
        if whole.due(&head).is_none_or(|due| due > now) {
            return Ok(Rotation::Nothing);
        }
        if whole.rotation_due(&head).is_some_and(|due| due <= now) {
            self.rotate_due(&head, &latest, &whole).await
        } else {
            self.note_notice(&head).await
        }
    }

    async fn rotate_due(&self, head: &Head, latest: &Version, whole: &KeyWhole) -> Result<Rotation, EngineError> {
        let key = self.generate(self.record(latest)?.spec).await?;
        let seen = head.version;
        let rotated = self.0.add_version(&head.name, Through::Itself, |latest| match latest {
            Some(latest) if latest.id == seen => self.successor(latest, whole, &key),
            // Another rotated it meanwhile.
            Some(_) | None => Err(self.0.objects.busy(&head.name)),
        });
        match rotated.await {
            Ok(version) => Ok(Rotation::Rotated(version.id)),
            Err(
                EngineError::Busy { .. } | EngineError::NotFound { .. } | EngineError::DeletedButRecoverable { .. },
            ) => Ok(Rotation::Nothing),
            Err(error) => Err(error),
        }
    }

    /// Writes down that the owner is told of this version, before it is told: it is never told twice.
    async fn note_notice(&self, head: &Head) -> Result<Rotation, EngineError> {
        let seen = head.version;
        let mut noted = false;
        let changed = self.0.change_whole(&head.name, Through::Itself, |head| {
            let whole = self.whole(head)?;
            noted = head.version == seen && whole.notified != Some(seen);
            Ok(noted.then(|| KeyWhole { notified: Some(seen), ..whole }.encode()))
        });
        match changed.await {
            Ok(_) if noted => Ok(Rotation::NearExpiry(seen)),
            Ok(_) | Err(EngineError::Busy { .. } | EngineError::NotFound { .. }) => Ok(Rotation::Nothing),
            Err(error) => Err(error),
        }
    }

    /// A version with the same properties and another key. It is valid from now on, for as long as the policy says.
    fn successor(&self, latest: &Version, whole: &KeyWhole, key: &KeyMaterial) -> Result<NewVersion, EngineError> {
        let now = self.0.objects.now();
        let KeyRecord { operations, release_policy, .. } = self.record(latest)?;
        let attributes = Attributes { enabled: true, nbf: None, exp: expiry(whole, now) };
        let meta = Meta { attributes, created: now, updated: now, ..latest.meta.clone() };
        Ok(new_version(meta, key, operations, release_policy))
    }
}
