//! Keys.

pub(crate) mod blocking;
mod bundle;
mod create;
mod meter;
mod operate;
mod ready;
pub(crate) mod record;
mod release;
mod rotate;
mod rotation_policy;
mod update;
mod whole;

use portcullis_model::keys::{KeyCall, KeyOutcome, PrivateBytes};
use portcullis_model::{Listed, ObjectKind};
use portcullis_policy::VaultFacts;
use zeroize::Zeroizing;

use crate::lifecycle::{Lifecycle, Through};
use crate::{Engine, EngineError};

pub(crate) use create::new_version;
pub use meter::KeyMeter;
pub(crate) use meter::Unmetered;
pub use release::{
    AttestationAuthorities, AuthorityUnreachable, Issuer, NotAnIssuer, PolicyError, ReleaseSigningKey, Releases,
};

pub(crate) use ready::ReadyKeys;
#[cfg(feature = "test-util")]
pub(crate) use release::would_release;
pub(crate) use rotate::Rotation;
pub(crate) use whole::KeyWhole;

/// The keys of one vault, for the time of one call.
#[derive(Debug)]
pub(crate) struct Keys<'a>(pub(crate) Lifecycle<'a>, &'a dyn KeyMeter);

impl<'a> Keys<'a> {
    pub(crate) const fn of(engine: &'a Engine, vault: &'a VaultFacts) -> Self {
        Self::metered(engine, vault, &Unmetered)
    }

    pub(crate) const fn metered(engine: &'a Engine, vault: &'a VaultFacts, meter: &'a dyn KeyMeter) -> Self {
        Self(Lifecycle::of(engine, vault, ObjectKind::Key), meter)
    }

    pub(crate) async fn execute(&self, call: KeyCall) -> Result<KeyOutcome, EngineError> {
        match call {
            KeyCall::Create { name, spec, properties } => self.create(&name, spec, properties).await,
            KeyCall::Import { name, key, properties } => self.import(&name, key, properties).await,
            KeyCall::Rotate { name } => self.rotate(&name).await,
            KeyCall::Get(key) => self.told(&self.0.get(&key.name, key.version.as_ref()).await?),
            KeyCall::Update { key, changes } => self.update(&key, &changes).await,
            KeyCall::Delete { name } => {
                let (deleted, version) = self.0.delete(&name, Through::Itself).await?;
                self.deleted(&deleted, &version)
            }
            KeyCall::List { page } => {
                let (heads, next) = self.0.list(&page).await?;
                Ok(KeyOutcome::List(Listed { items: heads.into_iter().map(|head| self.item_of(head)).collect(), next }))
            }
            KeyCall::ListVersions { name, page } => {
                let (versions, next) = self.0.list_versions(&name, &page).await?;
                let items = versions.into_iter().map(|version| self.item(version.name, version.id, version.meta));
                Ok(KeyOutcome::Versions(Listed { items: items.collect(), next }))
            }
            KeyCall::Backup { name } => self.0.backup(&name).await.map(KeyOutcome::Backup),
            KeyCall::Restore { blob } => self.told(&self.0.restore(&blob).await?),
            KeyCall::ListDeleted { page } => {
                let (heads, next) = self.0.list_deleted(&page).await?;
                let items = heads.into_iter().map(|head| self.deleted_item_of(head)).collect();
                Ok(KeyOutcome::DeletedList(Listed { items, next }))
            }
            KeyCall::GetDeleted { name } => {
                let (deleted, version) = self.0.get_deleted(&name).await?;
                self.deleted(&deleted, &version)
            }
            KeyCall::Recover { name } => self.told(&self.0.recover(&name, Through::Itself).await?),
            KeyCall::Purge { name } => self.0.purge(&name, Through::Itself).await.map(|()| KeyOutcome::Purged),
            KeyCall::Encrypt { key, algorithm, input } => self.encrypt(&key, algorithm, &input).await,
            KeyCall::Decrypt { key, algorithm, input } => self.decrypt(&key, algorithm, input).await,
            KeyCall::WrapKey { key, algorithm, value } => self.wrap(&key, algorithm, &value).await,
            KeyCall::UnwrapKey { key, algorithm, value } => self.unwrap(&key, algorithm, value).await,
            KeyCall::Sign { key, algorithm, digest } => self.sign(&key, algorithm, digest).await,
            KeyCall::Verify { key, algorithm, digest, signature } => {
                self.verify(&key, algorithm, &digest, &signature).await
            }
            KeyCall::Release { key, target, nonce, wrapping } => {
                self.release(&key, release::Request { target, nonce, wrapping }).await
            }
            KeyCall::RandomBytes { count } => self.random_bytes(count),
            KeyCall::RotationPolicyGet { name } => self.rotation_policy_get(&name).await,
            KeyCall::RotationPolicySet { name, policy } => self.rotation_policy_set(&name, policy).await,
        }
    }

    fn random_bytes(&self, count: u8) -> Result<KeyOutcome, EngineError> {
        let mut bytes = Zeroizing::new(vec![0; usize::from(count)]);
        self.0.objects.random().fill(&mut bytes)?;
        Ok(KeyOutcome::Random(PrivateBytes::new(bytes)))
    }
}
